// The versioned API of devices: pages, tags, versions and their way back, what is wanted and what is there, executions that go on by themselves.
import t from 'tap'
import { sendJson, startDevice } from '../../lib/devices/device-server.ts'
import { add1, add1Functions, buildDevices } from '../../devices-server.ts'

const json = { 'content-type': 'application/json' }

// Several servers, each with threads of its own, on a machine that may have much else to do.
t.setTimeout(120_000)

t.test('devices', async t => {
  const server = await buildDevices(t)
  const device = await startDevice(t)
  const id = await server.register('pi', device.port)

  t.test('are shown one by one, and not again as long as nothing has changed', async t => {
    await server.send(`/api/v1/devices/${id}/blacklist`, { method: 'PUT', body: '{"reason":"being moved"}', headers: json })
    const first = await server.send(`/api/v1/devices/${id}`)
    t.match(first.json, { id, name: 'pi', origin: 'registered', port: device.port, description: { platform: { memory: { bytes: 1024 } } }, blacklisted: { reason: 'being moved', since: Number } })
    t.match(await server.send('/api/v1/devices/0123456789abcdef01234567'), { status: 404, json: { code: 'TUTTI_DEVICES_MISSING', message: String } })
    t.equal((await server.send('/api/v1/devices/pi')).status, 400, 'ids only')
    t.match((await server.send(`/api/v1/devices/${id}/blacklist`, { method: 'DELETE' })).json, { id, blacklisted: undefined })
  })
  t.test('have labels', async t => {
    const label = (body: unknown) => server.send(`/api/v1/devices/${id}/labels`, { method: 'PUT', body: JSON.stringify(body), headers: json })
    t.match(await label({ zone: 'hall' }), { status: 200, json: { labels: { zone: 'hall' } } })
    t.equal((await label({ zone: 7 })).status, 400)
    t.equal((await label({ 'a b': 'x' })).status, 400)
  })
  t.test('are listed in pages', async t => {
    await server.post('/api/v1/devices', { name: 'second', addresses: ['127.0.0.1'], port: 1 })
    const first = (await server.send('/api/v1/devices?limit=1')).json as { items: Array<{ name: string }>, next: string }
    const second = (await server.send(`/api/v1/devices?limit=1&cursor=${first.next}`)).json as typeof first
    t.equal(first.items.length, 1)
    t.not(first.items[0]?.name, second.items[0]?.name)
    t.match((await server.send('/api/v1/devices?name=pi')).json, { items: [{ name: 'pi' }], next: undefined })
    for (const query of ['limit=0', 'limit=1001', 'cursor=x', 'order=upwards']) t.equal((await server.send(`/api/v1/devices?${query}`)).status, 400, query)
  })
  t.test('are forgotten', async t => {
    t.equal((await server.send(`/api/v1/devices/${id}`, { method: 'DELETE' })).status, 204)
    t.equal((await server.send(`/api/v1/devices/${id}`, { method: 'DELETE' })).status, 404)
    t.equal((await server.send('/api/v1/devices/scan', { method: 'POST' })).status, 204)
  })
})

