import { EventEmitter, once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { createAddressPolicy } from '../../../lib/devices/address-policy.ts'
import type { Device } from '../../../lib/devices/device.ts'
import { createDeviceClient } from '../../../lib/devices/http-client.ts'
import type { Registry } from '../../../lib/devices/registry.ts'
import { createDeviceWatch } from '../../../lib/devices/watch.ts'
import type { DeviceWatchOptions } from '../../../lib/devices/watch.ts'
import { description, sendJson, startDevice } from './device-server.ts'
import type { DeviceServer } from './device-server.ts'
import { announce, createNetwork } from './memory-network.ts'
import { openTestRegistry } from './test-registry.ts'

const policy = createAddressPolicy({ isLoopbackAllowed: true })
const base = 'http://127.0.0.1:3000'

interface Happening { reason: string, subjectId: string, message: string }

/** A watch that leads, with its registry, a network for multicast DNS, and what it tells. */
async function openWatch (t: Test, options: Partial<DeviceWatchOptions> = {}, given?: Registry) {
  const registry = given ?? await openTestRegistry(t)
  const network = createNetwork()
  const client = createDeviceClient({ policy, probeTimeout: 1000, timeout: 1000 })
  const told = new EventEmitter<{ change: [Device, boolean], event: [Happening] }>().setMaxListeners(100)
  const happenings: Happening[] = []
  const watch = createDeviceWatch({
    registry,
    client,
    policy,
    transport: network.join(),
    base,
    events: {
      record (event) {
        happenings.push(event)
        told.emit('event', event)
      }
    },
    max: 100,
    interval: 100,
    threshold: 4,
    timeout: 1000,
    settling: 5,
    firstPause: 20,
    addresses: () => ['127.0.0.1'],
    ...options
  })
  watch.onChange((device, isGone) => told.emit('change', device, isGone))
  t.teardown(async () => {
    await watch.close()
    await client.close()
  })
  await watch.lead(true)
  const named = async (name: string) => (await registry.devices.list({ name }))[0]
  return {
    registry,
    network,
    peer: network.join(),
    watch,
    happenings,
    named,
    /** Resolves once the device is as it is meant to be. */
    async until (name: string, isMeant: (device: Device) => boolean): Promise<Device> {
      for (;;) {
        const change = once(told, 'change')
        const device = await named(name)
        if (device !== undefined && isMeant(device)) return device
        await change
      }
    },
    /** Resolves once something has happened. */
    async happened (reason: string): Promise<Happening> {
      for (;;) {
        const event = once(told, 'event')
        const found = happenings.find(each => each.reason === reason)
        if (found !== undefined) return found
        await event
      }
    }
  }
}

const isIn = (state: Device['state']) => (device: Device) => device.state === state

t.test('a device that announces itself is online once it has described itself and told its health', async t => {
  const device = await startDevice(t)
  const { peer, until, happenings, watch } = await openWatch(t)
  announce(peer, { name: 'pi', port: device.port, addresses: ['127.0.0.1'] })
  const found = await until('pi', isIn('online'))
  t.match(found, { origin: 'mdns', description, addresses: ['127.0.0.1'], port: device.port, tls: false, sessions: 1, health: { report: { cpuUsage: 12.5, memoryUsage: 0.25 } }, blacklisted: undefined })
  t.equal(found.statusLog.at(-1)?.status, 'online')
  t.equal(device.isRegistered, true, 'it has been told of this server')
  t.match(device.requests.find(({ url }) => url === '/register'), { body: JSON.stringify({ url: base }) })
  t.strictSame(happenings.map(({ reason }) => reason), ['DeviceFound', 'DeviceOnline'])
  t.match(watch.numbers(), { isLeading: true, devices: 1, online: 1, suspect: 0, offline: 0 })
})

t.test('a device that is registered is kept before it was reached, with what is not said made up for', async t => {
  const device = await startDevice(t)
  const { watch, named, until } = await openWatch(t)
  await watch.register({ host: 'pi.local', port: device.port, properties: { path: '/', tls: '0' } }, '::ffff:127.0.0.1')
  t.match(await named('pi.local'), { origin: 'registered', addresses: ['127.0.0.1'], port: device.port })
  await until('pi.local', isIn('online'))
  await watch.register({}, '127.0.0.9')
  t.match(await named('127.0.0.9'), { addresses: ['127.0.0.9'], port: 5000, state: 'suspect' })
})

t.test('what cannot be a device is not registered', async t => {
  const { watch, registry } = await openWatch(t, { max: 2 })
  await t.rejects(watch.register({ name: 'metadata', addresses: ['169.254.169.254'] }, '127.0.0.1'), { code: 'ADDRESS_REFUSED' })
  await t.rejects(watch.register({ name: 'far', addresses: ['8.8.8.8', '::ffff:127.0.0.1'] }, '127.0.0.1'), { code: 'ADDRESS_REFUSED' })
  await t.rejects(watch.register({ name: 'far', addresses: ['127.0.0.1'], port: 70_000 }, '127.0.0.1'), { code: 'REQUEST' })
  await t.rejects(watch.register({ name: '\u0000' }, '127.0.0.1'), { code: 'REQUEST' })
  await t.rejects(watch.register({ addresses: ['localhost'] }, '127.0.0.1'), { code: 'REQUEST' })
  t.equal(await registry.devices.count(), 1, 'this server alone')
  await watch.register({ name: 'one' }, '127.0.0.1')
  await t.rejects(watch.register({ name: 'two' }, '127.0.0.1'), { code: 'TOO_LARGE' })
})

t.test('this server is a device itself, and is never probed', async t => {
  const { named, watch, peer } = await openWatch(t)
  announce(peer, { name: 'orchestrator', port: 1, addresses: ['127.0.0.9'] })
  await watch.register({ name: 'orchestrator', port: 2 }, '127.0.0.1')
  t.match(await named('orchestrator'), { origin: 'self', state: 'online', addresses: ['127.0.0.1'], port: 3000 })
  t.equal(watch.numbers().devices, 0)
})

t.test('F28: a device that is killed is suspect at once, offline after as many probes as are set, and back after two', async t => {
  const device = await startDevice(t)
  const { watch, until, happened } = await openWatch(t, { interval: 200 })
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  const killedAt = performance.now()
  await device.stop()
  t.match(await until('pi', isIn('suspect')), { failedChecks: 1, reason: /could not be asked/ })
  const lost = await until('pi', isIn('offline'))
  t.comment(`offline after ${(performance.now() - killedAt).toFixed()} ms of ${4 * 200}`)
  t.match(lost, { failedChecks: 4, sessions: 1 })
  await happened('DeviceOffline')
  await device.start()
  const back = await until('pi', isIn('online'))
  t.match(back, { sessions: 2, okChecks: 2 })
  const log = back.statusLog.map(({ status }) => status)
  t.strictSame([log[0], log[1], log[2], log.at(-1)], ['online', 'offline', 'suspect', 'online'])
})

t.test('F28: a goodbye deletes nobody: the device is looked at, and stays as long as it answers', async t => {
  const device = await startDevice(t)
  const { peer, until, named } = await openWatch(t, { interval: 2000 })
  const pi = { name: 'pi', port: device.port, addresses: ['127.0.0.1'] }
  announce(peer, pi)
  await until('pi', isIn('online'))
  const probed = device.requests.length
  const asked = device.asked('/health')
  announce(peer, { ...pi, ttl: 0 })
  await asked
  t.ok(device.requests.length > probed)
  t.match(await named('pi'), { state: 'online' })
  await device.stop()
  announce(peer, pi)
  announce(peer, { ...pi, ttl: 0 })
  t.match(await until('pi', isIn('suspect')), { failedChecks: 1 }, 'long before the next probe was due')
})

t.test('F28: a goodbye that is lost changes nothing: health alone says that a device is gone', async t => {
  const device = await startDevice(t)
  const { peer, until } = await openWatch(t)
  announce(peer, { name: 'pi', port: device.port, addresses: ['127.0.0.1'], ttl: 4500 })
  await until('pi', isIn('online'))
  await device.stop()
  await until('pi', isIn('offline'))
})

t.test('F28: a device that multicast DNS names, but that is dead, is not kept', async t => {
  const device = await startDevice(t)
  await device.stop()
  const { peer, network, watch, registry, happenings } = await openWatch(t, { interval: 20 })
  announce(peer, { name: 'ghost', port: device.port, addresses: ['127.0.0.1'] })
  await network.find(({ records }) => records.length > 0)
  await watch.register({ name: 'registered ghost', port: device.port }, '127.0.0.1')
  const dropped = new Promise<void>(resolve => watch.onChange((each, isGone) => { if (isGone && each.name === 'registered ghost') resolve() }))
  await dropped
  t.strictSame((await registry.devices.list()).map(({ name }) => name), ['orchestrator'])
  t.strictSame(happenings.map(({ reason }) => reason), ['DeviceFound', 'DeviceDropped'])
})

t.test('F28: a host that answers as something else does not become a device', async t => {
  const device = await startDevice(t)
  device.answers['/.well-known/wasmiot-device-description'] = response => response.end('<h1>Printer</h1>')
  const { watch, until, named } = await openWatch(t)
  await watch.register({ name: 'printer', port: device.port }, '127.0.0.1')
  await until('printer', ({ failedChecks }) => failedChecks > 0)
  t.match(await named('printer'), { state: 'suspect', reason: /does not describe itself/, sessions: 0 })
})

t.test('F28: a device that answers with 500 is not well', async t => {
  const device = await startDevice(t)
  const { watch, until } = await openWatch(t)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  device.answers['/health'] = response => sendJson(response, {}, 500)
  t.match(await until('pi', isIn('offline')), { reason: 'The device answered 500.' })
})

t.test('F28: one device that hangs delays no other, and is offline in the end', async t => {
  const [hanging, quick] = [await startDevice(t), await startDevice(t)]
  const { watch, until } = await openWatch(t, { interval: 100, timeout: 300 })
  await watch.register({ name: 'hanging', port: hanging.port }, '127.0.0.1')
  await watch.register({ name: 'quick', port: quick.port }, '127.0.0.1')
  await Promise.all([until('hanging', isIn('online')), until('quick', isIn('online'))])
  hanging.answers['/health'] = () => {}
  const before = quick.requests.length
  await until('hanging', isIn('suspect'))
  // It takes a second for each probe; the other one is asked ten times as often meanwhile.
  await until('hanging', ({ failedChecks }) => failedChecks >= 1)
  t.ok(quick.requests.length - before >= 2, `${quick.requests.length - before} probes of the other one`)
  t.match(await until('quick', isIn('online')), { failedChecks: 0, sessions: 1 })
})

t.test('F28: never online without a probe in the last two intervals', async t => {
  const device = await startDevice(t)
  const { watch, until, registry } = await openWatch(t, { interval: 150 })
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  device.answers['/health'] = () => {}
  const before = performance.now()
  const lost = await until('pi', isIn('suspect'))
  t.match(lost, { failedChecks: 0, reason: /not been probed/ }, 'suspect before the probe that hangs has run out')
  t.ok(performance.now() - before < 1000)

  // A server that was away believes nothing that it wrote before.
  await watch.close()
  await registry.devices.update(lost.id, each => ({ ...each, state: 'online', lastSeen: Date.now() - 301 }))
  const next = createDeviceWatch({ registry, client: createDeviceClient({ policy }), policy, base, events: { record () {} }, max: 10, interval: 150, threshold: 3, timeout: 1000, addresses: () => ['127.0.0.1'] })
  t.teardown(() => next.close())
  await next.lead(true)
  t.match(await registry.devices.get(lost.id), { state: 'suspect' })
})

t.test('F28: a device that has another address is followed', async t => {
  const first = await startDevice(t)
  const { peer, until, happened } = await openWatch(t)
  announce(peer, { name: 'pi', port: first.port, addresses: ['127.0.0.1'] })
  await until('pi', isIn('online'))
  // It has said that it knows this server.
  await first.asked('/health', 2)
  await first.stop()
  const second = await startDevice(t, { host: '127.0.0.2', port: first.port })
  announce(peer, { name: 'pi', port: second.port, addresses: ['127.0.0.2'] })
  t.match(await until('pi', each => each.addresses[0] === '127.0.0.2' && each.state === 'online' && each.sessions > 1), { addresses: ['127.0.0.2'] })
  await happened('AddressChanged')
})

t.test('further addresses are taken over, and the first one stays first', async t => {
  const device = await startDevice(t)
  const { peer, until } = await openWatch(t)
  announce(peer, { name: 'pi', port: device.port, addresses: ['127.0.0.1'] })
  const before = await until('pi', isIn('online'))
  announce(peer, { name: 'pi', port: device.port, addresses: ['127.0.0.9', '127.0.0.1'] })
  const after = await until('pi', each => each.addresses.length > 1)
  t.strictSame(after.addresses, ['127.0.0.1', '127.0.0.9'])
  t.equal(after.sessions, before.sessions, 'it has not been away')
})

t.test('F28: two devices of one name: the first one keeps it as long as it answers, then the other has it', async t => {
  const [first, second] = [await startDevice(t), await startDevice(t, { host: '127.0.0.2' })]
  const { peer, watch, until, happened, named, happenings } = await openWatch(t)
  announce(peer, { name: 'pi', port: first.port, addresses: ['127.0.0.1'] })
  await until('pi', isIn('online'))
  announce(peer, { name: 'pi', port: second.port, addresses: ['127.0.0.2'] })
  t.match(await happened('NameRefused'), { message: /another name/ })
  await watch.register({ name: 'pi', port: second.port, addresses: ['127.0.0.2'] }, '127.0.0.2')
  t.match(await named('pi'), { port: first.port, addresses: ['127.0.0.1'] })
  await first.stop()
  t.match(await until('pi', each => each.port === second.port && each.state === 'online'), { addresses: ['127.0.0.2'] })
  t.equal(happenings.filter(({ reason }) => reason === 'NameRefused').length, 1, 'told once')
})

t.test('F28: two devices that have changed places, and say their names, are followed at once', async t => {
  const [first, second] = [await startDevice(t), await startDevice(t, { host: '127.0.0.2' })]
  const { peer, until } = await openWatch(t)
  const say = (device: DeviceServer, name: string) => { device.answers['/.well-known/wasmiot-device-description'] = response => sendJson(response, { ...description, name }) }
  const tell = (device: DeviceServer, name: string) => announce(peer, { name, port: device.port, addresses: [device.host] })
  say(first, 'a')
  say(second, 'b')
  tell(first, 'a')
  tell(second, 'b')
  await Promise.all(['a', 'b'].map(name => until(name, isIn('online'))))
  say(first, 'b')
  say(second, 'a')
  tell(second, 'a')
  tell(first, 'b')
  t.match(await until('a', ({ port, state }) => port === second.port && state === 'online'), { addresses: ['127.0.0.2'] })
  t.match(await until('b', ({ port, state }) => port === first.port && state === 'online'), { port: first.port })
})

t.test('nobody moves a device to where nothing answers', async t => {
  const device = await startDevice(t)
  const { watch, until, named } = await openWatch(t)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  await watch.register({ name: 'pi', port: 9, addresses: ['127.0.0.5'] }, '127.0.0.5')
  await device.asked('/health', 4)
  t.match(await named('pi'), { port: device.port, sessions: 1 })
})

t.test('a device that has begun anew between two probes is noticed', async t => {
  const device = await startDevice(t)
  const { watch, until, happened } = await openWatch(t)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  await device.asked('/health', 2)
  device.isRegistered = false
  t.match(await until('pi', ({ sessions }) => sessions === 2), { state: 'online' })
  await happened('DeviceRestarted')
})

t.test('a device that never says that it knows this server is not taken for a new one each time', async t => {
  const device = await startDevice(t)
  device.answers['/health'] = response => sendJson(response, { cpuUsage: 1 })
  const { watch, until, named } = await openWatch(t, { interval: 40 })
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  await device.asked('/register', 4)
  t.match(await named('pi'), { sessions: 1 })
})

t.test('what a device says that it holds is known at once', async t => {
  const device = await startDevice(t)
  const { watch, until } = await openWatch(t)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  const id = '0123456789abcdef01234567'
  device.answers['/health'] = response => sendJson(response, { deployments: [id] }, 200, { 'custom-orchestrator-set': 'true' })
  t.strictSame((await until('pi', ({ deployments }) => deployments !== undefined)).deployments, [id])
})

t.test('devices are blacklisted, labelled and removed', async t => {
  const device = await startDevice(t)
  const { watch, until, named, registry } = await openWatch(t)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  const { id } = await until('pi', isIn('online'))
  t.match(await watch.blacklist(id, 'It smells.'), { blacklisted: { reason: 'It smells.' } })
  await watch.relabel(id, { zone: 'kitchen', 'tutti.example/size': 'small' })
  // Probes go on, and take nothing of it away.
  await device.asked('/health', 5)
  t.match(await named('pi'), { blacklisted: { reason: 'It smells.' }, labels: { zone: 'kitchen', 'tutti.example/size': 'small' } })
  t.match(await watch.unblacklist(id), { blacklisted: undefined })
  const entries = (await named('pi'))?.statusLog.filter(({ status }) => status.endsWith('blacklisted')).map(({ status, reason }) => [status, reason])
  t.strictSame(entries, [['unblacklisted', undefined], ['blacklisted', 'It smells.']])
  for (const labels of [{ __proto__: null, 'a b': 'x' }, { ok: 'x'.repeat(300) }, JSON.parse('{"__proto__":"x"}'), Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`l${index}`, '']))]) {
    await t.rejects(watch.relabel(id, labels), { code: 'REQUEST' })
  }
  for (const call of [watch.blacklist('f'.repeat(24)), watch.unblacklist('f'.repeat(24)), watch.relabel('f'.repeat(24), {})]) await t.rejects(call, { code: 'MISSING' })
  t.equal(await watch.remove(id), true)
  t.equal(await watch.remove(id), false)
  t.equal(watch.numbers().devices, 0)
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  t.equal(await watch.removeAll(), 2)
  t.strictSame((await registry.devices.list()).map(({ name }) => name), ['orchestrator'])
})

