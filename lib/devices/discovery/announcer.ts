// Announces Tutti itself by multicast DNS, as a supervisor announces itself, so that others on the network find it.
import os from 'node:os'
import type { MdnsPacket, MdnsRecord, MdnsTransport } from './mdns-transport.ts'
import { serviceType } from './mdns-transport.ts'

/** What is announced. */
export interface AnnouncerOptions {
  readonly transport: MdnsTransport
  /** Name of the instance, and of its host. */
  readonly name: string
  readonly port: number
  readonly tls: boolean
  /** Where it is now. */
  readonly addresses: () => readonly string[]
  /** Milliseconds between the two announcements at the beginning. */
  readonly pause?: number
}

/** List of all types of services (RFC 6763, section 9). */
const allServices = '_services._dns-sd._udp.local'

/** Seconds that records live: what depends on the host's address, and the rest (RFC 6762, section 10). */
const hostLife = 120
const otherLife = 4500

/** Begins to announce, and to answer. `close` takes it back. */
export function createAnnouncer ({ transport, name, port, tls, addresses, pause = 1000 }: AnnouncerOptions): { close (): void } {
  const instance = `${name}.${serviceType}`
  const host = `${name}.local`

  const recordsNow = (): MdnsRecord[] => {
    const [first] = addresses()
    return [
      { name: serviceType, type: 'PTR', ttl: otherLife, data: instance },
      { name: instance, type: 'SRV', ttl: hostLife, flush: true, data: { target: host, port } },
      { name: instance, type: 'TXT', ttl: otherLife, flush: true, data: ['path=/', `tls=${tls ? 1 : 0}`, ...first === undefined ? [] : [`address=${first}`]] },
      ...addresses().map((address): MdnsRecord => ({ name: host, type: address.includes(':') ? 'AAAA' : 'A', ttl: hostLife, flush: true, data: address }))
    ]
  }
  const answer = ({ kind, questions, records }: MdnsPacket) => {
    if (kind !== 'query') return
    const all = [...recordsNow(), { name: allServices, type: 'PTR', ttl: otherLife, data: serviceType } satisfies MdnsRecord]
    const isKnown = (own: MdnsRecord) => records.some(each => each.type === 'PTR' && own.type === 'PTR' && each.name.toLowerCase() === own.name && each.data === own.data && each.ttl > own.ttl / 2)
    const answers = all.filter(own => !isKnown(own) && questions.some(each => each.name.toLowerCase() === own.name.toLowerCase() && (each.type === own.type || each.type === 'ANY')))
    if (answers.length === 0) return
    const isOfInstance = answers.some(({ name: each }) => each === serviceType || each === instance)
    transport.respond(answers, isOfInstance ? recordsNow().filter(each => each.type !== 'PTR' && !answers.some(given => given.name === each.name && given.type === each.type)) : [])
  }

  const stop = transport.onPacket(answer)
  transport.respond(recordsNow())
  const again = setTimeout(() => transport.respond(recordsNow()), pause)
  return {
    close () {
      stop()
      clearTimeout(again)
      transport.respond(recordsNow().map(each => ({ ...each, ttl: 0 })))
    }
  }
}

/** Addresses of this machine that others can reach: not loopback, unless there is nothing else, and not link-local. */
export function ownAddresses (): string[] {
  const all = Object.values(os.networkInterfaces()).flatMap(each => each ?? []).filter(({ address, scopeid }) => !address.startsWith('169.254.') && !scopeid)
  const outer = all.filter(({ internal }) => !internal)
  return (outer.length > 0 ? outer : all).map(({ address }) => address)
}
