// Modules: uploads that become versions, what is said of them, what devices fetch of them, and their end.
import { createHash } from 'node:crypto'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { openFileStore } from '../../../../lib/devices/files/store.ts'
import { newId } from '../../../../lib/devices/id.ts'
import { createAnalyser } from '../../../../lib/devices/modules/analyser.ts'
import { createModules, mostVersions } from '../../../../lib/devices/modules/modules.ts'
import { openRegistry } from '../../../../lib/devices/registry/open.ts'
import type { Deployment } from '../../../../lib/devices/deployment.ts'
import type { WasmModule } from '../../../../lib/devices/wasm-module.ts'
import { moduleOf, primitive } from './wat.ts'

const analyser = createAnalyser({ largest: 1e6 })
t.teardown(analyser.close)

async function open (t: { testdir (): string, teardown (end: () => unknown): void }, most = 100) {
  const folder = t.testdir()
  const registry = await openRegistry({ folder })
  t.teardown(registry.close)
  const files = await openFileStore({ folder: path.join(folder, 'files'), maxBytes: 1e7, maxFile: 1e6 })
  const changes: string[] = []
  const modules = createModules({ registry, files, analyser, maxModule: 100_000, maxFile: 1000, most, onChanged: (id, change) => { changes.push(`${change} ${id}`) } })
  const receive = async (bytes: Uint8Array, mediaType = 'application/wasm') => await modules.receive({ stream: Readable.from([bytes]), mediaType, originalName: '../prim.wasm' })
  return { registry, files, modules, changes, receive }
}

const functions = { add1: { method: 'GET', parameters: [{ name: 'param0', type: 'integer' }], output: 'integer', mounts: [{ name: 'config', stage: 'deployment' }, { name: 'photo', stage: 'execution' }] } }
const incoming = (text: string, mediaType = 'text/plain') => ({ stream: Readable.from([Buffer.from(text)]), mediaType, originalName: 'config.txt' })
const bytes = await moduleOf(primitive)
const newer = await moduleOf(primitive.replace('i32.const 1', 'i32.const 2'))
const other = await moduleOf('(module (func (export "other")))')

t.test('an upload becomes a module, found by its id and its name, and its bytes are those that came', async t => {
  const { modules, changes, receive } = await open(t)
  const upload = await receive(bytes, 'text/html')
  t.strictSame(upload.wasm, { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, mediaType: 'application/wasm', originalName: 'prim.wasm' })
  const module = await modules.create({ name: ' prim ', upload })
  t.match(module, { name: 'prim', isCore: false, version: 1, versions: [{ version: 1, functions: undefined, dataFiles: {} }] })
  for (const reference of [module.id, 'prim']) {
    t.equal((await modules.get(reference)).id, module.id)
    const { stream, size, file } = await modules.openBytes(reference)
    t.strictSame([await buffer(stream), size, file.sha256], [bytes, bytes.length, upload.wasm.sha256])
  }
  t.strictSame(changes, [`created ${module.id}`])
  t.strictSame(await modules.referenced(), new Set([upload.wasm.sha256]))
  await t.rejects(modules.document('prim'), { code: 'CONFLICT' })
})

t.test('F29: what is no module, or larger than allowed, leaves no module and no file', async t => {
  const { modules, files, receive } = await open(t)
  await t.rejects(receive(Buffer.from('GIF89a')), { code: 'MODULE_BROKEN' })
  await t.rejects(receive(bytes.subarray(0, bytes.length - 5)), { code: 'MODULE_BROKEN' })
  await t.rejects(receive(Buffer.alloc(100_001)), { code: 'TOO_LARGE' })
  let taken = 0
  const endless = Readable.from((function * () {
    for (; taken < 200; taken++) yield Buffer.alloc(1024 * 1024)
  })(), { objectMode: false })
  await t.rejects(modules.receive({ stream: endless, mediaType: 'application/wasm', originalName: 'big' }), { code: 'TOO_LARGE' })
  t.ok(taken < 10, `of 200 MB ${taken} were taken`)
  t.strictSame(files.usage(), { files: 0, bytes: 0 })
  t.strictSame(await modules.list(), [])
})

