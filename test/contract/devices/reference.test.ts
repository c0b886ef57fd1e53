// The paths of the reference, as its command line, pages and supervisors use them: shapes, statuses, and what is better than there.
import t from 'tap'
import { description, sendJson, startDevice } from '../../lib/devices/device-server.ts'
import { add1, add1Functions, buildDevices } from '../../devices-server.ts'

const id24 = /^[0-9a-f]{24}$/
const wasm = () => new Blob([add1], { type: 'application/wasm' })

// Several servers, each with threads of its own, on a machine that may have much else to do.
t.setTimeout(120_000)

t.test('devices', async t => {
  const server = await buildDevices(t)
  const device = await startDevice(t)
  const id = await server.register('pi', device.port)

  t.test('are listed in the shape of the reference', async t => {
    const { json, status } = await server.send('/file/device')
    t.equal(status, 200)
    const found = (json as Array<{ _id: string, name: string }>).find(({ name }) => name === 'pi')
    t.match(found, {
      _id: id24,
      communication: { addresses: ['127.0.0.1'], port: device.port },
      description,
      status: 'active',
      failedHealthCheckCount: 0,
      statusLog: [{ status: 'active', time: /^\d{4}-\d\d-\d\dT/ }],
      health: { report: { cpuUsage: 12.5, memoryUsage: 0.25 }, timeOfQuery: String }
    })
  })
  t.test('are told where the server is', async t => {
    const told = device.requests.find(({ url }) => url === '/register')
    t.strictSame(JSON.parse(told?.body ?? ''), { url: server.app.devices.base })
  })
  t.test('may be blacklisted and taken off the list', async t => {
    const on = await server.send(`/file/device/${id}/blacklist`, { method: 'POST' })
    t.match(on, { status: 200, json: { message: String, deviceId: id } })
    const [listed] = ((await server.send('/file/device')).json as Array<{ name: string }>).filter(({ name }) => name === 'pi')
    t.match(listed, { blacklisted: true, status: 'inactive' })
    t.equal((await server.send(`/file/device/${id}/unblacklist`, { method: 'POST' })).status, 200)
    t.match(await server.send('/file/device/0123456789abcdef01234567/blacklist', { method: 'POST' }), { status: 404, json: { error: String } })
    t.match(await server.send('/file/device/pi/blacklist', { method: 'POST' }), { status: 400, json: { error: String } })
  })
  t.test('register without a body, and look for others', async t => {
    t.equal((await server.send('/file/device/discovery/register', { method: 'POST' })).status, 204)
    t.equal((await server.send('/file/device/discovery/register', { method: 'POST', headers: { 'content-type': 'application/json' } })).status, 204)
    t.equal((await server.send('/file/device/discovery/reset', { method: 'POST' })).status, 204)
    t.match(await server.post('/file/device/discovery/register', { name: 'far', addresses: ['169.254.169.254'] }), { status: 400, json: { errorText: String, code: 'TUTTI_DEVICES_ADDRESS_REFUSED' } })
    t.equal((await server.post('/file/device/discovery/register', { addresses: 'x' })).status, 400)
  })
  t.test('are removed all at once', async t => {
    const { json } = await server.send('/file/device', { method: 'DELETE' })
    t.ok((json as { deletedCount: number }).deletedCount >= 1)
  })
})

