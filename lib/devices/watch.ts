// Devices as a whole: who they are, where, and how they are. All processes answer requests; the one that leads looks for devices and probes them.
import { isIP } from 'node:net'
import type { AddressPolicy } from './address-policy.ts'
import type { DeviceClient } from './device-client.ts'
import type { Device, DeviceDescription, StatusEntry } from './device.ts'
import { selfName } from './device.ts'
import { DevicesError } from './devices-error.ts'
import { createAnnouncer, ownAddresses } from './discovery/announcer.ts'
import { createBrowser } from './discovery/browser.ts'
import type { Browser } from './discovery/browser.ts'
import { createCandidates } from './discovery/candidates.ts'
import { createContact } from './discovery/contact.ts'
import type { MdnsTransport } from './discovery/mdns-transport.ts'
import { readRegistration } from './discovery/proposal.ts'
import type { Registration } from './discovery/proposal.ts'
import { createProber } from './health/prober.ts'
import type { Notices, Pace, Prober, ProberNumbers } from './health/prober.ts'
import { unheard, withEntry } from './health/states.ts'
import { newId } from './id.ts'
import type { Id } from './id.ts'
import type { DevicesEvent, Registry } from './registry.ts'

/** What a watch works with. Times are in milliseconds. */
export interface DeviceWatchOptions extends Pace {
  readonly registry: Registry
  readonly client: DeviceClient
  readonly policy: AddressPolicy
  /** Undefined to look for no devices, and to announce nothing. */
  readonly transport?: MdnsTransport | undefined
  /** Address of this server, as devices are told it: with scheme and port, without a slash at its end. */
  readonly base: string
  readonly events: { record (event: Pick<DevicesEvent, 'subject' | 'subjectId' | 'reason' | 'message'>): unknown }
  /** Most devices. */
  readonly max: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** 0 to 1. */
  readonly random?: () => number
  /** Where this server is. */
  readonly addresses?: () => readonly string[]
  /** Milliseconds that what is announced of a known device must stand before it is followed. */
  readonly settling?: number
  /** Milliseconds between the first queries of multicast DNS, and between the first announcements. */
  readonly firstPause?: number
}

/** Looks after devices. All that changes something is written when it resolves, and throws DevicesError UNAVAILABLE where that cannot be. */
export interface DeviceWatch {
  /**
   * Keeps a device that says itself where it is, or that somebody names. It is reached later.
   * @param caller - address of who asks
   * @throws DevicesError REQUEST, ADDRESS_REFUSED, TOO_LARGE
   */
  register (registration: Registration, caller: string): Promise<void>
  /** Looks for devices anew. */
  reset (): void
  /** Probes a device soon: somebody has reason to doubt what is known of it. */
  check (id: Id): void
  /** @throws DevicesError MISSING */
  blacklist (id: Id, reason?: string): Promise<Device>
  /** @throws DevicesError MISSING */
  unblacklist (id: Id): Promise<Device>
  /** Gives a device these labels, and no others. @throws DevicesError MISSING, REQUEST */
  relabel (id: Id, labels: Readonly<Record<string, string>>): Promise<Device>
  /** Forgets a device until it is found again. @returns whether it was there */
  remove (id: Id): Promise<boolean>
  /** Forgets all devices. This server itself comes back at once. @returns how many */
  removeAll (): Promise<number>
  /** Begins or ends to look for devices and to probe them. Where it cannot begin it says so, and goes on trying. @throws DevicesError UNAVAILABLE */
  lead (isLeader: boolean): Promise<void>
  /** Told of each change that matters to others than people: state, place, abilities, labels, blacklisting, being forgotten. In the process that leads, also of what others have changed. */
  onChange (listener: (device: Device, isGone: boolean) => void): () => void
  /** For metrics. In a process that does not lead most of them are 0. */
  numbers (): WatchNumbers
  /** Ends all of it; takes back the announcement. The transport is left to whoever opened it. */
  close (): Promise<void>
}

/** What is counted; more in prober.ts. */
export interface WatchNumbers extends ProberNumbers {
  readonly isLeading: boolean
  /** Proposals that were refused, ever. */
  readonly refused: number
  /** Instances that multicast DNS knows, and its packets that were dropped because there were too many. */
  readonly instances: number
  readonly dropped: number
}

/** Most labels of a device, and characters of a value. */
const mostLabels = 32
const longestLabel = 256

/** What Tutti says of itself, as the reference does. */
export const selfDescription: DeviceDescription = { platform: { memory: { bytes: null }, cpu: { humanReadableName: null, clockSpeed: { Hz: null } } }, supervisorInterfaces: [] }

