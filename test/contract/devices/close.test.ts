// What becomes of executions and connections when the server closes: they are answered, and it ends.
import t from 'tap'
import { sendJson, startDevice } from '../../lib/devices/device-server.ts'
import { buildDevices } from '../../devices-server.ts'

t.setTimeout(120_000)

t.test('a server that closes answers those who wait, ends streams, and leaves nothing running', async t => {
  const folder = t.testdir()
  const server = await buildDevices(t, { env: { DATA_DIR: folder } })
  const device = await startDevice(t)
  const [deviceId, moduleId] = [await server.register('pi', device.port), await server.upload()]
  const { text } = await server.post('/file/manifest', { name: 'chain', sequence: [{ device: deviceId, module: moduleId, func: 'add1' }] })
  const id = JSON.parse(text)
  await server.post(`/file/manifest/${id}`, {})
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  device.answers[`/${id}/modules/prim/add1`] = response => sendJson(response, { resultUrl: `http://127.0.0.1:${device.port}/request-history/1` })
  device.answers['/request-history/1'] = () => resolve()
  const stream = await fetch(`${server.origin}/api/v1/device-events/live`)
  const waiting = server.post(`/execute/${id}`, { param0: 1 })
  await asked
  const [reply] = await Promise.all([waiting, server.app.close()])
  t.match(reply, { status: 503, json: { code: 'TUTTI_SERVER_CLOSING' } })
  t.match(await stream.text(), /event: end\ndata: \{\}\n\n$/)
  const next = await buildDevices(t, { env: { DATA_DIR: folder } })
  t.match((await next.send('/api/v1/executions')).json, { items: [{ state: 'failed', error: { code: String } }] }, 'an execution that was cut off says so')
})
