// Devices are brought to what deployments want, and kept there.
import t from 'tap'
import type { Deployment } from '../../../../lib/devices/deployment.ts'
import { isReadyNow, prepare } from './surroundings.ts'

const soon = () => AbortSignal.timeout(20_000)
const placesOf = (deployment: Deployment | undefined) => deployment?.sequence.map(({ device }) => device)

t.test('each device is told its document once, and the deployment is ready when all have taken it', async t => {
  const { deployments, manifest, simulated, named, told } = await prepare(t)
  const { id } = await deployments.create(manifest('chain', 'one on a', 'two on b'))
  t.strictSame(simulated('a').told, [], 'nobody is told before it is wanted')
  await deployments.deploy(id)
  const settled = await deployments.settled(id, soon())
  t.ok(isReadyNow(settled))
  t.strictSame(simulated('a').told, [`deploy ${id}`])
  t.strictSame(simulated('b').told, [`deploy ${id}`])
  t.match(settled?.rollouts[named('a')]?.answer, { status: 200, data: { status: 'success' } })
  t.strictSame(simulated('a').holds.get(id), settled?.nodes[named('a')])
  t.strictSame((await told(id)).sort(), ['DeploymentCreated', 'DeploymentReady', 'DeploymentWanted'], 'and people are told of what changed, once')
})

t.test('a deployment that is deployed again is told again, and one that is stopped is forgotten and kept', async t => {
  const { deployments, manifest, simulated } = await prepare(t)
  const { id } = await deployments.create(manifest('again', 'one on a'))
  await deployments.deploy('again')
  await deployments.settled(id, soon())
  await deployments.deploy(id)
  t.ok(isReadyNow(await deployments.settled(id, soon())))
  t.strictSame(simulated('a').told, [`deploy ${id}`, `deploy ${id}`])
  await deployments.stop(id)
  const stopped = await deployments.settled(id, soon())
  t.match(stopped, { isWanted: false, rollouts: {} })
  t.equal(simulated('a').holds.size, 0)
  t.equal((await deployments.get('again')).id, id)
})

t.test('F28: a device that is offline when a deployment is pushed is told when it comes back', async t => {
  const { deployments, manifest, simulated, named, see, until } = await prepare(t, { names: ['a'] })
  const { id } = await deployments.create(manifest('later', 'one on a'))
  simulated('a').behaviour = 'unreachable'
  await see('a', { state: 'offline' })
  await deployments.deploy(id)
  const settled = await deployments.settled(id, soon())
  t.notOk(isReadyNow(settled))
  t.strictSame(simulated('a').told, [], 'nobody knocks at a door that is known to be shut')
  simulated('a').behaviour = 'well'
  await see('a', { state: 'online', sessions: 2 })
  const ready = await until(id, isReadyNow)
  t.strictSame(placesOf(ready), [named('a')])
  t.strictSame(simulated('a').told, [`deploy ${id}`])
})

t.test('F28: a device that does not answer is asked again with pauses, and delays no other', async t => {
  const { deployments, manifest, simulated, named, until } = await prepare(t)
  simulated('b').behaviour = 'hangs'
  const { id } = await deployments.create(manifest('slow', 'one on a', 'two on b'))
  await deployments.deploy(id)
  await until(id, deployment => deployment?.rollouts[named('a')]?.state === 'ready' && deployment.rollouts[named('b')]?.state === 'pending')
  const settled = await deployments.settled(id, soon())
  t.match(settled?.rollouts[named('b')], { state: 'failed', answer: { status: undefined } })
  simulated('b').behaviour = 'well'
  await until(id, isReadyNow)
  t.equal(simulated('a').told.length, 1, 'who has it is not told again')
})