t.test('F29: what imports more than functions is refused, and says what', async t => {
  const { receive, files } = await open(t)
  await t.rejects(receive(await moduleOf('(module (import "env" "memory" (memory 1)))')), { code: 'MODULE_BROKEN', message: /imports the memory "env.memory"/ })
  t.strictSame(files.usage(), { files: 0, bytes: 0 })
})

t.test('F29: names that are paths, empty, too long or those of services are refused, and of one name there may be several', async t => {
  const { modules, receive } = await open(t)
  const upload = await receive(bytes)
  for (const name of [undefined, 7, '', '  ', '.', '..', '../../etc/cron.d/x', 'a\\b', 'a\nb', 'a\u0000', '__proto__', 'x'.repeat(101), 'core:Datalist']) {
    await t.rejects(modules.create({ name, upload }), { code: 'REQUEST' }, String(name))
  }
  const [first, second] = [await modules.create({ name: 'same', upload }), await modules.create({ name: 'same', upload: await receive(newer) })]
  t.equal((await modules.get('same')).id, second.id, 'the newest is meant')
  t.equal((await modules.get(first.id)).id, first.id)
  t.equal(await modules.remove('same'), 2, 'a name removes all of that name')
  await t.rejects(modules.get('same'), { code: 'MISSING', message: 'no matches for ID same' })
})

t.test('there are not more modules than allowed', async t => {
  const { modules, receive } = await open(t, 1)
  const upload = await receive(bytes)
  await modules.create({ name: 'one', upload })
  await t.rejects(modules.create({ name: 'two', upload }), { code: 'TOO_LARGE' })
})

t.test('a description takes the place of the one before, with its files', async t => {
  const { modules, changes, receive } = await open(t)
  const { id } = await modules.create({ name: 'prim', upload: await receive(bytes) })
  const config = await modules.receiveFile(incoming('one'))
  const photo = await modules.receiveFile(incoming('photo', 'image/png'))
  await modules.describe('prim', { functions, files: new Map([['config', config], ['photo', photo]]) })
  t.match(await modules.get(id), { versions: [{ functions: { add1: { method: 'get', mounts: { config: { mediaType: 'text/plain' }, photo: { mediaType: 'image/png' } } } }, dataFiles: { config } }] })
  t.equal((await buffer((await modules.openDataFile(id, 'config')).stream)).toString(), 'one')
  t.match(await modules.document(id), { openapi: '3.0.3', info: { title: 'prim' } })
  for (const mount of ['photo', 'constructor', '../config']) await t.rejects(modules.openDataFile(id, mount), { code: 'MISSING', message: `file '${mount}' missing from module 'prim'` })

  await t.rejects(modules.describe(id, { functions, files: new Map() }), { code: 'REQUEST', message: 'Functions missing mounts: [["add1","config"]]' })
  t.equal((await buffer((await modules.openDataFile(id, 'config')).stream)).toString(), 'one', 'what was refused has changed nothing')
  await modules.describe(id, { functions: { half: { method: 'post', param0: 'float', output: 'float' } }, files: new Map() })
  t.match(await modules.get(id), { versions: [{ functions: { half: {} }, dataFiles: {} }] })
  await t.rejects(modules.openDataFile(id, 'config'), { code: 'MISSING' })
  t.strictSame(changes, ['created', 'described', 'described'].map(change => `${change} ${id}`))
})

t.test('a description for no module makes none, and data cannot be a module', async t => {
  const { modules } = await open(t)
  await t.rejects(modules.describe(newId(), { functions, files: new Map() }), { code: 'MISSING' })
  t.strictSame(await modules.list(), [])
  await t.rejects(modules.receiveFile(incoming('x', 'application/wasm')), { code: 'REQUEST', message: 'failed attaching file to module', details: 'data cannot be wasm' })
  await t.rejects(modules.receiveFile(incoming('x'.repeat(1001))), { code: 'TOO_LARGE' })
})