t.test('several servers: one probes, all answer, and each hears of what others change', async t => {
  const device = await startDevice(t)
  const leader = await openWatch(t)
  const { watch: follower } = await openWatch(t, { transport: undefined }, leader.registry)
  await follower.lead(false)
  t.equal(follower.numbers().isLeading, false)
  await follower.register({ name: 'pi', port: device.port }, '127.0.0.1')
  const { id } = await leader.until('pi', isIn('online'))
  await follower.relabel(id, { zone: 'a' })
  await follower.blacklist(id)
  await device.stop()
  t.match(await leader.until('pi', isIn('offline')), { labels: { zone: 'a' }, blacklisted: { reason: undefined } })
  const second = await startDevice(t, { host: '127.0.0.2' })
  await follower.register({ name: 'pi', port: second.port, addresses: ['127.0.0.2'] }, '127.0.0.2')
  t.match(await leader.until('pi', isIn('online')), { port: second.port, sessions: 2 })
  await leader.watch.lead(false)
  t.equal(leader.watch.numbers().devices, 0)
  await follower.lead(true)
  t.equal(follower.numbers().devices, 1)
  await follower.remove(id)
})

t.test('it announces this server, and takes that back in the end', async t => {
  const { network, watch } = await openWatch(t)
  t.match((await network.find(({ kind }) => kind === 'response')).records.find(({ type }) => type === 'SRV'), { name: 'orchestrator._webthing._tcp.local', data: { port: 3000 } })
  await network.find(({ kind }) => kind === 'query')
  let queries = network.packets.filter(({ kind }) => kind === 'query').length
  watch.reset()
  await network.find(({ kind }) => kind === 'query' && queries-- === 0)
  await watch.close()
  t.ok(network.packets.at(-1)?.records.every(({ ttl }) => ttl === 0))
})