t.test('F28: a device that finds wrong bytes answers 500, which is kept, and it is asked again later', async t => {
  const { deployments, manifest, simulated, named, until, told } = await prepare(t)
  simulated('a').behaviour = 'refuses'
  const { id } = await deployments.create(manifest('wrong', 'one on a'))
  await deployments.deploy(id)
  const settled = await deployments.settled(id, soon())
  t.match(settled?.rollouts[named('a')], { state: 'failed', answer: { status: 500, data: { error: 'the digest is wrong' } } })
  t.notOk(isReadyNow(settled))
  await until(id, deployment => (deployment?.rollouts[named('a')]?.attempts ?? 0) >= 3)
  t.equal((await told(id)).filter(reason => reason === 'DeviceFailed').length, 1, 'people hear of it once')
  simulated('a').behaviour = 'well'
  t.match(await until(id, isReadyNow), { rollouts: { [named('a')]: { state: 'ready', attempts: 0 } } })
})

t.test('F28: a device that dies in the middle of a deployment is left alone, and its steps go to the failover', async t => {
  const { deployments, manifest, simulated, named, see, until, told } = await prepare(t, { timeout: 60_000 })
  simulated('a').behaviour = 'hangs'
  const { id } = await deployments.create(manifest('dies', 'one on a or c b'))
  await deployments.deploy(id)
  await until(id, () => simulated('a').told.length === 1)
  await see('a', { state: 'offline' })
  const moved = await until(id, isReadyNow)
  t.strictSame(placesOf(moved), [named('c')], 'the first failover that is usable')
  t.match(moved, { isInFailover: true, goal: [named('a')] })
  t.ok((await told(id)).includes('FailedOver'))

  simulated('a').behaviour = 'well'
  await see('a', { state: 'online', sessions: 2 })
  const back = await until(id, deployment => isReadyNow(deployment) && deployment?.isInFailover === false && Object.keys(deployment.rollouts).length === 1)
  t.strictSame(placesOf(back), [named('a')])
  t.strictSame(simulated('c').told, [`deploy ${id}`, `forget ${id}`])
})

t.test('C11: steps that were placed by the server move too, several of them, and all return', async t => {
  const { deployments, manifest, simulated, named, see, until } = await prepare(t)
  const { id } = await deployments.create(manifest('auto', 'one', 'two', 'one on b'))
  await deployments.deploy(id)
  t.strictSame(placesOf(await deployments.settled(id, soon())), [named('a'), named('a'), named('b')])
  await see('a', { blacklisted: { reason: 'by hand', since: 1 } })
  const moved = await until(id, deployment => deployment?.isInFailover === true && isReadyNow(deployment) && Object.keys(deployment.rollouts).length === 1)
  t.strictSame(placesOf(moved), [named('b'), named('b'), named('b')])
  t.equal(simulated('a').holds.size, 0, 'a device that is blacklisted forgets what it had')
  await see('a', { blacklisted: undefined })
  const back = await until(id, deployment => deployment?.isInFailover === false && isReadyNow(deployment))
  t.strictSame(placesOf(back), [named('a'), named('a'), named('b')])
})

