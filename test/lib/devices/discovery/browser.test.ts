import { EventEmitter, once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { isIP } from 'node:net'
import { sized } from '../../../long.ts'
import { createBrowser } from '../../../../lib/devices/discovery/browser.ts'
import type { BrowserOptions } from '../../../../lib/devices/discovery/browser.ts'
import { serviceType } from '../../../../lib/devices/discovery/mdns-transport.ts'
import type { Proposal } from '../../../../lib/devices/discovery/proposal.ts'
import { announce, createNetwork, recordsOf } from '../memory-network.ts'

function openBrowser (t: Test, options: Partial<BrowserOptions> = {}) {
  const network = createNetwork()
  const heard = new EventEmitter<{ proposal: [Proposal], goodbye: [string] }>()
  const proposals: Proposal[] = []
  const browser = createBrowser({
    transport: network.join(),
    most: 100,
    firstPause: 20,
    longestPause: 160,
    onProposal (proposal) {
      proposals.push(proposal)
      heard.emit('proposal', proposal)
    },
    onGoodbye: name => heard.emit('goodbye', name),
    ...options
  })
  t.teardown(() => browser.close())
  return { network, peer: network.join(), browser, heard, proposals }
}

const isBrowse = ({ kind, questions }: { kind: string, questions: readonly { name: string, type: string }[] }) => kind === 'query' && questions.some(({ name, type }) => name === serviceType && type === 'PTR')

/** Waits until everything that was sent has been heard. */
const quiet = async () => { for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve)) }

t.test('a supervisor that announces itself is proposed', async t => {
  const { peer, heard } = openBrowser(t)
  announce(peer, { name: 'Kitchen Pi', port: 5000, addresses: ['fd00::5', '10.0.0.5'] })
  t.strictSame(await once(heard, 'proposal'), [{ name: 'Kitchen Pi', addresses: ['10.0.0.5', 'fd00::5'], port: 5000, tls: false }])
})

t.test('the address in its text counts as well, and tls', async t => {
  const { peer, heard } = openBrowser(t)
  announce(peer, { name: 'pi', port: 5000, addresses: [], text: ['path=/', 'TLS=1', 'address=10.0.0.9', 'tls=0', 'nonsense', '=x'] })
  t.strictSame(await once(heard, 'proposal'), [{ name: 'pi', addresses: ['10.0.0.9'], port: 5000, tls: true }])
})

t.test('records that come one by one are put together', async t => {
  const { peer, heard, proposals } = openBrowser(t)
  const { pointer, server, text, addresses } = recordsOf({ name: 'pi', port: 5001, addresses: ['10.0.0.5'] })
  peer.respond(addresses)
  peer.respond([text])
  peer.respond([pointer])
  await quiet()
  t.equal(proposals.length, 0)
  peer.respond([server])
  t.match(await once(heard, 'proposal'), [{ name: 'pi', addresses: ['10.0.0.5'], port: 5001 }])
})

t.test('what is missing is asked for', async t => {
  const { network, peer } = openBrowser(t)
  const { pointer, server } = recordsOf({ name: 'pi', port: 5001, addresses: [] })
  peer.respond([pointer])
  await network.find(({ kind, questions }) => kind === 'query' && questions.some(each => each.name === `pi.${serviceType}` && each.type === 'SRV'))
  peer.respond([server])
  await network.find(({ kind, questions }) => kind === 'query' && questions.some(each => each.name === 'pi-host.local' && each.type === 'A'))
  t.pass('asked')
})

t.test('it asks again and again, ever more seldom', async t => {
  const times: number[] = []
  const network = createNetwork()
  const counted = new EventEmitter()
  const transport = network.join()
  const browser = createBrowser({ transport: { ...transport, query (...given) { times.push(performance.now()); transport.query(...given); counted.emit('query') } }, most: 10, firstPause: 15, longestPause: 60, onProposal () {}, onGoodbye () {} })
  t.teardown(() => browser.close())
  while (times.length < 6) await once(counted, 'query')
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  // 15, 30, 60, 60, 60: timers never fire early by more than their rounding.
  for (const [index, least] of [15, 30, 60, 60, 60].entries()) t.ok((pauses[index] ?? 0) > least - 2, `pause ${index}: ${pauses[index]} after ${least}`)
  t.ok(network.packets.every(isBrowse))
  browser.reset()
  const [first] = await Promise.all([performance.now(), once(counted, 'query')])
  t.ok(performance.now() - first < 60, 'asked at once after it was reset')
})

t.test('what is known already need not be answered, but what is old is', async t => {
  const { network, peer, heard } = openBrowser(t, { longestPause: 60_000, firstPause: 40 })
  announce(peer, { name: 'young', port: 1, addresses: ['10.0.0.1'], ttl: 4500 })
  await once(heard, 'proposal')
  announce(peer, { name: 'old', port: 1, addresses: ['10.0.0.2'], ttl: 50 })
  await once(heard, 'proposal')
  const packet = await network.find(each => isBrowse(each) && each.records.length > 0)
  t.match(packet.records, [{ name: serviceType, type: 'PTR', data: `young.${serviceType}` }])
  t.equal(packet.records.length, 1)
})

