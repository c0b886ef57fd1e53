// What devices log, and what people say of modules, devices and zones: how it comes in, what is kept, and how it is followed.
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { buildDevices } from '../../devices-server.ts'

const line = { loglevel: 'INFO', message: 'started', funcName: 'main', deviceName: 'pi', deviceIP: '10.0.0.7' }

// Several servers, each with threads of its own, on a machine that may have much else to do.
t.setTimeout(120_000)

t.test('logs', async t => {
  const server = await buildDevices(t, { env: { WASMIOT_USE_WEB_SOCKETS: 'true' } })
  const log = (value: unknown) => server.send('/device/logs', { method: 'POST', body: new URLSearchParams({ logData: JSON.stringify(value) }) })

  t.test('come as a form of either kind, or as JSON', async t => {
    const taken = { status: 200, json: { message: 'Log received and saved' } }
    t.match(await log(line), taken)
    t.match(await server.form('/device/logs', { logData: JSON.stringify({ ...line, message: 'form' }) }), taken)
    t.match(await server.post('/device/logs', { logData: JSON.stringify({ ...line, message: 'json' }) }), taken)
    t.match((await server.send('/device/logs')).json, [{ ...line, _id: /^[0-9a-f]{24}$/, dateReceived: /Z$/ }, { message: 'form' }, { message: 'json' }])
  })
  t.test('are listed from a time on', async t => {
    const entries = (await server.send('/device/logs')).json as Array<{ dateReceived: string }>
    const last = entries.at(-1)?.dateReceived ?? ''
    t.same((await server.send(`/device/logs?after=${encodeURIComponent(last)}`)).json, [])
    t.equal(((await server.send('/device/logs?after=1970-01-02')).json as object[]).length, entries.length)
    t.equal(((await server.send(`/device/logs?after=${Date.parse(last) - 86_400_000}`)).json as object[]).length, entries.length)
    t.equal((await server.send('/device/logs?after=yesterday')).status, 400)
  })
  t.test('that cannot be kept are refused', async t => {
    for (const logData of ['', '[]', '7', '{', '{"a":{"__proto__":{}}}', '['.repeat(5000), `{"a":${'{"a":'.repeat(20)}1${'}'.repeat(21)}`]) {
      t.match(await server.send('/device/logs', { method: 'POST', body: new URLSearchParams({ logData }) }), { status: 400, json: { errorText: String } }, logData.slice(0, 30))
    }
    t.match(await log({ message: 'x'.repeat(65_000) }), { status: 200 })
    t.match(await log({ message: 'x'.repeat(66_000) }), { status: 413 })
    t.equal((await server.send('/device/logs', { method: 'POST', body: 'x'.repeat(1_100_000), headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 413)
  })
  t.test('are pushed at once to whoever opens a WebSocket', async t => {
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/`)
    await once(socket, 'open')
    const message = once(socket, 'message')
    await log({ ...line, message: 'pushed' })
    const [data] = await message
    t.match(JSON.parse(String(data)), { message: 'pushed', dateReceived: String })
    socket.close()
    await once(socket, 'close')
    t.equal((await server.send('/')).status, 404, 'which is no page')
  })
  t.test('are followed as server-sent events', async t => {
    const { body } = await fetch(`${server.origin}/api/v1/device-logs/live`)
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    t.match((await reader?.read())?.value, /^event: open\n/, 'the stream begins at once')
    await log({ ...line, message: 'followed' })
    const { value } = await reader?.read() ?? {}
    t.match(value, /^event: line\ndata: \{.*"followed"/)
    await reader?.cancel()
  })
  t.test('are read in pages', async t => {
    const first = (await server.send('/api/v1/device-logs?limit=2')).json as { items: Array<{ id: string }>, next: string }
    t.equal(first.items.length, 2)
    const second = (await server.send(`/api/v1/device-logs?limit=1000&cursor=${first.next}`)).json as typeof first
    t.ok(second.items.length >= 3)
    t.equal(second.next, undefined)
    t.notOk(second.items.some(({ id }) => first.items.some(each => each.id === id)))
    t.match((await server.send('/api/v1/device-logs?limit=1&order=newest')).json, { items: [{ line: { message: 'followed' } }] })
  })
})

t.test('a server that also tracks has both kinds of WebSockets', async t => {
  const server = await buildDevices(t, { env: { MODULES: 'tracking,devices', WASMIOT_USE_WEB_SOCKETS: 'true' } })
  for (const path of ['/', '/client']) {
    const socket = new WebSocket(server.origin.replace('http', 'ws') + path)
    await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
    t.pass(path)
  }
})

t.test('cards', async t => {
  const server = await buildDevices(t)
  const [moduleId, nodeId] = ['6b0267ff372697a1221ec0e3', '6b0267f9372697a1221ec0da']

  t.test('of modules', async t => {
    const card = { permission: [{ target: moduleId, action: 'classify', constraint: [{ leftOperand: 'risk-level', rightOperand: 'high' }, { leftOperand: 'input-type', rightOperand: 'image' }, { leftOperand: 'output-risk', rightOperand: 'inherit' }] }] }
    const expected = { moduleid: moduleId, name: 'classify', 'risk-level': 'high', 'input-type': 'image', 'output-risk': 'inherit', dateReceived: /Z$/ }
    t.match(await server.post('/moduleCards', card), { status: 200, json: { message: String, moduleData: expected } })
    t.match((await server.send('/moduleCards')).json, [{ _id: String, ...expected }])
    t.equal((await server.post('/moduleCards', { permission: [] })).status, 400)
    t.equal((await server.post('/moduleCards', { permission: [{ ...card.permission[0], target: 'x' }] })).status, 400)
  })
  t.test('of devices', async t => {
    t.match(await server.post('/nodeCards', { asset: [{ title: 'pi', uid: nodeId, relation: [{ type: 'memberOf', value: 'hall' }] }] }), { status: 200, json: { nodeCard: { name: 'pi', nodeid: nodeId, zone: 'hall' } } })
    t.match(await server.post('/nodeCards', { asset: [{ title: 'pi' }] }), { status: 200, json: { nodeCard: { nodeid: 'unknown', zone: 'unknown' } } })
    t.equal((await server.post('/nodeCards', {})).status, 400)
  })
  t.test('of sources of data', async t => {
    const relation = [{ type: 'type', value: 'image' }, { type: 'risk-level', value: 'low' }, { type: 'nodeid', value: nodeId }]
    t.match(await server.post('/dataSourceCards', { asset: [{ title: 'camera', relation }] }), { status: 200, json: { message: String } })
    t.match((await server.send('/dataSourceCards?after=0')).json, [{ name: 'camera', type: 'image', 'risk-level': 'low', nodeid: nodeId }])
    t.equal((await server.post('/dataSourceCards', {})).status, 400)
  })
  t.test('of zones, which are replaced one by one', async t => {
    const permit = (target: string, rightOperand: unknown) => ({ target, constraint: [{ leftOperand: 'zone', rightOperand }] })
    t.match(await server.post('/zoneRiskLevels', { permission: [permit('low', ['hall', 'yard']), permit('high', 'hall')] }), { status: 200, json: { zones: [{ zone: 'hall', allowedRiskLevels: ['low', 'high'] }, { zone: 'yard' }], riskLevels: ['high', 'low'] } })
    await server.post('/zoneRiskLevels', { permission: [permit('none', 'hall')] })
    t.match((await server.send('/zoneRiskLevels')).json, [{ zone: 'hall', allowedRiskLevels: ['none'] }, { zone: 'yard', allowedRiskLevels: ['low'] }, { type: 'riskLevels', levels: ['low', 'none'], lastUpdated: /Z$/ }])
    t.equal(((await server.send('/zoneRiskLevels?after=0')).json as object[]).length, 3, 'also from a time on')
    t.equal((await server.post('/zoneRiskLevels', {})).status, 400)
    t.match((await server.send('/api/v1/zones', { method: 'PUT', body: JSON.stringify({ roof: ['low'] }), headers: { 'content-type': 'application/json' } })).json, { items: [{ zone: 'hall' }, { zone: 'yard' }, { zone: 'roof' }] })
    t.same((await server.send('/deploymentCertificates')).json, [])
  })
  t.test('are removed one by one', async t => {
    const { items: [card] } = (await server.send('/api/v1/cards/modules')).json as { items: Array<{ id: string }> }
    t.equal((await server.send(`/api/v1/cards/modules/${card?.id}`, { method: 'DELETE' })).status, 204)
    t.equal((await server.send(`/api/v1/cards/modules/${card?.id}`, { method: 'DELETE' })).status, 404)
    t.same((await server.send('/moduleCards')).json, [])
  })
})