/** Devices that are written at one time when leading begins. */
const writtenAtOnce = 32

/** Milliseconds after which leading is begun again that failed. */
const retryAfter = 1000

const nothing: ProberNumbers = { devices: 0, online: 0, suspect: 0, offline: 0, blacklisted: 0, probes: 0, failedProbes: 0, failedWrites: 0, faults: 0, running: 0, waiting: 0, latest: 0 }

/** What only the process that leads has. */
interface Leading { readonly prober: Prober, readonly browser: Browser | undefined, close (): Promise<void> }

/** Makes a watch. Nothing happens until it leads. */
export function createDeviceWatch (options: DeviceWatchOptions): DeviceWatch {
  const { registry, client, policy, transport, base, events, max, interval, settling = 500, firstPause = 1000, now = Date.now, random = Math.random, addresses = () => addressesOf(base) } = options
  const listeners = new Set<(device: Device, isGone: boolean) => void>()
  const contact = createContact(client)
  const notices: Notices = {
    changed: (device, isGone) => { for (const listener of listeners) listener(device, isGone) },
    say: ({ id }, reason, message) => { events.record({ subject: 'device', subjectId: id, reason, message }) }
  }
  let leading: Leading | undefined
  let wanted = false
  let turn = Promise.resolve()
  let retrying: NodeJS.Timeout | undefined
  let isClosed = false

  const candidates = createCandidates({
    registry,
    policy,
    contact,
    notices,
    most: max,
    pauses: [0, interval / 5, interval],
    settling,
    now,
    find: async name => leading?.prober.find(name) ?? (await registry.devices.list({ name, limit: 1 }))[0],
    onInterest (device, rival) {
      // In other processes the one that leads hears of it by notice.
      leading?.prober.adopt(device, 0)
      if (rival !== undefined) leading?.prober.setRival(device.id, rival)
      leading?.prober.hurry(device.id)
    }
  })

  const port = Number(new URL(base).port) || (base.startsWith('https:') ? 443 : 80)
  const tls = base.startsWith('https:')

  /** This server as a device. */
  const keepSelf = async () => {
    const [known] = await registry.devices.list({ name: selfName, limit: 1 })
    const own = { origin: 'self', addresses: addresses(), port, tls, description: selfDescription, state: 'online', reason: undefined, lastSeen: now(), sessions: 1 } as const
    if (known !== undefined) {
      await registry.devices.update(known.id, before => ({ ...before, ...own }))
      return
    }
    const device: Device = {
      id: newId(now()), name: selfName, since: now(), okChecks: 0, failedChecks: 0, health: undefined, blacklisted: undefined, statusLog: [], labels: {}, deployments: undefined, createdAt: now(), ...own
    }
    await registry.devices.insert(device).catch(ifThere)
    registry.notify('devices', device.id)
    notices.changed(device, false)
  }

  /** Changes a device for somebody. */
  const change = async (id: Id, entry: Omit<StatusEntry, 'time'> | undefined, make: (before: Device) => Partial<Device>): Promise<Device> => {
    const changed = await registry.devices.update(id, before => ({ ...before, ...make(before), ...entry === undefined ? {} : { statusLog: withEntry(before.statusLog, { ...entry, time: now() }) } }))
    if (changed === undefined) throw new DevicesError('MISSING', 'There is no such device.')
    if (changed.origin !== 'self') leading?.prober.adopt(changed, 0)
    registry.notify('devices', id)
    notices.changed(changed, false)
    return changed
  }
  const gone = (device: Device) => {
    leading?.prober.forget(device.id)
    registry.notify('devices', device.id)
    notices.say(device, 'DeviceRemoved', `${device.name} has been removed.`)
    notices.changed(device, true)
  }

  /** What another process has changed. */
  const refresh = async (id: Id) => {
    const prober = leading?.prober
    if (prober === undefined) return
    const device = await registry.devices.get(id)
    if (prober !== leading?.prober) return
    if (device === undefined) prober.forget(id)
    else if (device.origin !== 'self') prober.adopt(device, 0)
  }
  const stopHearing = registry.onNotified((topic, id) => { if (topic === 'devices') refresh(id).catch(() => {}) })

  const begin = async () => {
    await keepSelf()
    // What was online when somebody looked last may not be any more.
    const isOld = ({ origin, state, lastSeen = 0 }: Device) => origin !== 'self' && state === 'online' && lastSeen < now() - 2 * interval
    const stale = (await registry.devices.list()).filter(isOld)
    for (let at = 0; at < stale.length; at += writtenAtOnce) {
      await Promise.all(stale.slice(at, at + writtenAtOnce).map(async ({ id }) => await registry.devices.update(id, before => isOld(before) ? { ...before, ...unheard(before, now()) } : undefined)))
    }
    const prober = createProber({ ...options, contact, notices, now, random })
    const browser = transport && createBrowser({
      transport,
      most: max,
      firstPause,
      onProposal: proposal => { if (proposal.name !== selfName) candidates.propose(proposal) },
      onGoodbye (name) {
        const device = prober.find(name)
        if (device !== undefined) prober.hurry(device.id)
      }
    })
    const announcer = transport && createAnnouncer({ transport, name: selfName, port, tls, addresses, pause: firstPause })
    leading = {
      prober,
      browser,
      async close () {
        browser?.close()
        announcer?.close()
        await prober.close()
      }
    }
    // Only now, so that none is missed that another process keeps meanwhile.
    const devices = (await registry.devices.list()).filter(({ origin }) => origin !== 'self')
    for (const device of devices) prober.adopt(device, random() * Math.min(interval, devices.length))
  }
  const end = async () => {
    const ending = leading
    leading = undefined
    await ending?.close()
  }
  /** Leads or not, as is wanted; where the registry cannot be read, again later. */
  const settle = async () => {
    clearTimeout(retrying)
    turn = turn.catch(() => {}).then(async () => {
      const isWanted = wanted && !isClosed
      if (isWanted === (leading !== undefined)) return
      if (!isWanted) return await end()
      try {
        await begin()
      } catch (error) {
        await end()
        retrying = setTimeout(() => { settle().catch(() => {}) }, retryAfter)
        throw error
      }
    })
    await turn
  }

  return {
    async register (registration, caller) {
      const proposal = readRegistration(registration, caller)
      if (proposal === undefined) throw new DevicesError('REQUEST', 'A device needs a name of 1 to 128 characters, IP addresses, and a port from 1 to 65535.')
      // This server is known to itself.
      if (proposal.name !== selfName) await candidates.register(proposal)
    },
    reset () {
      if (leading?.browser !== undefined) leading.browser.reset()
      // What is answered is heard by the process that leads, too.
      else transport?.query([{ name: '_webthing._tcp.local', type: 'PTR' }])
    },
    check: id => leading?.prober.hurry(id),
    async blacklist (id, reason) {
      const device = await change(id, { status: 'blacklisted', reason }, before => ({ blacklisted: { reason, since: before.blacklisted?.since ?? now() } }))
      notices.say(device, 'DeviceBlacklisted', `${device.name} is blacklisted: nothing is placed on it.${reason === undefined ? '' : ` ${reason}`}`)
      return device
    },
    async unblacklist (id) {
      const device = await change(id, { status: 'unblacklisted', reason: undefined }, () => ({ blacklisted: undefined }))
      notices.say(device, 'DeviceUnblacklisted', `${device.name} is not blacklisted any more.`)
      return device
    },
    relabel: async (id, labels) => await change(id, undefined, () => ({ labels: readLabels(labels) })),
    async remove (id) {
      const device = await registry.devices.get(id)
      if (device === undefined || !await registry.devices.remove(id)) return false
      gone(device)
      if (device.origin === 'self') await keepSelf()
      return true
    },
    async removeAll () {
      const devices = await registry.devices.list()
      const count = await registry.devices.removeAll()
      for (const device of devices) gone(device)
      await keepSelf()
      return count
    },
    async lead (isLeader) {
      wanted = isLeader
      await settle()
    },
    onChange (listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    numbers: () => ({
      ...leading?.prober.numbers() ?? nothing,
      isLeading: leading !== undefined,
      refused: candidates.numbers.refused,
      ...leading?.browser?.numbers ?? { instances: 0, dropped: 0 }
    }),
    async close () {
      isClosed = true
      stopHearing()
      await settle().catch(() => {})
      await candidates.close()
    }
  }
}

/** Checks labels. @throws DevicesError REQUEST */
function readLabels (labels: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(labels)
  const isRight = entries.length <= mostLabels && entries.every(([name, value]) => /^[A-Za-z0-9](?:[\w./-]{0,62})$/.test(name) && value.length <= longestLabel && !/\p{Cc}/u.test(value))
  if (!isRight) throw new DevicesError('REQUEST', `Labels are at most ${mostLabels} of letters, digits and . _ / -, 63 characters at most and a letter or digit first, with texts of ${longestLabel} characters at most.`)
  return Object.fromEntries(entries)
}

/** Where this server is, for those who are told its address. */
function addressesOf (base: string): readonly string[] {
  const host = new URL(base).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? ownAddresses() : [host]
}

function ifThere (error: unknown): void {
  if (!(error instanceof DevicesError) || error.code !== 'CONFLICT') throw error
}
