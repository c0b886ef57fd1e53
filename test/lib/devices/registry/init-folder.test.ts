// What another orchestrator has exported is read into an empty registry; what is wrong with it is named, and the rest is read.
import { symlinkSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import wabt from 'wabt'
import { openFileStore } from '../../../../lib/devices/files/store.ts'
import { newId } from '../../../../lib/devices/id.ts'
import { analyse } from '../../../../lib/devices/modules/analysis.ts'
import { readInitFolder } from '../../../../lib/devices/registry/init-folder.ts'
import { openRegistry } from '../../../../lib/devices/registry/open.ts'

const { parseWat } = await wabt()
const wasm = Buffer.from(parseWat('a.wat', '(module (import "sys" "millis" (func (result i32))) (memory (export "memory") 1) (func (export "add") (param i32 f32) (result i32) local.get 0) (func (export "file") (result i32) i32.const 0))').toBinary({}).buffer)

const device = '6b0267f9372697a1221ec0da'
const module = '6b0267ff372697a1221ec0e3'
const core = '6b0267ff372697a1221ec0aa'

const exportedDevice = {
  _id: device,
  name: 'camera',
  communication: { addresses: ['172.15.0.21', 'fe80::1%eth0', 'not an address', '172.15.0.21'], port: 5001 },
  description: { platform: { memory: { bytes: 1024 }, cpu: { humanReadableName: 'a', clockSpeed: { Hz: 1 } } }, supervisorInterfaces: ['millis', 7] },
  status: 'active',
  okHealthCheckCount: 12,
  statusLog: [{ status: 'active', time: '2024-05-01T10:00:00.000Z' }, { status: 'inactive', time: { $date: '2024-04-01T10:00:00.000Z' }, reason: 'gone' }, { status: 'odd' }],
  blacklisted: true,
  __proto__: { polluted: true },
  unknown: 'dropped'
}

const path_ = (name: string) => `/{deployment}/modules/adder/${name}`
const exportedModule = {
  _id: { $oid: module },
  name: 'adder',
  exports: [{ name: 'add', parameterCount: 2 }],
  wasm: { originalFilename: 'adder.wasm', fileName: 'deadbeef', path: '/etc/passwd' },
  dataFiles: { config: { originalFilename: 'config.txt', fileName: 'x', path: '/etc/passwd' }, lost: { originalFilename: 'lost.txt' } },
  description: {
    openapi: '3.0.3',
    paths: {
      [path_('add')]: {
        summary: 'add',
        parameters: [{ name: 'deployment', in: 'path' }],
        get: { parameters: [{ name: 'param0', in: 'query', schema: { type: 'integer' } }, { name: 'param1', in: 'query', schema: { type: 'float' } }], responses: { 200: { content: { 'application/json': { schema: { type: 'integer' } } } } } }
      },
      [path_('file')]: { post: { parameters: [], responses: { 200: { content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } } } } },
      [path_('ghost')]: { get: { parameters: [], responses: {} } }
    }
  },
  mounts: { add: {}, file: { config: { mediaType: 'text/plain', stage: 'deployment' }, out: { mediaType: 'image/png', stage: 'output' }, odd: { mediaType: 'a/b', stage: 'never' } } },
  isAdmin: true
}

const exportedDeployment = {
  _id: '6b0267ff372697a1221ec0f9',
  name: 'chain',
  active: true,
  isInFailover: true,
  failoversBySequence: [[null], [device, { $oid: '6b0267f9372697a1221ec0db' }]],
  goalDeployment: [device, device],
  fullManifest: { [device]: { deploymentId: 'anything' } },
  sequence: [{ device, module: { $oid: module }, func: 'add' }, { device, module: core, func: 'push' }]
}

/** A registry that is empty, but for what Tutti itself has there, and a store of files. */
async function openEmpty (t: Test, folder: string) {
  const registry = await openRegistry({ folder: path.join(folder, 'devices') })
  t.teardown(() => registry.close())
  const own = newId()
  const empty = { sha256: '', size: 0, mediaType: 'application/wasm', originalName: '' }
  await registry.modules.insert({
    id: own, name: 'core:Datalist', isCore: true, version: 1, createdAt: 0, versions: [{ version: 1, wasm: empty, analysis: { requirements: [], exports: [], memory: undefined, hasStart: false }, createdAt: 0, functions: {}, dataFiles: {} }]
  })
  return { registry, own, files: await openFileStore({ folder: path.join(folder, 'devices', 'files'), maxBytes: 1e6, maxFile: 1e5 }) }
}

const now = () => 1_700_000_000_000

