// Looks for services of one type by multicast DNS (RFC 6762, RFC 6763): asks again and again, puts together what comes in several packets, and proposes what is whole.
// That a record has run out or was taken back says nothing of a device: only that it is worth a look.
import { LRUCache } from 'lru-cache'
import type { MdnsPacket, MdnsQuestion, MdnsRecord, MdnsTransport } from './mdns-transport.ts'
import { serviceType } from './mdns-transport.ts'
import { instanceName } from './names.ts'
import { isPort, isTrue, mostAddresses, orderAddresses, readText } from './proposal.ts'
import type { Proposal } from './proposal.ts'

/** What a browser looks with. */
export interface BrowserOptions {
  readonly transport: MdnsTransport
  /** Somebody has said where a device is, or said it again. */
  readonly onProposal: (proposal: Proposal) => void
  /** A device of that name takes its leave, or is not spoken of any more. */
  readonly onGoodbye: (name: string) => void
  /** Most instances, and most hosts, that are remembered. Those that were heard of longest ago go first. */
  readonly most: number
  /** Packets that are read in a second; others are dropped. */
  readonly packetsPerSecond?: number
  /** Milliseconds between the first two queries, and at most between later ones. */
  readonly firstPause?: number
  readonly longestPause?: number
  /** Milliseconds that go on. */
  readonly now?: () => number
}

/** Looks until it is closed. */
export interface Browser {
  /** Forgets what it has heard, and asks at once. */
  reset (): void
  /** Instances that are known, and packets that were dropped because there were too many. */
  readonly numbers: { readonly instances: number, readonly dropped: number }
  close (): void
}

/** What is known of an instance. Times are of the browser's clock. */
interface Instance {
  readonly name: string
  /** Name of its records. */
  readonly fullName: string
  expires: number
  server: { target: string, port: number, expires: number } | undefined
  text: ReadonlyMap<string, string>
  /** When it was last asked for what is missing. */
  askedAt: number
}

/** A host: when each of its addresses was heard, and when it runs out; and which instances are on it. */
interface Host { readonly addresses: Map<string, { heard: number, expires: number }>, readonly instances: Set<string> }

/** Questions of one packet: more do not fit surely. */
const mostQuestions = 16

/** Answers that are known and go along with a query; more do not fit surely. */
const mostKnown = 16

/** Longest life of a record in seconds, whatever it says: a day. */
const longestLife = 86_400

/** Milliseconds after which records that a flush does not name are gone (RFC 6762, 10.2). */
const flushAfter = 1000