t.test('modules', async t => {
  const server = await buildDevices(t)

  t.test('are uploaded under any name of a part, and listed', async t => {
    const { json, status } = await server.form('/file/module', { name: 'prim', wasm: wasm(), isCoreModule: 'true', _id: '000000000000000000000000' })
    t.equal(status, 201)
    const { id } = json as { id: string }
    t.match(id, id24)
    t.not(id, '000000000000000000000000')
    const one = await server.send(`/file/module/${id}`)
    t.match(one.json, [{ _id: id, name: 'prim', exports: [{ name: 'add1', parameterCount: 1 }], requirements: [], wasm: { originalFilename: 'wasm.bin', fileName: /^[0-9a-f]{64}$/ } }])
    t.notOk(Object.hasOwn((one.json as object[])[0] ?? {}, 'isCoreModule'))
    t.notMatch(one.text, server.folder, 'no path of the server')
    t.ok(((await server.send('/file/module')).json as Array<{ _id: string }>).some(({ _id }) => _id === id))
    const bytes = await fetch(`${server.origin}/file/module/${id}/wasm`)
    t.equal(bytes.headers.get('content-type'), 'application/wasm')
    t.same(Buffer.from(await bytes.arrayBuffer()), add1)
  })
  t.test('are described as JSON and as fields in brackets', async t => {
    const asJson = await server.form('/file/module/prim/upload', { functions: JSON.stringify(add1Functions) })
    t.match(asJson, { status: 200, json: { description: { openapi: '3.0.3', info: { title: 'prim' }, paths: { '/{deployment}/modules/prim/add1': { get: {} } } } } })
    const fields = await server.form('/file/module/prim/upload', { 'add1[method]': 'GET', 'add1[param0]': 'integer', 'add1[output]': 'integer' })
    t.match(fields, { status: 200 })
    t.same((await server.send('/file/module/prim/description')).json, (fields.json as { description: object }).description)
    t.match((await server.send('/file/module/prim')).json, [{ description: { openapi: '3.0.3' }, mounts: { add1: {} } }])
  })
  t.test('mounts bring files, and are missed', async t => {
    const functions = JSON.stringify({ add1: { ...add1Functions.add1, mounts: [{ name: 'model', stage: 'deployment' }] } })
    t.match(await server.form('/file/module/prim/upload', { functions }), { status: 400, json: { errorText: 'Functions missing mounts: [["add1","model"]]' } })
    t.equal((await server.form('/file/module/prim/upload', { functions, model: new Blob(['weights']) })).status, 200)
    t.match(await server.send('/file/module/prim/model'), { status: 200, text: 'weights' })
    t.match(await server.send('/file/module/prim/other'), { status: 400, json: { err: "file 'other' missing from module 'prim'" } })
    t.match(await server.send('/file/module/nobody/wasm'), { status: 400, json: { err: 'Failed querying for module id: nobody' } })
  })
  t.test('that are none are refused, and nothing is left', async t => {
    const before = ((await server.send('/file/module')).json as object[]).length
    t.match(await server.send('/file/module', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }), { status: 400, text: 'file-submission missing' })
    t.match(await server.form('/file/module', { name: 'x' }), { status: 400, json: { errorText: String, error: 'error' } })
    t.match(await server.form('/file/module', { name: 'x', module: new Blob(['no module'], { type: 'application/wasm' }) }), { status: 422, json: { code: 'TUTTI_DEVICES_MODULE_BROKEN' } })
    t.match(await server.form('/file/module', { name: '../x', module: wasm() }), { status: 400 })
    const broken = (body: string) => server.send('/file/module', { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=x' } })
    const part = '--x\r\ncontent-disposition: form-data; name="module"; filename="m"\r\ncontent-type: application/wasm\r\n\r\n\0asm'
    for (const body of ['', '--x', part, `${part}\r\n--y--`]) t.match(await broken(body), { status: 400, json: { errorText: String } }, JSON.stringify(body.slice(-10)))
    t.match(await server.form('/file/module/nobody/upload', { functions: '{}' }), { status: 404, json: { errorText: 'no matches for ID nobody' } })
    t.equal(((await server.send('/file/module')).json as object[]).length, before)
  })
  t.test('are removed, also when they are not there', async t => {
    for (let times = 0; times < 2; times++) t.equal((await server.send('/file/module/prim', { method: 'DELETE' })).status, 204)
    t.match(await server.send('/file/module/prim'), { status: 404, json: { errorText: 'no matches for ID prim' } })
    t.match((await server.send('/file/module', { method: 'DELETE' })).json, { deletedCount: Number })
    t.match((await server.send('/file/module')).json, [{ name: 'core:Datalist', isCoreModule: true }], 'what the server itself gives stays')
  })
})

t.test('deployments and executions', async t => {
  const server = await buildDevices(t)
  const device = await startDevice(t)
  const [deviceId, moduleId] = [await server.register('pi', device.port), await server.upload()]
  const manifest = { name: 'chain', sequence: [{ func: 'add1', module: moduleId, device: deviceId }] }
  let id = ''

  t.test('are refused in the words of the reference', async t => {
    for (const [body, error] of [
      [{}, 'manifest must have a name'],
      [{ name: 'x' }, 'manifest must have a sequence of operations'],
      [{ name: 'x', sequence: [{ func: 'add1' }] }, 'manifest node must have a module'],
      [{ name: 'x', sequence: [{ module: moduleId }] }, 'manifest node must have a function']
    ] as const) t.match(await server.post('/file/manifest', body), { status: 400, json: { errorText: 'Failed validating manifest', error } })
    t.match(await server.post('/file/manifest', { name: 'x', sequence: [{ module: moduleId, func: 'nothing' }] }), { status: 422, json: { errorText: 'Failed constructing solution for manifest' } })
    t.equal((await server.post('/file/manifest', '{"name":')).status, 400)
    t.same((await server.send('/file/manifest')).json, [])
  })
  t.test('are made: the id comes as quoted text', async t => {
    const reply = await server.post('/file/manifest', manifest)
    t.equal(reply.status, 201)
    t.match(reply.headers.get('content-type'), /^text\/plain/)
    t.match(reply.text, /^"[0-9a-f]{24}"$/)
    id = JSON.parse(reply.text)
    t.match((await server.send(`/file/manifest/${id}`)).json, { _id: id, name: 'chain', active: false, sequence: [{ device: deviceId, module: moduleId, func: 'add1' }], failoversBySequence: [[deviceId]], goalDeployment: [deviceId], fullManifest: { [deviceId]: { deploymentId: id } } })
    t.match(await server.send('/file/manifest/0123456789abcdef01234567'), { status: 400, json: { errorText: 'Failed querying for deployment id: 0123456789abcdef01234567' } })
  })
  t.test('are deployed, and each device says what it thinks of it', async t => {
    t.match(await server.post(`/file/manifest/${id}`, {}), { status: 200, json: { deviceResponses: { [deviceId]: { status: 200, data: { status: 'success' } } } } })
    t.equal(device.requests.filter(({ url }) => url === '/deploy').length, 1, 'with one slash')
    t.match((await server.send('/file/manifest')).json, [{ _id: id, active: true }])
    t.equal((await server.send('/file/manifest/nobody', { method: 'POST' })).status, 404)
  })
  t.test('are executed: the raw pair of the device comes back, exact to the last digit', async t => {
    device.answers[`/${id}/modules/prim/add1`] = response => sendJson(response, { resultUrl: `http://127.0.0.1:${device.port}/request-history/1` })
    device.answers['/request-history/1'] = response => sendJson(response, { result: ['9007199254740993', null], success: true })
    t.match(await server.send(`/execute/${id}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"param0": 9007199254740992}' }), { status: 200, json: { result: ['9007199254740993', null], isInFailover: false } })
    t.ok(device.requests.some(({ url }) => url.endsWith('add1?param0=9007199254740992')))
    t.match(await server.form('/execute/chain', { param0: '1' }), { status: 200 })
    t.match(await server.send('/execute/chain', { method: 'POST', body: new URLSearchParams({ param0: '1' }) }), { status: 200 })
    t.match(await server.post(`/execute/${id}`, {}), { status: 400, json: { errorText: 'scheduling work failed', error: { name: 'ParameterMissing', deployment: { id }, param: 'param0' } } })
    t.equal((await server.post('/execute/nobody', {})).status, 404)
  })
  t.test('are changed while they are on devices', async t => {
    t.match(await server.send(`/file/manifest/${id}`, { method: 'PUT', body: JSON.stringify({ ...manifest, name: 'other' }), headers: { 'content-type': 'application/json' } }), { status: 200, json: { deviceResponses: { [deviceId]: { status: 200 } } } })
    t.match((await server.send(`/file/manifest/${id}`)).json, { _id: id, name: 'other', active: true })
  })
  t.test('are removed, and devices forget them', async t => {
    const forgotten = device.asked(`/deploy/${id}`)
    t.match(await server.send(`/file/manifest/${id}`, { method: 'DELETE' }), { status: 200, json: { deletedCount: 1 } })
    await forgotten
    t.same((await server.send('/file/manifest')).json, [])
    t.match(await server.send('/file/manifest/0123456789abcdef01234567', { method: 'DELETE' }), { status: 404, json: { message: String } })
    t.match(await server.send('/file/manifest/x', { method: 'DELETE' }), { status: 400, json: { message: String } })
    t.match((await server.send('/file/manifest', { method: 'DELETE' })).json, { deletedCount: 0 })
  })
})