t.test('what the three lists said is there again', async t => {
  const folder = t.testdir({
    init: {
      device: { 'one.json': JSON.stringify(exportedDevice), 'self.json': JSON.stringify([{ _id: newId(), name: 'orchestrator' }]) },
      module: { 'all.json': JSON.stringify([exportedModule, { _id: core, name: 'core:Datalist', isCoreModule: true }]) },
      deployment: { 'chain.json': JSON.stringify([exportedDeployment]) },
      files: { 'adder.wasm': wasm, 'config.txt': 'x=1' }
    }
  })
  const { registry, own, files } = await openEmpty(t, folder)
  const { read, warnings } = await readInitFolder(path.join(folder, 'init'), { registry, files, analyse, now })
  t.strictSame(read, { devices: 1, modules: 1, deployments: 1 })
  t.match(warnings, [/module\/all\.json, entry 1,: its file lost .*files\/lost\.txt is not there/, /its function ghost .*does not export it/])
  t.equal(warnings.length, 2)

  const [found, ...more] = await registry.devices.list()
  t.strictSame(more, [], 'the orchestrator is itself a device already')
  t.match(found, { id: device, name: 'camera', origin: 'init', port: 5001, state: 'suspect', since: now(), okChecks: 0, blacklisted: { since: now() } })
  t.strictSame(found?.addresses, ['172.15.0.21', 'fe80::1%eth0'])
  t.strictSame(found?.description?.supervisorInterfaces, ['millis'])
  t.match(found?.statusLog, [{ status: 'online', time: Date.parse('2024-05-01T10:00:00Z') }, { status: 'offline', time: Date.parse('2024-04-01T10:00:00Z'), reason: 'gone' }])
  t.equal(found?.statusLog.length, 2)
  t.notOk(JSON.stringify(found).includes('dropped'))

  const added = await registry.modules.get(module)
  t.equal(added?.isCore, false)
  t.notOk(JSON.stringify(added).includes('passwd'), 'no path of the other machine is kept')
  const [version] = added?.versions ?? []
  t.match(version?.analysis.requirements, [{ module: 'sys', name: 'millis' }])
  t.strictSame(version?.functions, {
    add: { method: 'get', parameters: [{ name: 'param0', type: 'integer' }, { name: 'param1', type: 'float' }], output: 'integer', mounts: {} },
    file: { method: 'post', parameters: [], output: 'image/png', mounts: { config: { mediaType: 'text/plain', stage: 'deployment' }, out: { mediaType: 'image/png', stage: 'output' } } }
  })
  t.equal(Buffer.concat(await (await files.open(version?.wasm.sha256 ?? '')).stream.toArray()).equals(wasm), true)
  t.match(version?.dataFiles, { config: { originalName: 'config.txt', mediaType: 'text/plain', size: 3 } })

  t.match(await registry.deployments.get(exportedDeployment._id), {
    name: 'chain',
    isWanted: false,
    isInFailover: false,
    steps: [{ device: null, module, func: 'add', failovers: [] }, { device, module: own, func: 'push', failovers: ['6b0267f9372697a1221ec0db'] }],
    sequence: [{ device, module, version: 1, func: 'add' }, { device, module: own, func: 'push' }],
    goal: [device, device],
    nodes: {}
  })
  t.strictSame(await readInitFolder(path.join(folder, 'init'), { registry, files, analyse }), { read: undefined, warnings: [] }, 'once only')
})

t.test('what is wrong is named, without a path of the server, and the rest is read', async t => {
  const { __proto__: _, ...good } = exportedDevice
  const folder = t.testdir({
    init: {
      device: {
        'a.json': '{"_id": ',
        'b.json': JSON.stringify([good, null, 7, 'text', { ...good }, { ...good, _id: 'short' }, { ...good, _id: newId(), name: '' }, { ...good, _id: newId(), name: 'x', communication: { addresses: ['host'] } }, { ...good, _id: newId(), name: 'y', communication: { addresses: ['10.0.0.1'], port: 70000 } }]),
        'c.txt': 'no JSON, and not read'
      },
      module: {
        'a.json': JSON.stringify([
          { _id: newId(), name: 'outside', wasm: { originalFilename: '../secret.wasm' } }, { _id: newId(), name: 'link', wasm: { originalFilename: 'link.wasm' } }, { _id: newId(), name: 'folder', wasm: { originalFilename: 'folder' } },
          { _id: newId(), name: 'broken', wasm: { originalFilename: 'broken.wasm' } }, { _id: newId(), name: 'large', wasm: { originalFilename: 'large.wasm' } }, { _id: newId(), name: 'none' }, { _id: newId(), name: 'plain', wasm: { originalFilename: 'adder.wasm' } }
        ])
      },
      deployment: { 'a.json': JSON.stringify([{ ...exportedDeployment, sequence: [] }, { ...exportedDeployment, sequence: [{ device: null }] }, exportedDeployment]) },
      files: { 'adder.wasm': wasm, 'broken.wasm': 'no module', 'large.wasm': Buffer.alloc(5000), folder: {} }
    },
    'secret.wasm': wasm
  })
  symlinkSync(path.join(folder, 'secret.wasm'), path.join(folder, 'init', 'files', 'link.wasm'))
  const { registry, files } = await openEmpty(t, folder)
  const { read, warnings } = await readInitFolder(path.join(folder, 'init'), { registry, files, analyse, maxModule: 4000 })
  t.strictSame(read, { devices: 1, modules: 1, deployments: 0 })
  t.equal(warnings.length, 6 + 1 + 8 + 3, warnings.join('\n'))
  t.notOk(warnings.some(warning => warning.includes(folder)))
  t.match((await registry.modules.list()).map(({ name }) => name), ['core:Datalist', 'plain'])
})

t.test('a folder that is not there is named', async t => {
  const folder = t.testdir()
  const { registry, files } = await openEmpty(t, folder)
  const { read, warnings } = await readInitFolder(path.join(folder, 'init'), { registry, files, analyse })
  t.strictSame(read, { devices: 0, modules: 0, deployments: 0 })
  t.match(warnings, [/device of the init folder is left out.*ENOENT/])
})
