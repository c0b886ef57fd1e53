// Deployments as people ask for them.
import t from 'tap'
import { newId } from '../../../lib/devices/id.ts'
import { isReadyNow, prepare } from './reconcile/surroundings.ts'

const soon = () => AbortSignal.timeout(20_000)

t.test('a manifest that is not whole is refused with the texts that clients know, and nothing is kept', async t => {
  const { deployments, registry, named } = await prepare(t)
  const step = { device: null, module: named('one'), func: 'run' }
  const refusals: Array<[unknown, string]> = [
    [undefined, 'manifest must have a name'],
    [[], 'manifest must have a name'],
    [{ sequence: [step] }, 'manifest must have a name'],
    [{ name: 'x' }, 'manifest must have a sequence of operations'],
    [{ name: 'x', sequence: 'run' }, 'manifest must have a sequence of operations'],
    [{ name: 'x', sequence: [] }, 'manifest must have a sequence of operations'],
    [{ name: 'x', sequence: [{ device: null, func: 'run' }] }, 'manifest node must have a module'],
    [{ name: 'x', sequence: [null] }, 'manifest node must have a module'],
    [{ name: 'x', sequence: [{ ...step, func: undefined }] }, 'manifest node must have a function']
  ]
  for (const [manifest, error] of refusals) {
    await t.rejects(deployments.create(manifest, { isLenient: true }), { code: 'REQUEST', details: { errorText: 'Failed validating manifest', error } }, `${error}: ${JSON.stringify(manifest)}`)
  }
  for (const [manifest, error] of [
    [{ name: 'x', sequence: [{ ...step, module: 'three' }] }, 'step 1: there is no module "three"'],
    [{ name: 'x', sequence: [step, { ...step, func: 'walk' }] }, 'step 2: module "one" exports no function "walk"'],
    [{ name: 'x', sequence: [{ ...step, func: 'undescribed' }] }, 'step 1: function "undescribed" of module "one" has not been described yet'],
    [{ name: 'x', sequence: [{ ...step, func: 'constructor' }] }, 'step 1: module "one" exports no function "constructor"'],
    [{ name: 'x', sequence: [{ ...step, module: 'nowhere' }] }, 'step 1 has no device']
  ] as const) {
    await t.rejects(deployments.create(manifest), { code: 'NO_PLACE', details: { errorText: 'Failed constructing solution for manifest', error } })
  }
  t.equal(await registry.deployments.count(), 0, 'C7: nothing stays behind')
  t.equal(await registry.certificates.count(), 0)
})

t.test('C6: members come in any order; modules and devices go by id or name, and the newest of a name is meant', async t => {
  const { deployments, registry, modules, named } = await prepare(t)
  const [one] = modules
  if (one === undefined) throw new Error('no module')
  await registry.modules.insert({ ...one, id: newId(Date.now() + 60_000), name: 'two' })
  const newest = (await registry.modules.list({ name: 'two', newestFirst: true }))[0]?.id
  const deployment = await deployments.create({ sequence: [{ failovers: [named('c'), null, named('b'), named('c')], func: 'run', module: 'two', device: 'b', labels: { room: 'lab' } }, { func: 'run', module: named('one') }], name: 'any order' })
  t.match(deployment, {
    steps: [{ device: named('b'), module: newest, failovers: [named('c')], labels: { room: 'lab' } }, { device: null, module: one.id }],
    sequence: [{ device: named('b') }, { device: named('a'), version: 1 }],
    goal: [named('b'), named('a')],
    isWanted: false,
    validationError: 'Deployment validation failed.'
  })
  t.match(await registry.deployments.get(deployment.id), { nodes: deployment.nodes }, 'C20: it is written when it is answered')
  t.match(await registry.certificates.list({ owner: deployment.id }), [{ valid: false }])
})

t.test('devices that are not known are refused, or left to the server as in the reference; those on the blacklist always are', async t => {
  const { deployments, named, see } = await prepare(t)
  const step = { device: newId(), module: 'one', func: 'run', failovers: [newId(), named('b')] }
  await t.rejects(deployments.create({ name: 'x', sequence: [step] }), { code: 'REQUEST' })
  await t.rejects(deployments.create({ name: 'x', sequence: [{ ...step, device: null }] }), { code: 'REQUEST' })
  t.match(await deployments.create({ name: 'x', sequence: [step] }, { isLenient: true }), { steps: [{ device: null, failovers: [named('b')] }], sequence: [{ device: named('b') }] })
  await see('b', { blacklisted: { reason: undefined, since: 1 } })
  await t.rejects(deployments.create({ name: 'x', sequence: [step] }, { isLenient: true }), { code: 'NO_PLACE', message: /blacklisted/ })
  await t.rejects(deployments.create({ name: 'x', sequence: [{ ...step, device: 'b', failovers: [] }] }), { code: 'NO_PLACE', message: /blacklisted/ })
})

