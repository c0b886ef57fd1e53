// A server in which everything has happened once: services that answer, a camera that sees something, devices with modules, deployments, executions and logs, frames. What others say there, the caller chooses.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { writeEiger } from '../../scripts/diffraction-demo/eiger.ts'
import { add1 } from '../devices-server.ts'
import { answer, build, found, graphicRequest, handler, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { BuildOptions, Built } from '../helper.ts'
import { sendJson, startDevice } from '../lib/devices/device-server.ts'
import { connectPeer } from '../tracking-peers.ts'
import { browseConsole } from './console.ts'
import type { ConsoleBrowser } from './console.ts'

/** The operator of the server. */
export const operatorToken = 'the-token-of-an-operator'

/** The session of diffraction. It may see ESAF 1. */
export const sessionToken = 'demo'

/** What others can fill in. */
export const fields = [
  'label of a service', 'route of a service', 'name of a preprocessor', 'description of a rendering', 'text of a rendering', 'drawing', 'processor', 'type of an object', 'name of a device', 'label of a device', 'reason of a blacklist',
  'name of a token', 'name of a module', 'parameter', 'name of a deployment', 'log line', 'function of a log line', 'device of a log line', 'result', 'zone', 'kind of a card', 'name of a file'
] as const

/** One of them. */
export type Field = typeof fields[number]

/** A server with everything, and a browser for it. */
export interface Inhabited extends Built, ConsoleBrowser {
  /** Sends a request to /render, which is answered. */
  ask (): Promise<void>
  /** Says something new in the module `tracking`. */
  see (): void
}

/** Fills a server. @param say - what others fill into a field; at most 100 characters, and no slashes in names */
export async function openInhabited (t: Test, say: (field: Field) => string, { env = {} }: Pick<BuildOptions, 'env'> = {}): Promise<Inhabited> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tutti-inhabited-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const frames = path.join(folder, 'frames')
  const sessions = path.join(folder, 'sessions.json')
  mkdirSync(frames)
  await writeEiger(frames, { name: say('name of a file'), version: '1.8.0', width: 256, height: 256, frames: 2, framesPerFile: 2, depth: 32 })
  writeFileSync(sessions, JSON.stringify({ [sessionToken]: { uid: userInfo().username, pid: sessionToken, role: 'user', allowedESAFs: [1] } }))

  const ocr = await mockService(t, found(say('name of a preprocessor'), { lines: [{ text: say('text of a rendering') }] }))
  const objects = await mockService(t, found(names.preprocessor('objectDetection'), { objects: [] }))
  const tactile = await mockService(t, answer(200, {
    request_uuid: graphicRequest().request_uuid,
    timestamp: 1700000001,
    renderings: [
      rendering(say('description of a rendering'), { data: { text: say('text of a rendering') } }),
      { type_id: names.renderer('TactileSVG'), description: say('description of a rendering'), data: { graphic: `data:image/svg+xml;base64,${Buffer.from(drawing(say('drawing'))).toString('base64')}` } }
    ]
  }))
  const broken = await mockService(t, answer(500, say('label of a service')))
  const server = await build(t, {
    services: {
      ocr: preprocessor(ocr),
      objects: preprocessor(objects, { preprocessor: 2, required_dependencies: 'ocr', optional_dependencies: say('label of a service') }),
      tactile: handler(tactile, { required_dependencies: 'objects' }),
      broken: handler(broken, { 'tutti.concurrency': say('label of a service') }),
      elsewhere: handler(broken, { route: say('route of a service') })
    },
    env: {
      MODULES: 'graphics,tracking,diffraction,devices',
      PARALLEL_PREPROCESSORS: 'ON',
      MAX_BODY: '20mb',
      OPERATOR_TOKEN: operatorToken,
      OPERATOR_RATE_LIMIT: '0',
      NOT_FOUND_RATE_LIMIT: '0',
      DATA_DIR: folder,
      DEVICES_MDNS: 'off',
      HEALTH_CHECK_INTERVAL: '0.2',
      PUBLIC_HOST: 'http://127.0.0.1',
      DIFFRACTION_ROOT: frames,
      DIFFRACTION_IDENTITY: 'single',
      DIFFRACTION_SESSIONS: sessions,
      DIFFRACTION_PREFETCH: '0',
      DIFFRACTION_THREADS: '1',
      ...env
    }
  })
  const ask = async () => {
    const { status } = await server.render(graphicRequest({ renderers: [names.renderer('Text'), names.renderer('TactileSVG')] }))
    t.equal(status, 200, 'a graphic is rendered')
  }
  await ask()
  const see = await track(t, server, say)
  await furnish(t, server, say)
  return { ...server, ...await browseConsole(t, server.origin), ask, see }
}