t.test('modules', async t => {
  const server = await buildDevices(t)
  const wasm = () => new Blob([add1], { type: 'application/wasm' })

  t.test('have versions and a way back', async t => {
    const made = await server.form('/api/v1/modules', { name: 'prim', wasm: wasm() })
    t.match(made, { status: 201, json: { name: 'prim', version: 1, versions: [{ wasm: { sha256: /^[0-9a-f]{64}$/, size: add1.length }, analysis: { exports: [{ name: 'add1', parameters: ['i32'], results: ['i32'] }], hasStart: false } }] } })
    const place = made.headers.get('location') ?? ''
    t.match(await server.send(`${place}/description`, { method: 'PUT', body: JSON.stringify({ functions: add1Functions }), headers: json }), { status: 200, json: { versions: [{ functions: { add1: { method: 'get' } } }] } })
    t.match(await server.form(`${place}/versions`, { wasm: wasm() }), { status: 201, json: { version: 2, versions: [{ version: 1 }, { version: 2, functions: { add1: {} } }] } })
    const other = { add1: { ...add1Functions.add1, parameters: [{ name: 'start', type: 'integer' }] } }
    t.match(await server.form(`${place}/versions`, { functions: JSON.stringify(other), wasm: wasm() }), { status: 201, json: { version: 3, versions: [{}, {}, { functions: { add1: { parameters: [{ name: 'start' }] } } }] } }, 'with a description of its own')
    t.match(await server.form(`${place}/versions`, { functions: '{"nothing":{"method":"GET","output":"integer"}}', wasm: wasm() }), { status: 400, text: /does not export a function nothing/ })
    t.match(await server.post(`${place}/rollback`, { version: 2 }), { status: 200 })
    t.match(await server.post(`${place}/rollback`, { version: 1 }), { status: 200, json: { version: 1 } })
    t.equal((await server.post(`${place}/rollback`, { version: 9 })).status, 404)
    t.equal((await server.post(`${place}/rollback`, { version: '1; DROP' })).status, 400)
    t.match(await server.send(`${place}/openapi`), { status: 200, json: { openapi: '3.0.3' } })
    t.match((await server.send(`${place}/wasm?version=2`)).headers.get('content-type'), 'application/wasm')
    const { headers } = await server.send(place)
    t.equal((await server.send(place, { headers: { 'if-none-match': headers.get('etag') ?? '' } })).status, 304)
    t.match((await server.send('/api/v1/modules?limit=1&order=newest')).json, { items: [{ name: 'prim' }] })
  })
  t.test('are refused as JSON', async t => {
    t.match(await server.post('/api/v1/modules', {}), { status: 400, json: { code: 'TUTTI_DEVICES_REQUEST' } })
    t.match(await server.form('/api/v1/modules', { name: 'x', wasm: new Blob(['x']) }), { status: 422, json: { code: 'TUTTI_DEVICES_MODULE_BROKEN' } })
    t.equal((await server.send('/api/v1/modules/nobody')).status, 404)
  })
  t.test('that are larger than allowed are refused before they have come', async t => {
    const small = await buildDevices(t, { env: { DEVICES_MAX_MODULE: '100kb', DEVICES_MAX_FILE: '100kb' } })
    t.match(await small.form('/api/v1/modules', { name: 'x', wasm: new Blob([new Uint8Array(200_000)]) }), { status: 413, json: { code: 'TUTTI_DEVICES_TOO_LARGE' } })
    // More than buffers hold: the client is still sending when it is told.
    t.match(await small.form('/file/module', { name: 'x', wasm: new Blob([new Uint8Array(30_000_000)]) }), { status: 413, json: { errorText: String } })
    t.match(await small.form('/file/module/nobody/upload', { x: new Blob([new Uint8Array(30_000_000)]) }), { status: 404 })
    t.equal((await small.send('/api/v1/modules?name=x')).text, '{"items":[]}')
  })
})

t.test('cards are added one by one, checked, and removed', async t => {
  const server = await buildDevices(t)
  const [module, device] = ['a', 'b'].map(letter => letter.repeat(24))
  const cards = {
    modules: { moduleid: module, name: 'add', 'risk-level': 'low', 'input-type': 'temp', 'output-risk': 'none' },
    nodes: { nodeid: device, name: 'hall', zone: 'inside' },
    'data-sources': { nodeid: device, name: 'camera', type: 'video', 'risk-level': 'high' }
  }
  for (const [kind, card] of Object.entries(cards)) {
    const place = `/api/v1/cards/${kind}`
    const { status, json: made } = await server.post(place, { ...card, more: 'is dropped' })
    const json = made as Record<string, unknown>
    t.equal(status, 201)
    t.match(json, { ...card, id: /^[0-9a-f]{24}$/, dateReceived: Number })
    t.notOk('more' in json)
    t.match((await server.send(place)).json, { items: [card] })
    t.match(await server.post(place, { ...card, name: '' }), { status: 400, json: { code: 'TUTTI_DEVICES_REQUEST' } })
    t.match(await server.post(place, { ...card, name: 'two\nlines' }), { status: 400 })
    t.match(await server.post(place, {}), { status: 400 })
    t.equal((await server.send(`${place}/${String(json.id)}`, { method: 'DELETE' })).status, 204)
    t.strictSame((await server.send(place)).json, { items: [] })
  }
  t.match((await server.send('/moduleCards')).json, [])
})