t.test('a plan says what would be, and keeps nothing', async t => {
  const { deployments, manifest, registry, named } = await prepare(t)
  const plan = await deployments.plan(manifest('dry', 'one on b', 'two'))
  t.match(plan, { problem: '', sequence: [{ device: named('b') }, { device: named('a') }], decisions: [named('b'), named('a')], certificate: { valid: false } })
  t.strictSame(Object.keys(plan.nodes).sort(), [named('a'), named('b')].sort())
  t.match(await deployments.plan(manifest('dry', 'nowhere')), { sequence: undefined, problem: 'step 1 has no device', nodes: {} })
  t.equal(await registry.deployments.count() + await registry.certificates.count() + await registry.events.count(), 0)
})

t.test('C2: a deployment that is replaced keeps its id; devices are told of it where it is wanted', async t => {
  const { deployments, manifest, simulated, named } = await prepare(t)
  const { id } = await deployments.create(manifest('first', 'one on a'))
  t.match(await deployments.replace('first', manifest('second', 'one on b')), { id, name: 'second', isWanted: false, goal: [named('b')] })
  t.strictSame(simulated('b').told, [])
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await deployments.replace(id, manifest('third', 'one on b', 'two on b'))
  t.ok(isReadyNow(await deployments.settled(id, soon())))
  t.strictSame(simulated('b').told, [`deploy ${id}`, `deploy ${id}`])
  await t.rejects(deployments.replace(id, manifest('fourth', 'nowhere')), { code: 'NO_PLACE' })
  t.match(await deployments.get(id), { name: 'third', steps: { length: 2 } }, 'what cannot be placed changes nothing')
})

t.test('what is not there is missing, whatever is asked of it', async t => {
  const { deployments, manifest } = await prepare(t)
  for (const name of [newId(), 'nobody', '', '__proto__']) {
    await t.rejects(deployments.get(name), { code: 'MISSING' })
    await t.rejects(deployments.deploy(name), { code: 'MISSING' })
    await t.rejects(deployments.stop(name), { code: 'MISSING' })
    await t.rejects(deployments.remove(name), { code: 'MISSING' })
    await t.rejects(deployments.replace(name, manifest('x', 'one')), { code: 'MISSING' })
  }
})

t.test('a deployment that no device knows is gone at once; all of them go with one call', async t => {
  const { deployments, manifest, registry, simulated, until } = await prepare(t)
  const { id } = await deployments.create(manifest('never', 'one'))
  await deployments.remove(id)
  t.equal(await registry.deployments.count(), 0)
  const made = [await deployments.create(manifest('x', 'one on a')), await deployments.create(manifest('y', 'one on b'))]
  for (const { id } of made) await deployments.deploy(id)
  for (const { id } of made) await deployments.settled(id, soon())
  t.equal(await deployments.removeAll(), 2)
  for (const { id } of made) await until(id, deployment => deployment === undefined)
  t.equal(simulated('a').holds.size + simulated('b').holds.size, 0)
})

t.test('whoever waits in another process hears of it, and nobody waits longer than they like', async t => {
  const first = await prepare(t)
  const second = await prepare(t, { registry: first.registry.join(), share: first })
  const { id } = await second.deployments.create(second.manifest('elsewhere', 'one on a'))
  await second.deployments.deploy(id)
  t.ok(isReadyNow(await second.deployments.settled(id, soon())))
  first.simulated('a').behaviour = 'hangs'
  await second.deployments.deploy(id)
  t.notOk(isReadyNow(await second.deployments.settled(id, AbortSignal.timeout(20))))
  t.equal(await second.deployments.settled(newId(), soon()), undefined)
})

t.test('there is a bound to deployments', async t => {
  const { deployments, manifest, registry, named } = await prepare(t)
  await t.rejects(deployments.create({ name: 'x', sequence: Array.from({ length: 65 }, () => ({ module: 'one', func: 'run' })) }), { code: 'REQUEST' })
  await t.rejects(deployments.create({ name: 'x'.repeat(201), sequence: [{ module: 'one', func: 'run' }] }), { code: 'REQUEST' })
  await t.rejects(deployments.create({ name: 'x', sequence: [{ module: 'one', func: 'run', failovers: Array(33).fill(named('a')) }] }), { code: 'REQUEST' })
  await t.rejects(deployments.create({ name: 'x', sequence: [{ module: 'one', func: 'run', labels: JSON.parse('{"__proto__": "x"}') }] }), { code: 'REQUEST' })
  const { createDeployments } = await import('../../../lib/devices/deployments.ts')
  const { planner } = await import('./reconcile/surroundings.ts')
  const few = createDeployments({ registry, planner, reconciler: { wake () {}, settled: async () => undefined }, events: { record () {} }, max: 1 })
  await few.create(manifest('x', 'one'))
  await t.rejects(few.create(manifest('y', 'one')), { code: 'TOO_LARGE' })
  t.equal(await registry.deployments.count(), 1)
})
