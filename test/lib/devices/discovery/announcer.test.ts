import t from 'tap'
import { createAnnouncer, ownAddresses } from '../../../../lib/devices/discovery/announcer.ts'
import { createBrowser } from '../../../../lib/devices/discovery/browser.ts'
import { serviceType } from '../../../../lib/devices/discovery/mdns-transport.ts'
import type { MdnsPacket } from '../../../../lib/devices/discovery/mdns-transport.ts'
import type { Proposal } from '../../../../lib/devices/discovery/proposal.ts'
import { createNetwork } from '../memory-network.ts'

const own = { name: 'orchestrator', port: 3000, tls: false, addresses: () => ['10.0.0.1', 'fd00::1'], pause: 10 }
const isResponse = ({ kind }: MdnsPacket) => kind === 'response'

t.test('it announces itself twice, and takes it back in the end', async t => {
  const network = createNetwork()
  const announcer = createAnnouncer({ transport: network.join(), ...own })
  t.teardown(() => announcer.close())
  let seen = 0
  const first = await network.find(isResponse)
  await network.find(packet => isResponse(packet) && ++seen === 2)
  t.strictSame(first.records.map(({ name, type, ttl }) => [name, type, ttl]), [
    [serviceType, 'PTR', 4500], [`orchestrator.${serviceType}`, 'SRV', 120], [`orchestrator.${serviceType}`, 'TXT', 4500], ['orchestrator.local', 'A', 120], ['orchestrator.local', 'AAAA', 120]
  ])
  t.match(first.records.find(({ type }) => type === 'TXT'), { data: ['path=/', 'tls=0', 'address=10.0.0.1'] })
  announcer.close()
  t.ok(network.packets.at(-1)?.records.every(({ ttl }) => ttl === 0))
})

t.test('it answers whoever asks for it, and nobody else', async t => {
  const network = createNetwork()
  const announcer = createAnnouncer({ transport: network.join(), ...own, pause: 60_000 })
  t.teardown(() => announcer.close())
  const peer = network.join()
  const ask = async (name: string, type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'ANY') => {
    const before = network.packets.length
    peer.query([{ name, type }])
    await new Promise(resolve => setImmediate(resolve))
    return network.packets.slice(before).filter(isResponse).flatMap(({ records }) => records.map(each => each.type))
  }
  t.strictSame(await ask(serviceType, 'PTR'), ['PTR', 'SRV', 'TXT', 'A', 'AAAA'])
  t.strictSame(await ask('_services._dns-sd._udp.local', 'PTR'), ['PTR'])
  t.strictSame(await ask(`orchestrator.${serviceType}`.toUpperCase(), 'SRV'), ['SRV', 'TXT', 'A', 'AAAA'])
  t.strictSame(await ask('orchestrator.local', 'A'), ['A'])
  t.strictSame(await ask('_ipp._tcp.local', 'PTR'), [])
  t.strictSame(await ask('somebody.local', 'ANY'), [])
})

t.test('it does not answer who knows already', async t => {
  const network = createNetwork()
  const announcer = createAnnouncer({ transport: network.join(), ...own, pause: 60_000 })
  t.teardown(() => announcer.close())
  const before = network.packets.length
  network.join().query([{ name: serviceType, type: 'PTR' }], [{ name: serviceType, type: 'PTR', ttl: 4000, data: `orchestrator.${serviceType}` }])
  await new Promise(resolve => setImmediate(resolve))
  t.equal(network.packets.slice(before).filter(isResponse).length, 0)
})

t.test('a browser finds it', async t => {
  const network = createNetwork()
  const { promise: found, resolve } = Promise.withResolvers<Proposal>()
  const browser = createBrowser({ transport: network.join(), most: 10, firstPause: 10, onProposal: resolve, onGoodbye () {} })
  const announcer = createAnnouncer({ transport: network.join(), ...own })
  t.teardown(() => {
    browser.close()
    announcer.close()
  })
  t.strictSame(await found, { name: 'orchestrator', addresses: ['10.0.0.1', 'fd00::1'], port: 3000, tls: false })
})

t.test('addresses of this machine are those that others reach, if there are any', t => {
  const addresses = ownAddresses()
  t.ok(addresses.length > 0)
  t.ok(addresses.every(each => !each.startsWith('fe80') && !each.startsWith('169.254.')))
  t.end()
})