t.test('a new version has the description of the one before, and can be taken back', async t => {
  const { modules, changes, receive } = await open(t)
  const { id } = await modules.create({ name: 'prim', upload: await receive(bytes), description: { functions, files: new Map([['config', await modules.receiveFile(incoming('one'))]]) } })
  const upload = await receive(newer)
  const after = await modules.addVersion(id, upload)
  t.match(after, { version: 2, versions: [{ version: 1 }, { version: 2, wasm: { sha256: upload.wasm.sha256 }, functions: { add1: {} }, dataFiles: { config: { size: 3 } } }] })
  t.strictSame(await buffer((await modules.openBytes('prim')).stream), newer)
  t.strictSame(await buffer((await modules.openBytes('prim', 1)).stream), bytes)
  await t.rejects(modules.openBytes('prim', 3), { code: 'MISSING' })

  t.match(await modules.rollBack(id, 1), { version: 1 })
  t.strictSame(await buffer((await modules.openBytes('prim')).stream), bytes)
  await t.rejects(modules.rollBack(id, 7), { code: 'MISSING' })
  t.match(await modules.addVersion(id, upload), { version: 3 }, 'numbers are never used twice')
  t.strictSame(changes, ['created', 'version', 'rolledBack', 'version'].map(change => `${change} ${id}`))
})

t.test('a version that the description does not fit needs one of its own', async t => {
  const { modules, receive } = await open(t)
  const { id } = await modules.create({ name: 'prim', upload: await receive(bytes), description: { functions: { add1: { ...functions.add1, mounts: [] } }, files: new Map() } })
  const upload = await receive(other)
  await t.rejects(modules.addVersion(id, upload), { code: 'CONFLICT', message: /does not export a function add1.*Send one together/ })
  t.equal((await modules.get(id)).versions.length, 1)
  t.match(await modules.addVersion(id, upload, { functions: { other: { method: 'get', output: 'integer' } }, files: new Map() }), { version: 2, versions: [{ functions: { add1: {} } }, { functions: { other: {} } }] })
})

t.test('versions are bounded, and the oldest goes', async t => {
  const { modules, receive } = await open(t)
  const upload = await receive(bytes)
  const { id } = await modules.create({ name: 'prim', upload })
  for (let version = 2; version <= mostVersions + 2; version++) await modules.addVersion(id, upload)
  const { versions, version } = await modules.get(id)
  t.strictSame([versions.length, versions[0]?.version, version], [mostVersions, 3, mostVersions + 2])
})

t.test('a module that a deployment needs stays, unless it is forced; services of the server always do', async t => {
  const { registry, modules, receive } = await open(t)
  const module = await modules.create({ name: 'prim', upload: await receive(bytes) })
  const deployment: Deployment = {
    id: newId(), name: 'chain', steps: [{ device: null, module: module.id, func: 'add1', failovers: [], labels: {} }], isWanted: true, isLeaving: false, generation: 1, placedGeneration: 0, sequence: [], goal: [], nodes: {}, rollouts: {}, isInFailover: false, conditions: [], validationError: undefined, createdAt: 0, updatedAt: 0
  }
  await registry.deployments.insert(deployment)
  await t.rejects(modules.remove('prim'), { code: 'CONFLICT', message: /chain/ })
  await registry.deployments.update(deployment.id, before => ({ ...before, isWanted: false }))
  t.equal(await modules.remove('prim'), 1)
  await registry.deployments.update(deployment.id, before => ({ ...before, isWanted: true }))
  const again = await modules.create({ name: 'prim', upload: await receive(bytes) })
  const core: WasmModule = { ...again, id: newId(), name: 'core:Datalist', isCore: true }
  await registry.modules.insert(core)
  t.equal(await modules.remove('prim', { isForced: true }), 1)
  t.equal(await modules.remove('core:Datalist', { isForced: true }), 0)
  t.equal(await modules.removeAll(), 0)
  await t.rejects(modules.describe('core:Datalist', { functions, files: new Map() }), { code: 'CONFLICT' })
  await t.rejects(modules.openBytes('core:Datalist'), { code: 'MISSING' })
  await t.rejects(modules.remove('prim'), { code: 'MISSING' })
})
