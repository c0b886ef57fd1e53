// Moving over: what the three lists of the reference give, and the files of its modules, are read at the first start, and only then.
import path from 'node:path'
import t from 'tap'
import { add1, buildDevices } from '../../devices-server.ts'

const moduleId = '6b0267ff372697a1221ec0e3'
const deviceId = '6b0267f9372697a1221ec0da'

t.setTimeout(120_000)

t.test('an init folder', async t => {
  const source = await buildDevices(t)
  const id = await source.upload('moved')
  const [module] = (await source.send(`/file/module/${id}`)).json as [Record<string, unknown>]
  await source.app.close()
  const folder = t.testdir({
    init: {
      device: { 'devices.json': JSON.stringify([{ _id: deviceId, name: 'pi', communication: { addresses: ['127.0.0.1'], port: 1 }, description: { platform: {}, supervisorInterfaces: ['print'] }, status: 'active' }]) },
      module: { 'module.json': JSON.stringify({ ...module, _id: moduleId }), 'broken.json': '{"_id":1}' },
      deployment: { 'deployments.json': '[]' },
      files: { 'module.bin': add1 }
    },
    data: {}
  })
  const env = { WASMIOT_INIT_FOLDER: path.join(folder, 'init'), DATA_DIR: path.join(folder, 'data') }

  t.test('is read at the first start', async t => {
    const server = await buildDevices(t, { env })
    t.match((await server.send('/file/module/moved')).json, [{ _id: moduleId, name: 'moved', exports: [{ name: 'add1' }], mounts: { add1: {} } }], 'what its own list gives is what it reads')
    t.same(Buffer.from(await (await fetch(`${server.origin}/file/module/${moduleId}/wasm`)).arrayBuffer()), add1)
    t.match((await server.send('/api/v1/devices?name=pi')).json, { items: [{ id: deviceId, origin: 'init' }] })
    t.ok(server.logs.some(({ level, msg }) => level === 40 && /init folder/.test(String(msg))), 'and what is broken is warned of')
    await server.send('/file/module/moved', { method: 'DELETE' })
    await server.app.close()
    const again = await buildDevices(t, { env })
    t.equal((await again.send('/file/module/moved')).status, 404, 'and never again')
  })
})