/** A drawing that says something. */
function drawing (words: string): string {
  const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 120"><title>${text}</title><g aria-label="${text.replaceAll('"', '&quot;')}"><title>${text}</title><circle cx="60" cy="60" r="40" fill="none" stroke="black" stroke-width="4"/></g><g><title>${text}</title><path d="M120 20h60v80h-60z"/></g><script>globalThis.hacked = 1</script><foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="globalThis.hacked=1"/></foreignObject></svg>`
}

/** A camera that sees something, and a client that follows it. @returns what lets it see anew */
async function track (t: Test, server: Built, say: (field: Field) => string): Promise<() => void> {
  const camera = await connectPeer(t, server.port, '/processor')
  camera.send({ type: 'identifier', id: say('processor') })
  await camera.settled()
  const client = await connectPeer(t, server.port, '/client')
  client.send({ type: 'setUsesImages', usesImages: true })
  client.send({ type: 'start', cameraId: say('processor'), frameId: 1, boxId: 1 })
  await client.settled()
  camera.send({ type: 'featureMap', objectId: 1, featureMap: [0.5, say('type of an object')] })
  let frame = 1
  const see = () => camera.send({
    type: 'boundingBoxes',
    frameId: frame++,
    boxes: [
      { boxId: 1, rect: [0.1, 0.2, 0.35, 0.9], objectType: say('type of an object'), certainty: 0.875, objectId: 1 },
      { boxId: 2, rect: [0.55, 0.4, 0.8, 0.95], objectType: say('type of an object'), certainty: 0.5 }
    ]
  })
  see()
  await camera.settled()
  return see
}

/** Devices with everything that they can have. */
async function furnish (t: Test, server: Built, say: (field: Field) => string): Promise<void> {
  const device = await startDevice(t)
  const headers = { authorization: `Bearer ${operatorToken}` }
  const call = async (method: string, path: string, body?: unknown) => {
    const isForm = body instanceof FormData
    const { status, text, json } = await server.send(path, { method, headers: { ...headers, ...body === undefined || isForm ? {} : { 'content-type': 'application/json' } }, ...body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) } })
    t.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${status < 300 ? '' : text}`)
    return json as Record<string, unknown>
  }
  const { watch, registry, events } = server.app.devices
  const register = async (name: string, port: number, state?: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const look = () => {
      registry.devices.list({ name }).then(([found]) => { if (found !== undefined && (state === undefined || found.state === state)) resolve(found.id) }, reject)
    }
    const stop = watch.onChange(look)
    await call('POST', '/api/v1/devices', { name, addresses: ['127.0.0.1'], port })
    look()
    const id = await promise
    stop()
    return id
  }
  const id = await register(say('name of a device'), device.port, 'online')
  const second = await register(`second ${say('name of a device')}`, 1)
  await call('PUT', `/api/v1/devices/${id}/labels`, { place: say('label of a device') })
  await call('PUT', `/api/v1/devices/${second}/blacklist`, { reason: say('reason of a blacklist') })
  await call('POST', '/api/v1/device-tokens', { name: say('name of a token') })

  const wasm = new FormData()
  wasm.append('name', say('name of a module'))
  wasm.append('wasm', new Blob([add1], { type: 'application/wasm' }), `${say('name of a file')}.wasm`)
  const module = await call('POST', '/api/v1/modules', wasm)
  await call('PUT', `/api/v1/modules/${String(module.id)}/description`, { functions: { add1: { method: 'GET', parameters: [{ name: say('parameter'), type: 'integer' }], output: 'integer' } } })
  const deployment = await call('POST', '/api/v1/deployments', { name: say('name of a deployment'), sequence: [{ device: id, module: String(module.id), func: 'add1' }] })
  const place = `/api/v1/deployments/${String(deployment.id)}`
  const ready = Promise.withResolvers<void>()
  const unsubscribe = events.subscribe({ subject: 'deployment' }, ({ reason }) => { if (/ready/i.test(reason)) ready.resolve() })
  await call('POST', `${place}/deploy`, {})
  await ready.promise
  unsubscribe()
  device.answers[`/${String(deployment.id)}/modules/${encodeURIComponent(say('name of a module'))}/add1`] = response => sendJson(response, { resultUrl: `http://127.0.0.1:${device.port}/request-history/1` })
  device.answers['/request-history/1'] = response => sendJson(response, { result: [say('result'), null], success: true })
  const execution = await call('POST', `${place}/executions`, { [say('parameter')]: 1 })
  // It ends by itself; its stream ends with it.
  await server.send(`/api/v1/executions/${String(execution.id)}/progress`, { headers: { ...headers, accept: 'text/event-stream' } })
  for (const loglevel of ['INFO', 'WARNING', 'ERROR']) {
    await call('POST', '/device/logs', { logData: JSON.stringify({ loglevel, message: say('log line'), funcName: say('function of a log line'), deviceName: say('device of a log line'), deviceIP: '127.0.0.1' }) })
  }
  await call('PUT', '/api/v1/zones', { [say('zone')]: [say('kind of a card')] })
}
