// Discovery on a real network: multicast on loopback, in the namespace that test/engines/inside.ts runs in.
import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { createAddressPolicy } from '../../lib/devices/address-policy.ts'
import type { Device } from '../../lib/devices/device.ts'
import { createBrowser } from '../../lib/devices/discovery/browser.ts'
import { openMulticast } from '../../lib/devices/discovery/multicast.ts'
import type { Proposal } from '../../lib/devices/discovery/proposal.ts'
import { createDeviceClient } from '../../lib/devices/http-client.ts'
import { createDeviceWatch } from '../../lib/devices/watch.ts'
import { startDevice } from '../lib/devices/device-server.ts'
import { announce } from '../lib/devices/memory-network.ts'
import { openTestRegistry } from '../lib/devices/test-registry.ts'
import { run } from './command.ts'

await run('ip', ['link', 'set', 'lo', 'multicast', 'on'])
await run('ip', ['route', 'replace', '224.0.0.0/4', 'dev', 'lo'])

t.test('a supervisor on the network is found, followed and looked at when it takes its leave; and this server is found by others', async t => {
  const policy = createAddressPolicy({ isLoopbackAllowed: true })
  const [registry, client, transport, peer] = [await openTestRegistry(t), createDeviceClient({ policy }), await openMulticast(), await openMulticast()]
  const told = new EventEmitter<{ change: [Device, boolean], proposal: [Proposal] }>()
  const watch = createDeviceWatch({ registry, client, policy, transport, base: 'http://127.0.0.1:3000', events: { record () {} }, max: 100, interval: 15_000, threshold: 5, timeout: 5000, settling: 200 })
  t.teardown(async () => {
    await watch.close()
    await transport.close()
    await peer.close()
    await client.close()
  })
  watch.onChange((device, isGone) => told.emit('change', device, isGone))
  const until = async (isMeant: (device: Device) => boolean): Promise<Device> => {
    for (;;) {
      const change = once(told, 'change')
      const [device] = await registry.devices.list({ name: 'Kitchen Pi' })
      if (device !== undefined && isMeant(device)) return device
      await change
    }
  }
  const device = await startDevice(t)
  await watch.lead(true)
  announce(peer, { name: 'Kitchen Pi', port: device.port, addresses: ['127.0.0.1'] })
  const found = await until(({ state }) => state === 'online')
  t.match(found, { origin: 'mdns', addresses: ['127.0.0.1'], port: device.port, sessions: 1 })

  announce(peer, { name: 'Kitchen Pi', port: device.port, addresses: ['127.0.0.1', '127.0.0.2'] })
  t.strictSame((await until(({ addresses }) => addresses.length === 2)).addresses, ['127.0.0.1', '127.0.0.2'])

  await device.stop()
  announce(peer, { name: 'Kitchen Pi', port: device.port, addresses: ['127.0.0.1', '127.0.0.2'], ttl: 0 })
  t.match(await until(({ state }) => state === 'suspect'), { failedChecks: 1 }, 'long before the next probe was due')

  const { promise: self, resolve } = Promise.withResolvers<Proposal>()
  const browser = createBrowser({ transport: peer, most: 100, onProposal: proposal => { if (proposal.name === 'orchestrator') resolve(proposal) }, onGoodbye: name => { if (name === 'orchestrator') gone.resolve() } })
  const gone = Promise.withResolvers<void>()
  t.teardown(() => browser.close())
  t.match(await self, { addresses: ['127.0.0.1'], port: 3000, tls: false }, 'it answers who asks')
  await watch.close()
  await gone.promise
})

t.test('what cannot be sent does no harm', async t => {
  const transport = await openMulticast()
  transport.query([{ name: 'x'.repeat(300), type: 'A' }, { name: `${'ü'.repeat(40)}.local`, type: 'A' }, { name: 'a..b', type: 'A' }])
  transport.query([{ name: 'somebody.local', type: 'A' }], [{ name: '_webthing._tcp.local', type: 'PTR', ttl: 10, data: `${'x'.repeat(64)}._webthing._tcp.local` }])
  await transport.close()
  t.pass('closed')
})

t.test('a port that somebody else has for himself is told, and left', async t => {
  const other = createSocket('udp4')
  other.bind(5353)
  await once(other, 'listening')
  t.teardown(() => new Promise<void>(resolve => other.close(resolve)))
  await t.rejects(openMulticast(), { code: 'EADDRINUSE' })
})
