// The agent as orchestrators see it: what it tells of itself, deployments that stay, chains to other devices, and who may talk to it.
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../agent/agent.ts'
import { capMemory } from '../../agent/capped-memory.ts'
import { supervisorInterfaces, interfacesOf } from '../../agent/interfaces.ts'
import { readSettings } from '../../agent/settings.ts'
import { gradient, translate } from '../../scripts/devices-demo/modules.ts'
import { documentOf, endpoint, startDevice, startOrigin, translated } from './device.ts'

const id = 'a'.repeat(24)
const add1 = { add1: { parameters: ['n'] } }

t.test('it tells what it is and how it does', async t => {
  const device = await startDevice(t)
  const { json: description } = await device.ask('GET', '/.well-known/wasmiot-device-description')
  t.match(description, { name: 'device', platform: { memory: { bytes: Number }, cpu: { clockSpeed: {} } }, supervisorInterfaces: ['millis', 'delay', 'print', 'println', 'printInt', 'path_open'] })
  const interfaces = supervisorInterfaces(interfacesOf({ hasRpc: false }))
  t.ok(interfaces.includes('sys.println') && interfaces.includes('wasi_snapshot_preview1.fd_fdstat_get'))
  t.notOk(interfaces.some(name => /rpcCall|takeImage|Temperature/.test(name)), 'it promises nothing that it has not')
  t.ok(supervisorInterfaces(interfacesOf({ hasRpc: true })).includes('communication.rpcCall'))

  const before = await device.ask('GET', '//health')
  t.equal(before.headers.get('custom-orchestrator-set'), 'false')
  const { cpuUsage, memoryUsage } = before.json as { cpuUsage: number, memoryUsage: number }
  t.ok(cpuUsage >= 0 && cpuUsage <= 100 && memoryUsage > 0 && memoryUsage < 1)
  t.match(await device.ask('POST', '/register', { url: 'ftp://x' }), { status: 404, json: { status: 'error' } })
  t.match(await device.ask('POST', '/register', { url: 'http://127.0.0.1:1/' }), { status: 200, json: { status: 'success' } })
  t.equal((await device.ask('GET', '/health')).headers.get('custom-orchestrator-set'), 'true')
})

t.test('deployments', async t => {
  const origin = await startOrigin(t, {})
  const device = await startDevice(t)
  const bytes = await translate('numbers')
  const document = documentOf({ name: 'numbers', bytes, origin, functions: add1, other: { table: 'of numbers' } })
  t.match(await device.ask('POST', '/deploy', document), { status: 200, json: { status: 'success' } })

  await t.test('with a module of another digest leave the old one as it was', async t => {
    origin.files['/numbers/wasm'] = await translate('picture')
    t.match(await device.ask('POST', '/deploy', document), { status: 500, json: { status: 'error', result: /SHA-256/ } })
    t.strictSame((await device.run(`/${id}/modules/numbers/add1?n=1`)).entry.result, ['2', null])
    t.equal((await readdir(path.join(device.folder, 'files'))).length, 2, 'and nothing of the new one')
    origin.files['/numbers/wasm'] = bytes
  })
  await t.test('that cannot be fetched, or are none, are refused with the reason', async t => {
    const [module] = document.modules
    t.match(await device.ask('POST', '/deploy', { ...document, modules: [{ ...module, urls: { ...module?.urls, binary: `${origin.url}/nothing` } }] }), { status: 500, json: { result: /404/ } })
    const wrong = [
      {}, [], null, { ...document, deploymentId: '../x' }, { ...document, modules: [{ ...module, urls: { ...module?.urls, other: { '../up': origin.url } } }] },
      { ...document, mounts: { numbers: { add1: { output: [{ path: 'a/b', media_type: '', stage: 'output' }] } } } }, { ...document, endpoints: { numbers: { add1: {} } } },
      { ...document, modules: [{ ...module, urls: { binary: 'file:///etc/passwd', other: {} } }] }, { ...document, modules: [{ ...module, name: '../numbers' }] }
    ]
    for (const each of wrong) t.match(await device.ask('POST', '/deploy', each), { status: 400, json: { status: 'error' } }, JSON.stringify(each).slice(0, 60))
    t.equal((await fetch(`${device.url}/deploy`, { method: 'POST', body: JSON.stringify(document) })).status, 415, 'a page of another site cannot deploy')
  })
  await t.test('whose modules import what the device does not have are refused, and run nothing', async t => {
    const needy = await translated('(module (import "sys" "millis" (func (result i32))) (import "exotic" "warp" (func)) (func (export "go")))')
    origin.files['/needy/wasm'] = needy
    const answer = await device.ask('POST', '/deploy', documentOf({ name: 'needy', bytes: needy, origin, functions: { go: { parameters: [] } } }))
    t.match(answer, { status: 500, json: { status: 'error', result: /does not have: exotic\.warp$/ } })
  })
  await t.test('F28: are there again after a restart, but for one that is broken', async t => {
    const results = (await device.ask('GET', '/request-history')).json as unknown[]
    t.equal(results.length, 1)
    await device.close()
    await writeFile(path.join(device.folder, 'deployments', `${'e'.repeat(24)}.json`), '{"half')
    const again = await startDevice(t, { INSTANCE_PATH: device.folder })
    t.match((await again.ask('GET', '/health')).json, { deployments: [id] })
    t.match(again.said, [/cannot be read/])
    t.strictSame((await again.run(`/${id}/modules/numbers/add1?n=2`)).entry.result, ['3', null])

    t.match(await again.ask('DELETE', `/deploy/${id}`), { status: 200, json: { status: 'success' } })
    t.equal((await again.ask('DELETE', `/deploy/${id}`)).status, 404)
    t.equal((await again.ask('GET', `/${id}/modules/numbers/add1?n=2`)).status, 404)
    t.strictSame(await readdir(path.join(device.folder, 'files')), [], 'its files are gone')
    await again.close()
  })
})

