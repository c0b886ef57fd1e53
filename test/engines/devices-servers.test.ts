// Two whole servers on one PostgreSQL: one of them leads; when it is killed the other one goes on, and when a device is lost after that, its steps move.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { functionsOf, gradient, translate } from '../../scripts/devices-demo/modules.ts'
import { startDevice } from '../agent/device.ts'
import { startProcess } from '../faults/server-process.ts'
import type { ServerProcess } from '../faults/server-process.ts'
import { closedPort } from '../lib/cache/broken-server.ts'
import { root } from './command.ts'
import { startPostgres } from './postgres.ts'

/** How often devices are probed, in seconds, and how often in vain until they are lost. */
const interval = 0.5
const threshold = 3

/** A server, and where it listens. */
interface Server { process: ServerProcess, origin: string }

/** Milliseconds that anything has to happen. */
const patience = 30_000

t.test('the server that leads is killed, and then a device', async t => {
  const engine = await startPostgres(t)
  const folder = t.testdir({ files: {}, a: {}, b: {} })
  const environment = {
    MODULES: 'devices',
    DATABASE_URL: await engine.createDatabase(),
    DATA_DIR: path.join(folder, 'files'),
    DEVICES_MDNS: 'off',
    PUBLIC_HOST: 'http://127.0.0.1',
    HEALTH_CHECK_INTERVAL: String(interval),
    HEALTH_CHECK_THRESHOLD: String(threshold),
    HEALTH_CHECK_TIMEOUT: '1000'
  }
  const servers = await Promise.all([startServer(), startServer()])

  async function startServer () {
    // Devices are told the port before it is opened.
    const port = String(await closedPort())
    const process = startProcess(t, { ...environment, PORT: port, PUBLIC_PORT: port })
    return { process, origin: `http://127.0.0.1:${await process.port}` }
  }

  const ask = async (origin: string, method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(origin + path, {
      method,
      headers: body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' },
      ...body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const leads = async (origin: string) => /^tutti_devices_leading 1$/m.test(await (await fetch(`${origin}/metrics`)).text())
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    for (const end = performance.now() + patience; performance.now() < end; await pause(50)) {
      const found = await look()
      if (found !== undefined) return found
    }
    throw new Error(`${what}: not within ${patience / 1000} s`)
  }
  const leader = async (among: readonly Server[]) => await until('one leads', async () => {
    for (const server of among) if (await leads(server.origin)) return server
    return undefined
  })

  const first = await leader(servers)
  const second = servers.find(server => server !== first)!
  t.notOk(await leads(second.origin), 'one of them leads, and no other')

  // One device in this process stays; the other is a process that can be killed.
  const stays = await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'stays', INSTANCE_PATH: path.join(folder, 'a') })
  const goes = spawn(process.execPath, [path.join(root, 'agent/index.ts')], {
    env: { PATH: process.env.PATH, WASMIOT_SUPERVISOR_NAME: 'goes', WASMIOT_SUPERVISOR_IP: '127.0.0.1', WASMIOT_SUPERVISOR_PORT: '0', WASMIOT_ORCHESTRATOR_URL: first.origin, INSTANCE_PATH: path.join(folder, 'b') },
    stdio: 'ignore'
  })
  t.teardown(() => { goes.kill('SIGKILL') })
  await ask(second.origin, 'POST', '/api/v1/devices', { name: 'stays', addresses: ['127.0.0.1'], port: Number(new URL(stays.url).port) })
  const ids = await until('both devices are online', async () => {
    const { items } = await ask(second.origin, 'GET', '/api/v1/devices') as { items: Array<{ id: string, name: string, state: string }> }
    const online = new Map(items.filter(({ state }) => state === 'online').map(({ id, name }) => [name, id]))
    return online.has('stays') && online.has('goes') ? online : undefined
  })

  const form = new FormData()
  form.append('name', 'picture')
  form.append('module', new Blob([await translate('picture')], { type: 'application/wasm' }), 'picture.wasm')
  const module = await ask(second.origin, 'POST', '/file/module', form) as { id: string }
  const description = new FormData()
  description.append('functions', JSON.stringify(functionsOf.picture))
  await ask(second.origin, 'POST', `/file/module/${module.id}/upload`, description)
  // Through the server that does not lead: whoever leads does what is wanted.
  const deployment = await ask(second.origin, 'POST', '/file/manifest', { name: 'how-bright', sequence: [{ device: ids.get('goes'), module: module.id, func: 'brightness', failovers: [ids.get('stays')] }] }) as string
  await ask(second.origin, 'POST', `/file/manifest/${deployment}`)
  const execute = async () => {
    const picture = new FormData()
    picture.append('negative', new Blob([gradient(64, 48)], { type: 'application/octet-stream' }), 'negative.pgm')
    return (await ask(second.origin, 'POST', `/execute/${deployment}`, picture) as { result: unknown[] }).result[0]
  }
  const brightness = await execute()
  t.match(brightness, /^\d+$/)

  await endHard(first.process)
  const killed = performance.now()
  t.equal(await leader([second]), second, 'the other one leads now')
  t.comment(`it leads ${Math.round(performance.now() - killed)} ms after the first was killed`)
  // Where the device answered too slowly meanwhile, it is deployed to anew first.
  const unlessReady = async (error: Error) => {
    if (!error.message.includes('DeploymentNotReady')) throw error
    return undefined
  }
  t.equal(await until('it runs', async () => await execute().catch(unlessReady)), brightness, 'and runs what was deployed')

  goes.kill('SIGKILL')
  await once(goes, 'exit')
  const lost = performance.now()
  await until('the step has moved', async () => {
    const { sequence, conditions } = await ask(second.origin, 'GET', `/api/v1/deployments/${deployment}`) as { sequence: Array<{ device: string }>, conditions?: unknown }
    return sequence[0]?.device === ids.get('stays') ? conditions ?? true : undefined
  })
  const taken = (performance.now() - lost) / 1000
  t.ok(taken <= threshold * interval + 2, `its step is elsewhere after ${taken.toFixed(1)} s of ${threshold * interval + 2}`)
  t.equal(await until('it can be run', async () => await execute().catch(() => undefined)), brightness)
})

async function endHard (server: ServerProcess): Promise<void> {
  server.kill('SIGKILL')
  await server.ended
}