/** Begins to look. */
export function createBrowser ({ transport, onProposal, onGoodbye, most, packetsPerSecond = 500, firstPause = 1000, longestPause = 60_000, now = () => performance.now() }: BrowserOptions): Browser {
  const instances = new LRUCache<string, Instance>({ max: most })
  const hosts = new LRUCache<string, Host>({ max: most })
  let pause = firstPause
  let timer: NodeJS.Timeout | undefined
  let asking: NodeJS.Timeout | undefined
  let allowance = packetsPerSecond
  let allowedAt = now()
  let dropped = 0

  const addressesOf = ({ server, text }: Instance): string[] => {
    const time = now()
    const host = server === undefined ? undefined : hosts.get(server.target.toLowerCase())
    const told = text.get('address')
    return orderAddresses([...[...host?.addresses ?? []].filter(([, { expires }]) => expires > time).map(([address]) => address), ...told === undefined ? [] : [told]])
  }
  const propose = (instance: Instance) => {
    const { name, server, text } = instance
    const addresses = addressesOf(instance)
    if (server !== undefined && addresses.length > 0) onProposal({ name, addresses, port: server.port, tls: isTrue(text.get('tls')) })
    else askForMissing()
  }

  /** Asks for what has not come with the first records; soon, and together for all. */
  const askForMissing = () => {
    asking ??= setTimeout(() => {
      asking = undefined
      const questions: MdnsQuestion[] = []
      for (const instance of instances.values()) {
        if (questions.length >= mostQuestions) break
        if (now() - instance.askedAt < firstPause) continue
        const missing = missingOf(instance)
        if (missing.length > 0) instance.askedAt = now()
        questions.push(...missing)
      }
      if (questions.length > 0) transport.query(questions)
    }, firstPause / 10)
  }
  const missingOf = (instance: Instance): MdnsQuestion[] => {
    const { fullName, server } = instance
    if (server === undefined) return [{ name: fullName, type: 'SRV' }, { name: fullName, type: 'TXT' }]
    return addressesOf(instance).length > 0 ? [] : [{ name: server.target, type: 'A' }, { name: server.target, type: 'AAAA' }]
  }

  /** Instances of which all records are young enough need not answer; others say all anew, and so where they are now. */
  const knownAnswers = (): MdnsRecord[] => {
    const time = now()
    const known: MdnsRecord[] = []
    for (const { fullName, expires, server } of instances.values()) {
      const host = server === undefined ? undefined : hosts.peek(server.target.toLowerCase())
      const isYoung = server !== undefined && host !== undefined && [server, ...host.addresses.values()].every(each => each.expires - time > longestPause)
      if (isYoung) known.push({ name: serviceType, type: 'PTR', ttl: Math.floor((expires - time) / 1000), data: fullName })
      if (known.length === mostKnown) break
    }
    return known
  }
  const ask = () => {
    for (const [key, instance] of instances.entries()) {
      if (instance.expires > now()) continue
      instances.delete(key)
      onGoodbye(instance.name)
    }
    transport.query([{ name: serviceType, type: 'PTR' }], knownAnswers())
    askForMissing()
    timer = setTimeout(ask, pause)
    pause = Math.min(2 * pause, longestPause)
  }
  const begin = () => {
    clearTimeout(timer)
    pause = firstPause
    // Several that begin at one time, after a power cut, do not all ask at once (RFC 6762, 5.2).
    timer = setTimeout(ask, firstPause * (0.02 + 0.1 * Math.random()))
  }

  /** The instance that a record is of; undefined where it is of something else. */
  const instanceOf = (fullName: string, ttl: number): Instance | undefined => {
    const name = instanceName(fullName, serviceType)
    if (name === undefined) return undefined
    const key = name.toLowerCase()
    const found = instances.get(key) ?? { name, fullName, expires: 0, server: undefined, text: new Map(), askedAt: -Infinity }
    found.expires = Math.max(found.expires, now() + ttl * 1000)
    instances.set(key, found)
    return found
  }
  const hostOf = (name: string): Host => {
    const key = name.toLowerCase()
    const host = hosts.get(key) ?? { addresses: new Map(), instances: new Set() }
    hosts.set(key, host)
    return host
  }
  const takeBack = (fullName: string) => {
    const name = instanceName(fullName, serviceType)
    if (name === undefined) return
    instances.delete(name.toLowerCase())
    onGoodbye(name)
  }
  const hear = ({ kind, records }: MdnsPacket) => {
    if (kind !== 'response') return
    const time = now()
    allowance = Math.min(packetsPerSecond, allowance + (time - allowedAt) / 1000 * packetsPerSecond)
    allowedAt = time
    if (allowance < 1) {
      dropped += 1
      return
    }
    allowance -= 1
    const touched = new Set<Instance>()
    const gone = new Set<string>()
    for (const record of records) {
      const { name, type, ttl: told } = record
      const ttl = Math.min(told, longestLife)
      if (type === 'A' || type === 'AAAA') {
        const host = hostOf(name)
        hearAddress(host, record, time)
        for (const key of host.instances) {
          const instance = instances.get(key)
          if (instance?.server?.target.toLowerCase() === name.toLowerCase()) touched.add(instance)
          else host.instances.delete(key)
        }
        continue
      }
      const fullName = type === 'PTR' ? record.data : name
      if (type === 'PTR' && name.toLowerCase() !== serviceType) continue
      if (ttl === 0) {
        // A text alone that is taken back takes nobody away.
        if (type !== 'TXT') gone.add(fullName)
        continue
      }
      const instance = instanceOf(fullName, ttl)
      if (instance === undefined) continue
      touched.add(instance)
      if (type === 'SRV' && isPort(record.data.port)) {
        instance.server = { ...record.data, expires: time + ttl * 1000 }
        hostOf(record.data.target).instances.add(instance.name.toLowerCase())
      }
      if (type === 'TXT') instance.text = readText(record.data)
    }
    for (const fullName of gone) takeBack(fullName)
    for (const instance of touched) if (!gone.has(instance.fullName)) propose(instance)
  }

  const stop = transport.onPacket(hear)
  begin()
  return {
    reset () {
      instances.clear()
      hosts.clear()
      begin()
    },
    get numbers () { return { instances: instances.size, dropped } },
    close () {
      stop()
      clearTimeout(timer)
      clearTimeout(asking)
    }
  }
}

function hearAddress ({ addresses }: Host, { data, ttl, flush = false }: Extract<MdnsRecord, { data: string }>, time: number): void {
  if (flush) for (const [address, { heard }] of addresses) if (heard < time - flushAfter && address.includes(':') === data.includes(':')) addresses.delete(address)
  addresses.delete(data)
  if (ttl > 0 && addresses.size < mostAddresses) addresses.set(data, { heard: time, expires: time + Math.min(ttl, longestLife) * 1000 })
}