t.test('what a device had is forgotten only once its successor is ready', async t => {
  const { deployments, manifest, simulated, named, until } = await prepare(t)
  const { id } = await deployments.create(manifest('moves', 'one on a'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  simulated('b').behaviour = 'refuses'
  await deployments.replace(id, manifest('moves', 'one on b'))
  const between = await until(id, deployment => (deployment?.rollouts[named('b')]?.attempts ?? 0) >= 2)
  t.match(between?.rollouts[named('a')], { state: 'removing' })
  t.ok(simulated('a').holds.has(id), 'it still has it')
  simulated('b').behaviour = 'well'
  await until(id, deployment => isReadyNow(deployment) && deployment?.rollouts[named('a')] === undefined)
  t.notOk(simulated('a').holds.has(id))
})

t.test('F28: a device with another address: all that call it are told', async t => {
  const { deployments, manifest, simulated, see, until } = await prepare(t)
  const { id } = await deployments.create(manifest('moved', 'one on a', 'two on b', 'one on c'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await see('b', { addresses: ['127.0.0.9'], sessions: 2 })
  await until(id, deployment => isReadyNow(deployment) && simulated('b').told.length === 2 && simulated('a').told.length === 2)
  t.match(JSON.stringify(simulated('a').holds.get(id)), /127\.0\.0\.9/)
  t.equal(simulated('c').told.length, 1, 'whom it does not concern is not told')
})

t.test('a device that was away for a moment, or says that it holds nothing, is told again', async t => {
  const { deployments, manifest, simulated, see, until } = await prepare(t)
  const { id } = await deployments.create(manifest('restarted', 'one on a'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  simulated('a').holds.clear()
  await see('a', { sessions: 2 })
  await until(id, deployment => isReadyNow(deployment) && simulated('a').holds.size === 1)
  simulated('a').holds.clear()
  await see('a', { deployments: [], health: { report: {}, time: Date.now() + 60_000 } })
  await until(id, () => simulated('a').holds.size === 1)
  await see('a', { deployments: [id] })
  t.ok(isReadyNow(await until(id, isReadyNow)))
})

t.test('C14: another version of a module reaches the devices that have it', async t => {
  const { deployments, manifest, simulated, registry, named, until } = await prepare(t)
  const { id } = await deployments.create(manifest('new version', 'two on b', 'one on a'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await registry.modules.update(named('one'), module => ({ ...module, version: 2, versions: [...module.versions, ...module.versions.map(version => ({ ...version, version: 2 }))] }))
  await deployments.moduleChanged(named('one'))
  const replaced = await until(id, deployment => isReadyNow(deployment) && deployment?.sequence[1]?.version === 2)
  t.equal(replaced?.sequence[0]?.version, 1)
  t.match(JSON.stringify(simulated('a').holds.get(id)), /version 2/)
})

t.test('C19: a deployment that is removed is forgotten by its devices first, also by one that is away', async t => {
  const { deployments, manifest, simulated, registry, see, until } = await prepare(t)
  const { id } = await deployments.create(manifest('goes', 'one on a', 'two on b'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await registry.datalists.insert({ id, deployment: id, values: [1] })
  await see('b', { state: 'offline' })
  await deployments.remove(id)
  await until(id, () => simulated('a').holds.size === 0)
  t.match(await deployments.get(id), { isLeaving: true })
  await t.rejects(deployments.deploy(id), { code: 'CONFLICT' })
  await see('b', { state: 'online', sessions: 2 })
  await until(id, deployment => deployment === undefined)
  t.equal(simulated('b').holds.size, 0)
  t.equal(await registry.datalists.count(), 0, 'its list goes with it')
})

t.test('a deployment that is removed waits for no device that is gone for good', async t => {
  const { deployments, manifest, registry, reconciler, devices, until } = await prepare(t, { names: ['a', 'b'], patience: 300 })
  const [a] = devices
  const { id } = await deployments.create(manifest('unknown', 'one on a'))
  const other = await deployments.create(manifest('away', 'one on b'))
  for (const each of [id, other.id]) await deployments.deploy(each)
  for (const each of [id, other.id]) await deployments.settled(each, soon())
  await registry.devices.update(devices[1]?.id ?? '', device => ({ ...device, state: 'offline' }))
  await deployments.remove(other.id)
  await until(other.id, deployment => deployment === undefined)
  if (a === undefined) throw new Error('no device')
  await registry.devices.remove(a.id)
  reconciler.deviceChanged(a, true)
  await deployments.remove(id)
  await until(id, deployment => deployment === undefined)
  t.equal(await registry.deployments.count(), 0)
})

t.test('a deployment without a place says so, and takes the first that there is', async t => {
  const { deployments, manifest, named, see, until, told } = await prepare(t, { names: ['a'] })
  const { id } = await deployments.create(manifest('homeless', 'one'))
  await see('a', { state: 'offline' })
  await deployments.deploy(id)
  const lost = await until(id, deployment => deployment?.conditions.some(({ type, status }) => type === 'Placed' && !status) ?? false)
  t.match(lost, { rollouts: { [named('a')]: { state: 'failed', answer: { data: 'The device is offline' } } }, conditions: [{ type: 'Placed', status: false, reason: 'step 1 has no device' }, { type: 'Ready', status: false }, { type: 'InFailover', status: false }, { type: 'RiskAccepted' }] })
  await see('a', { state: 'online', sessions: 2 })
  t.strictSame(placesOf(await until(id, isReadyNow)), [named('a')])
  const reasons = await told(id)
  t.equal(reasons.filter(reason => reason === 'PlacementFailed').length, 1)
})

t.test('steps return only once their device has been online for a while', async t => {
  const { deployments, manifest, named, see, until } = await prepare(t, { settling: 400 })
  const { id } = await deployments.create(manifest('patient', 'one on a or b'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await see('a', { state: 'offline' })
  await until(id, deployment => deployment?.isInFailover === true && isReadyNow(deployment))
  const since = Date.now()
  await see('a', { state: 'online', sessions: 2, since })
  const back = await until(id, deployment => deployment?.isInFailover === false)
  t.strictSame(placesOf(back), [named('a')])
  t.ok((back?.updatedAt ?? 0) >= since + 400)
})

t.test('a server that was stopped in the middle carries on, and tells nobody twice', async t => {
  const first = await prepare(t, { timeout: 60_000 })
  const { deployments, manifest, simulated, registry, until } = first
  simulated('b').behaviour = 'hangs'
  const { id } = await deployments.create(manifest('half', 'one on a', 'two on b'))
  await deployments.deploy(id)
  await until(id, deployment => deployment?.rollouts[first.named('a')]?.state === 'ready' && simulated('b').told.length === 1)
  const second = await prepare(t, { registry: registry.join(), share: first })
  simulated('b').behaviour = 'well'
  await first.leader.close()
  t.ok(isReadyNow(await second.deployments.settled(id, soon())), 'the next that leads does the rest')
  t.equal(simulated('a').told.length, 1)
})

t.test('two that lead for a moment do no harm', async t => {
  const first = await prepare(t)
  const second = await prepare(t, { registry: first.registry.join(), share: first })
  second.reconciler.lead(true)
  const made = await Promise.all(['x', 'y', 'z'].map(async name => await first.deployments.create(first.manifest(name, 'one on a or b', 'two on b or c'))))
  for (const { id } of made) await first.deployments.deploy(id)
  await first.see('a', { state: 'offline' })
  await second.see('a', { state: 'offline' })
  for (const { id } of made) {
    const deployment = await first.until(id, deployment => isReadyNow(deployment) && deployment?.isInFailover === true)
    t.strictSame(placesOf(deployment), [first.named('b'), first.named('b')])
    t.strictSame(first.simulated('b').holds.get(id), deployment?.nodes[first.named('b')])
  }
})

t.test('a registry that is away for a moment stops nothing for good', async t => {
  const { deployments, manifest, registry, simulated, reconciler, until } = await prepare(t)
  const { id } = await deployments.create(manifest('steady', 'one on a'))
  await deployments.deploy(id)
  registry.isDown = true
  await t.rejects(deployments.deploy(id), { code: 'UNAVAILABLE' })
  reconciler.wake(id)
  await new Promise(setImmediate)
  registry.isDown = false
  await until(id, isReadyNow)
  t.ok(simulated('a').holds.has(id))
})

t.test('core services are told within the server', async t => {
  const told: string[] = []
  const { deployments, manifest, simulated } = await prepare(t, {
    names: ['orchestrator'],
    self: {
      deploy: async ({ deploymentId }) => {
        told.push(`deploy ${deploymentId}`)
        return { status: 200, data: { status: 'ok' }, time: Date.now() }
      },
      undeploy: async id => {
        told.push(`forget ${id}`)
        return { status: 200, data: {}, time: Date.now() }
      }
    }
  })
  const { id } = await deployments.create(manifest('core', 'one'))
  await deployments.deploy(id)
  await deployments.settled(id, soon())
  await deployments.stop(id)
  await deployments.settled(id, soon())
  t.strictSame(told, [`deploy ${id}`, `forget ${id}`])
  t.strictSame(simulated('orchestrator').told, [])
})
