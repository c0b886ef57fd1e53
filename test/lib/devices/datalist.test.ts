// The core service Datalist.
import t from 'tap'
import { coreModules, createDatalists, datalistName, ensureCoreModules } from '../../../lib/devices/datalist.ts'
import { currentVersion } from '../../../lib/devices/wasm-module.ts'
import { newId } from '../../../lib/devices/id.ts'
import { deploymentOn, deviceAt } from './execution/setting.ts'
import { memoryRegistry } from './memory-registry.ts'

async function setUp (bounds: { mostValues?: number, mostBytes?: number } = {}) {
  const registry = memoryRegistry()
  const datalists = createDatalists({ registry, base: () => 'http://tutti.test:8080', ...bounds })
  const deploy = async () => {
    const deployment = deploymentOn(deviceAt(1), { module: datalistName, func: 'push' })
    await registry.deployments.insert(deployment)
    await datalists.deploy(Object.values(deployment.nodes)[0])
    return deployment.id
  }
  return { registry, datalists, deploy }
}

t.test('each deployment has a list of its own, which stays when it is deployed again', async t => {
  const { registry, datalists, deploy } = await setUp()
  const one = await deploy()
  const other = await deploy()
  t.strictSame(await datalists.get(one), [])
  t.strictSame(await datalists.push(one, 'hello world'), { resultUrl: `http://tutti.test:8080/${one}/modules/core:Datalist/get` })
  await Promise.all(['a', 'b', 'c'].map(async value => await datalists.push(one, value)))
  await datalists.deploy(Object.values((await registry.deployments.get(one))!.nodes)[0])
  const values = await datalists.get(one)
  t.equal(values[0], 'hello world')
  t.strictSame(values.slice(1).sort(), ['a', 'b', 'c'], 'nothing is lost when several push at once')
  t.strictSame(await datalists.get(other), [])
})

t.test('parts of a list can be had', async t => {
  const { datalists, deploy } = await setUp()
  const id = await deploy()
  for (const value of ['a', 'b', 'c', 'd']) await datalists.push(id, value)
  t.strictSame(await datalists.get(id, { index: 1 }), ['b'])
  t.strictSame(await datalists.get(id, { index: -1 }), ['d'])
  t.strictSame(await datalists.get(id, { from: 1, limit: 2 }), ['b', 'c'])
  t.strictSame(await datalists.get(id, { from: -2 }), ['c', 'd'])
  t.strictSame(await datalists.get(id, { from: -3, limit: 2 }), ['b', 'c'])
  t.strictSame(await datalists.get(id, { limit: 0 }), [])
  await t.rejects(datalists.get(id, { index: 4 }), { code: 'MISSING' })
})

t.test('delete empties a list, and a deployment that goes takes its list along', async t => {
  const { registry, datalists, deploy } = await setUp()
  const id = await deploy()
  await datalists.push(id, 'a')
  await datalists.clear(id)
  t.strictSame(await datalists.get(id), [])
  t.equal(await datalists.undeploy(id), true)
  t.equal(await datalists.undeploy(id), false)
  t.equal(await registry.datalists.count(), 0)
  const gone = await deploy()
  await registry.deployments.remove(gone)
  t.equal(await datalists.sweep(), 1)
})

t.test('lists are bounded', async t => {
  const { datalists, deploy } = await setUp({ mostValues: 3, mostBytes: 10 })
  const id = await deploy()
  await t.rejects(datalists.push(id, 'x'.repeat(11)), { code: 'TOO_LARGE' })
  await datalists.push(id, 'é'.repeat(4))
  await t.rejects(datalists.push(id, 'xyz'), { code: 'TOO_LARGE' })
  await datalists.push(id, '1')
  await datalists.push(id, '2')
  await t.rejects(datalists.push(id, ''), { code: 'TOO_LARGE' })
  t.equal((await datalists.get(id)).length, 3)
})

t.test('deployments that do not have the service have no list', async t => {
  const { registry, datalists } = await setUp()
  const plain = deploymentOn(deviceAt(1))
  await registry.deployments.insert(plain)
  for (const id of [plain.id, newId(), 'x', '__proto__']) {
    await t.rejects(datalists.push(id, 'a'), { code: 'MISSING' })
    await t.rejects(datalists.get(id), { code: 'MISSING' })
    await t.rejects(datalists.clear(id), { code: 'MISSING' })
  }
  for (const document of [undefined, null, 1, {}, { deploymentId: 7 }, { deploymentId: newId(), instructions: null }, Object.values(plain.nodes)[0]]) {
    await t.rejects(datalists.deploy(document), { code: 'REQUEST' })
  }
  await t.rejects(datalists.deploy({ deploymentId: newId(), instructions: { modules: { [datalistName]: {} } } }), { code: 'MISSING' })
})

t.test('addresses of lists are known', async t => {
  const { datalists } = await setUp()
  const id = newId()
  t.equal(datalists.ownerOf(new URL(`http://tutti.test:8080/${id}/modules/core:Datalist/get`)), id)
  t.equal(datalists.ownerOf(new URL(`http://tutti.test:8080/${id}/modules/core%3ADatalist/get?x`)), id)
  for (const url of [`http://tutti.test/${id}/modules/core:Datalist/get`, `http://tutti.test:8080/${id}/modules/core:Datalist/push`, 'http://tutti.test:8080/']) t.equal(datalists.ownerOf(new URL(url)), undefined, url)
})

t.test('the service is a module, which keeps its id over restarts', async t => {
  const { registry } = await setUp()
  const [first] = await ensureCoreModules(registry, 1000)
  const [again] = await ensureCoreModules(registry, 2000)
  t.equal(await registry.modules.count(), 1)
  t.strictSame([again!.id, again!.createdAt], [first!.id, 1000])
  t.match(first, { name: 'core:Datalist', isCore: true })
  const { functions, analysis, wasm } = currentVersion(coreModules()[0]!)
  t.strictSame(Object.entries(functions!).map(([name, { method }]) => `${method} ${name}`), ['put push', 'get get', 'delete delete', 'post _wasmiot_init'])
  t.strictSame(analysis.exports.map(({ name }) => name), Object.keys(functions!))
  t.equal(wasm.size, 0)
})