t.test('deployments and executions', async t => {
  const server = await buildDevices(t)
  const device = await startDevice(t)
  const [deviceId, moduleId] = [await server.register('pi', device.port), await server.upload()]
  const body = { name: 'chain', sequence: [{ device: deviceId, module: moduleId, func: 'add1' }] }
  let place = ''

  t.test('are planned without leaving anything', async t => {
    t.match(await server.post('/api/v1/deployments/plan', body), { status: 200, json: { sequence: [{ device: deviceId, module: moduleId, func: 'add1', version: 1 }], problem: '', nodes: { [deviceId]: {} } } })
    t.match((await server.send('/api/v1/deployments')).json, { items: [] })
    t.match(await server.post('/api/v1/deployments', { ...body, sequence: [{ ...body.sequence[0], device: '0123456789abcdef01234567' }] }), { status: 400, json: { code: 'TUTTI_DEVICES_REQUEST' } })
    t.equal((await server.post('/api/v1/deployments', { name: 'x', sequence: [] })).status, 400)
  })
  t.test('are wanted, and then there', async t => {
    const made = await server.post('/api/v1/deployments', body)
    t.match(made, { status: 201, json: { isWanted: false, isReady: false, generation: 1 } })
    place = made.headers.get('location') ?? ''
    const { promise: ready, resolve } = Promise.withResolvers<void>()
    server.app.devices.events.subscribe({ subject: 'deployment' }, ({ reason }) => { if (/ready/i.test(reason)) resolve() })
    t.match(await server.post(`${place}/deploy`, {}), { status: 202, json: { isWanted: true } })
    await ready
    t.match((await server.send(place)).json, { isReady: true, rollouts: { [deviceId]: { state: 'ready', answer: { status: 200 } } }, nodes: { [deviceId]: {} } })
    t.match((await server.send('/api/v1/deployments')).json, { items: [{ name: 'chain', nodes: undefined }] })
    await server.app.devices.events.flush()
    t.match((await server.send(`${place}/events`)).json, { items: [{ subject: 'deployment', reason: String, message: String }] })
  })
  t.test('run by themselves, and are followed', async t => {
    const id = place.split('/').at(-1)
    let answer: (() => void) | undefined
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    device.answers[`/${id}/modules/prim/add1`] = response => sendJson(response, { resultUrl: `http://127.0.0.1:${device.port}/request-history/1` })
    device.answers['/request-history/1'] = response => {
      answer = () => sendJson(response, { result: ['2', null], success: true })
      resolve()
    }
    const begun = await server.post(`${place}/executions`, { param0: 1 })
    t.match(begun, { status: 202, json: { parameters: { param0: '1' } } })
    const run = begun.headers.get('location') ?? ''
    await asked
    const stream = await fetch(`${server.origin}${run}/progress`)
    answer?.()
    const text = await stream.text()
    t.match(text, /event: end\ndata: \{.*"state":"succeeded"/, 'the last event is the end')
    t.match((await server.send(run)).json, { state: 'succeeded', result: ['2', null], startedAt: Number, endedAt: Number, progress: [{ time: Number, what: String }] })
    t.match((await server.send(`${place}/executions`)).json, { items: [{ state: 'succeeded' }] })
    t.equal((await server.send(`${run}/outputs/nothing`)).status, 404)
    t.equal((await server.post(`${run}/cancel`, {})).status, 409, 'what has ended cannot be cancelled')
  })
  t.test('are cancelled', async t => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    device.answers['/request-history/1'] = () => resolve()
    const run = (await server.post(`${place}/executions`, { param0: 1 })).headers.get('location') ?? ''
    await asked
    t.match(await server.post(`${run}/cancel`, {}), { status: 200, json: { state: 'cancelled' } })
    t.match((await server.send('/api/v1/executions?order=newest&limit=1')).json, { items: [{ state: 'cancelled' }] })
  })
  t.test('are stopped, and go', async t => {
    const forgotten = device.asked(`/deploy/${place.split('/').at(-1)}`)
    t.match(await server.post(`${place}/stop`, {}), { status: 202, json: { isWanted: false } })
    await forgotten
    t.match(await server.post(`${place}/executions`, { param0: 1 }), { status: 409, json: { code: 'TUTTI_DEVICES_CONFLICT' } })
    t.equal((await server.send(`/api/v1/modules/${moduleId}`, { method: 'DELETE' })).status, 204, 'a module of no wanted deployment')
    t.equal((await server.send(place, { method: 'DELETE' })).status, 202)
  })
})

t.test('all of it is there again after a restart', async t => {
  const folder = t.testdir()
  const first = await buildDevices(t, { env: { DATA_DIR: folder } })
  const id = await first.upload('kept')
  await first.post('/device/logs', { logData: '{"message":"kept"}' })
  await first.app.close()
  const second = await buildDevices(t, { env: { DATA_DIR: folder } })
  t.match((await second.send('/api/v1/modules?name=kept')).json, { items: [{ id }] })
  t.equal((await second.send(`/file/module/${id}/wasm`)).status, 200)
  t.match((await second.send('/device/logs')).json, [{ message: 'kept' }])
  await second.app.close()
  const third = await buildDevices(t, { env: { DATA_DIR: folder, WASMIOT_CLEAR_LOGS: 'true' } })
  t.same((await third.send('/device/logs')).json, [], 'but logs that are not wanted')
})
