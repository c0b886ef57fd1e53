// Tutti as a device: what it says of itself, and its core service, one list for each deployment.
import t from 'tap'
import { buildDevices } from '../../devices-server.ts'

t.setTimeout(120_000)

t.test('this server as a device', async t => {
  const server = await buildDevices(t)
  t.match(await server.send('/.well-known/wasmiot-device-description'), { status: 200, json: { platform: { memory: { bytes: null }, cpu: { humanReadableName: null, clockSpeed: { Hz: null } } }, supervisorInterfaces: [] } })
  const devices = (await server.send('/file/device')).json as Array<{ name: string }>
  t.ok(devices.some(({ name }) => name === 'orchestrator'))
  t.match((await server.send('/file/module/core:Datalist')).json, [{ name: 'core:Datalist', isCoreModule: true, description: { openapi: '3.0.3' } }])
  t.equal((await server.send('/file/module/core:Datalist/wasm')).status, 400, 'it has no bytes')
})

t.test('lists', async t => {
  const server = await buildDevices(t)
  const make = async (name: string) => JSON.parse((await server.post('/file/manifest', { name, sequence: [{ device: null, module: 'core:Datalist', func: 'push' }] })).text) as string
  const [first, second] = [await make('first'), await make('second')]
  const list = (id: string) => `/${id}/modules/core:Datalist`
  const push = (id: string, body: FormData | undefined, query = '') => server.send(`${list(id)}/push${query}`, { method: 'PUT', body: body ?? null })
  const form = (text: string) => {
    const body = new FormData()
    body.append('entry', new Blob([text]), 'entry')
    return body
  }

  t.test('are made by deploying, with one slash or two', async t => {
    t.match(await server.post(`/file/manifest/${first}`, {}), { status: 200, json: { deviceResponses: {} } })
    const { fullManifest } = (await server.send(`/file/manifest/${second}`)).json as { fullManifest: Record<string, object> }
    const [document] = Object.values(fullManifest)
    for (const path of ['/deploy', '//deploy']) t.match(await server.post(path, document), { status: 200, json: { status: 'ok' } }, path)
    t.equal((await server.post('/deploy', {})).status, 400)
  })
  t.test('grow by files and by parameters, each its own', async t => {
    t.match(await push(first, form('hello world')), { status: 200, json: { resultUrl: `${server.app.devices.base}${list(first)}/get` } })
    t.equal((await push(first, undefined, '?param0=7')).status, 200)
    await push(second, form('other'))
    t.match((await server.send(`${list(first)}/get`)).json, { result: ['hello world', '7'] })
    t.match((await server.send(`${list(first)}/get?index=1`)).json, { result: ['7'] })
    t.match((await server.send(`${list(second)}/get`)).json, { result: ['other'] })
    t.equal((await push(first, undefined)).status, 400)
  })
  t.test('are cleared, and are nobody else\'s', async t => {
    t.equal((await server.send(`${list(first)}/delete`, { method: 'DELETE' })).status, 202)
    t.same((await server.send(`${list(first)}/get`)).json, { result: [] })
    for (const id of ['0123456789abcdef01234567', 'x', '__proto__']) t.match(await server.send(`${list(id)}/get`), { status: 404, json: { errorText: String } }, id)
  })
})