t.test('a registry that cannot be written to for a while costs nothing but time', async t => {
  const device = await startDevice(t)
  const registry = await openTestRegistry(t)
  let isBroken = false
  const { update } = registry.devices
  const devices = {
    ...registry.devices,
    update: async (...given: Parameters<typeof update>) => {
      if (isBroken) throw new Error('The disk is full')
      return await update(...given)
    }
  }
  const { watch, until, named } = await openWatch(t, { interval: 200 }, { ...registry, devices })
  await watch.register({ name: 'pi', port: device.port }, '127.0.0.1')
  await until('pi', isIn('online'))
  isBroken = true
  await device.stop()
  while (watch.numbers().offline === 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.match(await named('pi'), { state: 'online' })
  t.ok(watch.numbers().failedWrites > 0)
  isBroken = false
  const log = (await until('pi', isIn('offline'))).statusLog.map(({ status }) => status)
  t.strictSame([log[0], log[1], log.at(-1)], ['offline', 'suspect', 'online'])
})

t.test('a server that cannot read its registry when it begins to lead goes on trying', async t => {
  const registry = await openTestRegistry(t)
  let failures = 1
  const { list } = registry.devices
  const devices = {
    ...registry.devices,
    list: async (...given: Parameters<typeof list>) => {
      if (failures-- > 0) throw new Error('The database is away')
      return await list(...given)
    }
  }
  const client = createDeviceClient({ policy })
  const watch = createDeviceWatch({ registry: { ...registry, devices }, client, policy, base, events: { record () {} }, max: 10, interval: 100, threshold: 3, timeout: 1000, addresses: () => ['127.0.0.1'] })
  t.teardown(async () => {
    await watch.close()
    await client.close()
  })
  const changed = Promise.withResolvers<Device>()
  watch.onChange(changed.resolve)
  await t.rejects(watch.lead(true), /away/)
  t.match(await changed.promise, { name: 'orchestrator' }, 'the second attempt keeps this server')
  await watch.lead(true)
  t.equal(watch.numbers().isLeading, true)
})