t.test('a new address takes the place of an old one', async t => {
  let time = 0
  const { peer, heard, proposals } = openBrowser(t, { now: () => time })
  announce(peer, { name: 'pi', port: 5000, addresses: ['10.0.0.5'] })
  await once(heard, 'proposal')
  time = 5000
  peer.respond(recordsOf({ name: 'pi', port: 5000, addresses: ['10.0.0.6'] }).addresses)
  await once(heard, 'proposal')
  t.strictSame(proposals.map(({ addresses }) => addresses), [['10.0.0.5'], ['10.0.0.6']])
  time += 121_000
  announce(peer, { name: 'pi', port: 5000, addresses: ['fd00::7'] })
  await once(heard, 'proposal')
  t.strictSame(proposals.at(-1)?.addresses, ['fd00::7'], 'those that have run out are gone')
})

t.test('F28: a goodbye, and a record that runs out, are told; the instance may come back', async t => {
  let time = 0
  const { peer, heard, browser } = openBrowser(t, { now: () => time })
  const pi = { name: 'pi', port: 5000, addresses: ['10.0.0.5'] }
  announce(peer, pi)
  await once(heard, 'proposal')
  announce(peer, { ...pi, ttl: 0 })
  t.strictSame(await once(heard, 'goodbye'), ['pi'])
  t.equal(browser.numbers.instances, 0)
  announce(peer, pi)
  await once(heard, 'proposal')
  time = 121_000
  t.strictSame(await once(heard, 'goodbye'), ['pi'], 'its time was over')
})

t.test('services of other types, and queries, are left alone', async t => {
  const { peer, proposals, browser } = openBrowser(t)
  const { pointer, server, text, addresses } = recordsOf({ name: 'printer', port: 631, addresses: ['10.0.0.8'] })
  const other = (name: string) => name.replace('_webthing', '_ipp')
  peer.respond([{ ...pointer, name: other(pointer.name), data: other(pointer.data) }, { ...server, name: other(server.name) }, { ...text, name: other(text.name) }, ...addresses])
  peer.query([], [pointer, server, text, ...addresses])
  await quiet()
  t.equal(proposals.length, 0)
  t.equal(browser.numbers.instances, 0)
})

t.test('names are cleaned, and what is no name or port is left out', async t => {
  const { peer, heard, proposals } = openBrowser(t)
  announce(peer, { name: '\u0000\u202e', port: 5000, addresses: ['10.0.0.5'] })
  announce(peer, { name: 'none', port: 0, addresses: ['10.0.0.5'] })
  announce(peer, { name: 'x'.repeat(200), port: 5000, addresses: ['10.0.0.5'] })
  announce(peer, { name: ' a\u0000\u202eb  c ', port: 5000, addresses: ['10.0.0.5', 'no address', '10.0.0.5'] })
  await once(heard, 'proposal')
  t.strictSame(proposals, [{ name: 'ab c', addresses: ['10.0.0.5'], port: 5000, tls: false }])
})

t.test('a flood is bounded: packets by second, names and addresses by number', async t => {
  const { peer, heard, browser, proposals } = openBrowser(t, { packetsPerSecond: 300, most: 50, now: () => 0 })
  for (let index = 0; index < 400; index++) announce(peer, { name: `pi${index}`, port: 5000, addresses: Array.from({ length: 20 }, (_, host) => `10.0.${index % 256}.${host}`) })
  while (proposals.length < 300) await once(heard, 'proposal')
  await quiet()
  t.equal(browser.numbers.instances, 50)
  t.equal(browser.numbers.dropped, 100)
  t.ok(proposals.every(({ addresses }) => addresses.length <= 8))
})

t.test('whatever is on the network, nothing breaks, and what is proposed is sound', async t => {
  const { peer, proposals, browser } = openBrowser(t, { packetsPerSecond: 1e6, firstPause: 5 })
  const name = fc.oneof(fc.constantFrom(serviceType, `pi.${serviceType}`, `PI.${serviceType.toUpperCase()}`, `.${serviceType}`, 'host.local', ''), fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 20 }).map(each => `${each}.${serviceType}`))
  const ttl = fc.oneof(fc.constantFrom(0, 120, 4500), fc.nat(2 ** 32 - 1))
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.constantFrom('fe80::1%lo', '::ffff:1.2.3.4'))
  const common = { name, ttl, flush: fc.boolean() }
  const record = fc.oneof(
    fc.record({ ...common, type: fc.constant('PTR' as const), data: name }),
    fc.record({ ...common, type: fc.constantFrom('A' as const, 'AAAA' as const), data: address }),
    fc.record({ ...common, type: fc.constant('SRV' as const), data: fc.record({ target: name, port: fc.nat(70_000) }) }),
    fc.record({ ...common, type: fc.constant('TXT' as const), data: fc.array(fc.oneof(fc.string({ unit: 'binary' }), address.map(each => `address=${each}`), fc.constantFrom('tls=1', '__proto__=1', '=', 'path')), { maxLength: 4 }) })
  )
  await fc.assert(fc.asyncProperty(fc.array(fc.array(record, { maxLength: 6 }), { maxLength: 6 }), async packets => {
    for (const packet of packets) peer.respond(packet)
    await quiet()
  }), { numRuns: sized(30, 5000) })
  t.ok(proposals.length > 0)
  t.ok(proposals.every(each => each.name !== '' && each.addresses.length > 0 && each.addresses.length <= 8 && each.addresses.every(isIP) && each.port > 0 && each.port < 65_536))
  t.ok(browser.numbers.instances <= 100)
})