t.test('chains', async t => {
  const origin = await startOrigin(t, {})
  const first = await startDevice(t, { INSTANCE_PATH: t.testdir({ first: {}, second: {} }) + '/first' })
  const second = await startDevice(t, { INSTANCE_PATH: first.folder.replace(/first$/, 'second') })

  await t.test('hand on values', async t => {
    const bytes = await translate('numbers')
    const to = endpoint(second.url, `/${id}/modules/numbers/add1`, { parameters: ['n'] })
    await first.ask('POST', '/deploy', documentOf({ name: 'numbers', bytes, origin, functions: { add1: { parameters: ['n'], to } } }))
    await second.ask('POST', '/deploy', documentOf({ name: 'numbers', bytes, origin, functions: add1 }))
    const { entry } = await first.run(`/${id}/modules/numbers/add1?n=40`)
    t.match(entry, { success: true, result: `${second.url}/request-history/` })
    t.strictSame((await fetch(entry.result as string).then(async response => await response.json()) as { result: unknown }).result, ['42', null])
  })
  await t.test('hand on files', async t => {
    const bytes = await translate('picture')
    const brightness = { method: 'post', execution: ['negative'] }
    const chain = 'c'.repeat(24)
    const to = endpoint(second.url, `/${chain}/modules/picture/brightness`, brightness)
    await first.ask('POST', '/deploy', documentOf({ id: chain, name: 'picture', bytes, origin, functions: { invert: { method: 'post', execution: ['picture'], output: ['negative'], to } } }))
    await second.ask('POST', '/deploy', documentOf({ id: chain, name: 'picture', bytes, origin, functions: { brightness } }))
    const { entry } = await first.run(`/${chain}/modules/picture/invert`, { picture: gradient(256, 4) })
    t.equal(entry.success, true)
    const { pathname } = new URL(entry.result as string)
    const { result } = await settled(() => second.ask('GET', pathname))
    t.strictSame(result, ['127', null])
  })
  await t.test('that break off are entries that failed', async t => {
    await second.close()
    t.match((await first.run(`/${id}/modules/numbers/add1?n=40`)).entry, { success: false, result: /no answer/ })
  })
})

t.test('it registers with its orchestrator, and shows its token to nobody else', async t => {
  const orchestrator = await startOrigin(t, { '/file/device/discovery/register': '' })
  const other = await startOrigin(t, {})
  const heard = orchestrator.next('/file/device/discovery/register')
  const device = await startDevice(t, { WASMIOT_ORCHESTRATOR_URL: `${orchestrator.url}/`, AGENT_TOKEN: 'tutti_secret' })
  const { headers, body } = await heard
  t.equal(headers.authorization, 'Bearer tutti_secret')
  t.match(JSON.parse(body), { name: 'device', port: Number(new URL(device.url).port), addresses: ['127.0.0.1'], properties: { tls: '0' } })
  const bytes = await translate('numbers')
  for (const [origin, expected] of [[orchestrator, 'Bearer tutti_secret'], [other, undefined]] as const) {
    const fetched = origin.next('/numbers/wasm')
    await device.ask('POST', '/deploy', documentOf({ name: 'numbers', bytes, origin, functions: add1 }))
    t.equal((await fetched).headers.authorization, expected)
  }
})

t.test('it can be told whom to talk to', async t => {
  const closed = await startDevice(t, { AGENT_ALLOW: '192.0.2.1, 2001:db8::/32' })
  t.match(await closed.ask('GET', '/health'), { status: 403, json: { status: 'error' } })
  const open = await startDevice(t, { AGENT_ALLOW: '127.0.0.0/8' })
  t.equal((await open.ask('GET', '/health')).status, 200)
})

t.test('settings that cannot be are named', async t => {
  for (const [name, value] of [['AGENT_ALLOW', 'somebody'], ['WASMIOT_SUPERVISOR_PORT', '70000'], ['WASMIOT_ORCHESTRATOR_URL', 'tutti'], ['WASMIOT_SUPERVISOR_NAME', 'a b'], ['AGENT_MAX_MEMORY_MB', 'much']] as const) {
    t.throws(() => readSettings({ [name]: value }), { message: new RegExp(name) })
  }
  const device = await startDevice(t)
  await t.rejects(startAgent(readSettings({ WASMIOT_SUPERVISOR_IP: '127.0.0.1', WASMIOT_SUPERVISOR_PORT: new URL(device.url).port, INSTANCE_PATH: t.testdir() }), () => {}), { code: 'EADDRINUSE' })
})

t.test('memory is limited in the bytes of a module, which stays one', async t => {
  const bytes = await translate('numbers')
  const capped = capMemory(bytes, 2 * 65_536)
  await WebAssembly.compile(capped)
  t.throws(() => capMemory(bytes.subarray(0, bytes.length - 3), 1e6), /ends too early/)
  t.throws(() => capMemory(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]), 1e6), /shared/)
})

/** Waits for an entry that is still to come. */
async function settled (ask: () => Promise<{ status: number, json: unknown }>): Promise<{ result: unknown }> {
  for (;;) {
    const { status, json } = await ask()
    if (status !== 404) return json as { result: unknown }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
