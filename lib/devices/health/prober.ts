// Probes devices, each at its own pace, and keeps what comes of it. Only the process that leads has one.
import { performance } from 'node:perf_hooks'
import type { DeviceClient } from '../device-client.ts'
import type { Device, DeviceDescription, DeviceEndpoint, StatusEntry } from '../device.ts'
import type { DevicesError } from '../devices-error.ts'
import type { Contact } from '../discovery/contact.ts'
import type { Proposal } from '../discovery/proposal.ts'
import type { Id } from '../id.ts'
import type { Registry } from '../registry.ts'
import { createSchedule } from './schedule.ts'
import { afterProbe, pace, unheard, withEntry } from './states.ts'
import type { Health, ProbeResult } from './states.ts'

/** What is told of devices. */
export interface Notices {
  /** A device is another one now in what others rely on: its state, where it is, what it can do. */
  changed (device: Device, isGone: boolean): void
  /** For people. */
  say (device: Pick<Device, 'id'>, reason: string, message: string): void
}

/** How probing goes about. All times are in milliseconds. */
export interface Pace {
  readonly interval: number
  readonly threshold: number
  readonly timeout: number
}

/** What a prober works with. */
export interface ProberOptions extends Pace {
  readonly registry: Pick<Registry, 'devices' | 'notify'>
  readonly client: DeviceClient
  /** Finds out whether a device is at an endpoint. */
  readonly contact: Contact
  readonly notices: Notices
  /** Address of this server, as devices are told it. */
  readonly base: string
  readonly now: () => number
  readonly random: () => number
}

/** Probes until it is closed. */
export interface Prober {
  /** Probes a device from now on, for the first time after so many milliseconds. Where it is known, what others have changed of it is taken over. */
  adopt (device: Device, delay: number): void
  /** The device of that name. */
  find (name: string): Device | undefined
  /** Probes at once. */
  hurry (id: Id): void
  /** The endpoint that is tried as soon as the device does not answer any more where it is. */
  setRival (id: Id, rival: Proposal): void
  /** Probes it no more. */
  forget (id: Id): void
  numbers (): ProberNumbers
  close (): Promise<void>
}

/** What is counted: devices by state now; probes, writes that the registry refused, and probes that broke off by a mistake of the program, ever; looks as in schedule.ts. */
export interface ProberNumbers {
  readonly devices: number
  readonly online: number
  readonly suspect: number
  readonly offline: number
  readonly blacklisted: number
  readonly probes: number
  readonly failedProbes: number
  readonly failedWrites: number
  readonly faults: number
  readonly running: number
  readonly waiting: number
  /** Milliseconds by which the latest probe was late, since this was last asked. */
  readonly latest: number
}

/** A device that is probed. Times without a word are of a clock that only goes on. */
interface Watched {
  device: Device
  /** Entries of its status log, newest first, and a description, that have not been written yet. */
  entries: StatusEntry[]
  description: DeviceDescription | undefined
  /** The address that answered, where that is not the first, until it is. */
  answering: string | undefined
  isUnwritten: boolean
  writtenAt: number
  lookedAt: number
  heardAt: number
  failedAt: number
  describedAt: number
  /** Whether it knows this server: it said so; it did not, though it was told; not asked yet. */
  knows: 'yes' | 'no' | 'unknown'
  /** It is somewhere else now, and so a new one. */
  hasMoved: boolean
  isFirst: boolean
  rival: Proposal | undefined
}

/** Intervals between two writes of a device of which nothing changes but when it was last seen. */
const writeEvery = 4

/** Intervals between two readings of a description of a device that was there all the time. */
const describeEvery = 40

/** Share of the interval within which a further failure is no further check: it was hurried. */
const countedApart = 0.4

/** Share of the interval that lies between two probes at least, however much they are hurried. */
const leastApart = 0.1

/** Milliseconds that a device has at least for a probe, however short the interval. */
const leastTimeout = 1000

/** Share of its time that this process may be at work, beyond which it is no wonder that answers were not read in time. */
const tooBusy = 0.95

/** Makes a prober without devices. */
export function createProber (options: ProberOptions): Prober {
  const { registry, client, contact, notices, base, interval, threshold, now, random } = options
  const timeout = Math.ceil(Math.min(options.timeout, Math.max(interval, leastTimeout)))
  const watched = new Map<Id, Watched>()
  const names = new Map<string, Id>()
  const counts = { probes: 0, failedProbes: 0, failedWrites: 0, faults: 0 }
  const clock = () => performance.now()

  /** Writes what is known of a device. @param isNews - whether others rely on what has changed */
  const write = async (each: Watched, isNews: boolean) => {
    const { device: { id }, entries, description, answering } = each
    const tell = isNews || each.isUnwritten
    each.isUnwritten = tell
    try {
      const written = await registry.devices.update(id, before => ({
        ...before,
        ...healthOf(each.device),
        addresses: withFirst(before.addresses, answering),
        description: description ?? before.description,
        statusLog: entries.reduceRight((log, entry) => withEntry(log, entry), before.statusLog)
      }))
      if (written === undefined) return forget(id)
      each.device = { ...written, ...healthOf(each.device) }
      if (each.answering === answering) each.answering = undefined
      each.entries = each.entries.filter(entry => !entries.includes(entry))
      if (each.description === description) each.description = undefined
      each.isUnwritten = false
      each.writtenAt = clock()
      if (!tell) return
      registry.notify('devices', id)
      notices.changed(each.device, false)
    } catch {
      // The registry tells of its trouble itself; the next probe tries again.
      counts.failedWrites += 1
    }
  }

  /** Takes over what a probe, or the want of one, has made of a device. */
  const become = async (each: Watched, health: Health, description?: DeviceDescription) => {
    const before = each.device
    const hasChanged = health.state !== before.state || health.sessions !== before.sessions || health.reason !== before.reason || each.answering !== undefined
    if (health.state !== before.state) each.entries = [{ status: health.state, time: now(), reason: health.reason }, ...each.entries]
    each.device = { ...before, ...health, description: description ?? before.description }
    each.description = description ?? each.description
    const news = newsOf(before, each.device)
    if (news !== undefined) notices.say(before, ...news)
    const isNews = hasChanged || isOther(before.deployments, health.deployments) || (description !== undefined && isOther(before.description?.supervisorInterfaces, description.supervisorInterfaces))
    if (isNews || each.isUnwritten || description !== undefined || clock() - each.writtenAt >= writeEvery * interval) await write(each, isNews)
  }

  /** Asks a device how it is, and tells it of this server where it does not know. */
  const probe = async (each: Watched, signal: AbortSignal): Promise<ProbeResult> => {
    const before = performance.eventLoopUtilization()
    try {
      const { device } = each
      const { report, isRegistered, deployments, address } = await client.health(device, signal)
      // Peers are given the first one, and know no other.
      if (address !== device.addresses[0]) each.answering = address
      const hasForgotten = each.hasMoved || (!isRegistered && (each.knows === 'yes' || (each.knows === 'unknown' && device.sessions > 0)))
      each.knows = isRegistered ? 'yes' : 'no'
      // Where that does not reach it, it asks again with its next answer.
      if (!isRegistered) await client.register(device, base, signal).catch(() => {})
      return { isGood: true, report, deployments, hasForgotten }
    } catch (error) {
      const { code, message } = error as DevicesError
      const isLate = code === 'CANCELLED' || code === 'TIMEOUT'
      const isDoubtful = isLate && performance.eventLoopUtilization(before).utilization > tooBusy
      return { isGood: false, reason: isLate ? 'The device did not answer in time.' : message, isDoubtful }
    }
  }

  /** What the device can do, where that is not known, or not surely any more. */
  const describe = async (each: Watched, isBack: boolean, inTime: () => AbortSignal): Promise<DeviceDescription | undefined> => {
    if (each.device.description !== undefined && !isBack && clock() - each.describedAt < describeEvery * interval) return undefined
    each.describedAt = clock()
    return await client.describe(each.device, inTime()).catch(() => undefined)
  }

  /** Looks at the other endpoint that is said to be the device's. @returns whether it is there now */
  const move = async (each: Watched, signal: AbortSignal): Promise<boolean> => {
    const { device, rival } = each
    const found = rival === undefined ? undefined : await contact(rival, signal).catch(() => undefined)
    if (rival === undefined || found === undefined) return false
    const { addresses } = found
    const moved = await registry.devices.update(device.id, before => ({ ...before, addresses, port: rival.port, tls: rival.tls })).catch(() => undefined)
    if (moved === undefined) return false
    each.rival = undefined
    each.hasMoved = true
    each.device = { ...each.device, addresses, port: rival.port, tls: rival.tls }
    notices.say(device, 'AddressChanged', `${device.name} is followed to where it answers now.`)
    return true
  }

  const drop = async ({ device }: Watched): Promise<boolean> => {
    if (!await registry.devices.remove(device.id).catch(() => false)) return false
    forget(device.id)
    notices.say(device, 'DeviceDropped', `${device.name} has never answered, and is forgotten.`)
    registry.notify('devices', device.id)
    notices.changed(device, true)
    return true
  }

  const look = async (id: Id, ended: AbortSignal): Promise<number | undefined> => {
    const each = watched.get(id)
    if (each === undefined) return undefined
    const inTime = () => AbortSignal.any([ended, AbortSignal.timeout(timeout)])
    const startedAt = clock()
    each.lookedAt = startedAt
    counts.probes += 1
    let result = await probe(each, inTime())
    if (!result.isGood && each.rival !== undefined && !ended.aborted && await move(each, inTime())) result = await probe(each, inTime())
    if (ended.aborted || watched.get(id) !== each) return undefined

    let health = afterProbe(each.device, result, { threshold, now: now() })
    let description: DeviceDescription | undefined
    if (result.isGood) {
      description = await describe(each, health.sessions !== each.device.sessions, inTime)
      if (ended.aborted || watched.get(id) !== each) return undefined
      if (description === undefined && each.device.description === undefined) {
        result = { isGood: false, reason: 'The device answers, but does not describe itself as it must.' }
        health = afterProbe(each.device, result, { threshold, now: now() })
      }
    }
    if (result.isGood) {
      each.heardAt = clock()
      each.hasMoved = false
    } else {
      counts.failedProbes += 1
      // Probes that were hurried make a device suspect, but take none of its time to come back.
      if (result.isDoubtful !== true && each.device.failedChecks > 0 && startedAt - each.failedAt < countedApart * interval) health = { ...healthOf(each.device), reason: result.reason, okChecks: 0 }
      else if (result.isDoubtful !== true) each.failedAt = startedAt
    }
    const { isFirst } = each
    if (health.state === 'offline' && health.lastSeen === undefined && each.device.origin !== 'init' && await drop(each)) return undefined
    await become(each, health, description)
    const { device } = each
    each.isFirst = false
    const wanted = pace(device, { interval, threshold, timeout, random: random() })
    // From the probe that was counted last.
    const next = result.isGood || result.isDoubtful === true ? wanted : Math.max(interval * leastApart, each.failedAt + wanted - startedAt)
    // Those that were adopted together part here.
    return isFirst && device.state === 'online' ? next * random() : next
  }

  const schedule = createSchedule({
    look: async (id, ended) => {
      try {
        return await look(id, ended)
      } catch {
        // A mistake of whoever listens, or of this program: the device is probed on all the same.
        counts.faults += 1
        return interval
      }
    }
  })

  /** Never online without a probe in the last two intervals, even where this process could not keep up. */
  const sweeper = setInterval(() => {
    const limit = clock() - 2 * interval
    for (const each of watched.values()) {
      if (each.device.state === 'online' && each.heardAt < limit) void become(each, unheard(each.device, now()))
    }
  }, Math.max(interval / 4, 10))

  const forget = (id: Id) => {
    const each = watched.get(id)
    if (each === undefined) return
    watched.delete(id)
    if (names.get(each.device.name) === id) names.delete(each.device.name)
    schedule.remove(id)
  }

  return {
    adopt (device, delay) {
      const known = watched.get(device.id)
      names.set(device.name, device.id)
      if (known !== undefined) {
        if (known.device.name !== device.name && names.get(known.device.name) === device.id) names.delete(known.device.name)
        if (!hasSharedAddress(known.device, device)) known.hasMoved = true
        known.device = { ...device, ...healthOf(known.device) }
        return
      }
      const age = device.lastSeen === undefined ? Infinity : Math.max(0, now() - device.lastSeen)
      watched.set(device.id, {
        device,
        entries: [],
        description: undefined,
        answering: undefined,
        isUnwritten: false,
        writtenAt: clock(),
        heardAt: clock() - age,
        lookedAt: -Infinity,
        failedAt: -Infinity,
        describedAt: clock(),
        knows: 'unknown',
        hasMoved: false,
        isFirst: true,
        rival: undefined
      })
      schedule.add(device.id, delay)
    },
    find (name) {
      const id = names.get(name)
      return id === undefined ? undefined : watched.get(id)?.device
    },
    hurry (id) {
      const each = watched.get(id)
      if (each !== undefined) schedule.hurry(id, Math.max(0, each.lookedAt + leastApart * interval - clock()))
    },
    setRival (id, rival) {
      const each = watched.get(id)
      if (each !== undefined) each.rival = rival
    },
    forget,
    numbers () {
      const devices = [...watched.values()].map(({ device }) => device)
      const inState = (state: Device['state']) => devices.filter(each => each.state === state).length
      return {
        devices: devices.length,
        online: inState('online'),
        suspect: inState('suspect'),
        offline: inState('offline'),
        blacklisted: devices.filter(each => each.blacklisted !== undefined).length,
        ...counts,
        ...schedule.numbers()
      }
    },
    async close () {
      clearInterval(sweeper)
      await schedule.close()
      watched.clear()
      names.clear()
    }
  }
}

function healthOf ({ state, reason, since, lastSeen, okChecks, failedChecks, health, deployments, sessions }: Device): Health {
  return { state, reason, since, lastSeen, okChecks, failedChecks, health, deployments, sessions }
}

function withFirst (addresses: readonly string[], first: string | undefined): readonly string[] {
  return first === undefined || !addresses.includes(first) ? addresses : [first, ...addresses.filter(each => each !== first)]
}

function hasSharedAddress (one: DeviceEndpoint, other: DeviceEndpoint): boolean {
  return one.port === other.port && one.addresses.some(each => other.addresses.includes(each))
}

/** What people are told of a change; undefined where it is not worth it. */
function newsOf (before: Device, after: Device): [reason: string, message: string] | undefined {
  const { name, reason = '' } = after
  if (after.state === 'offline' && before.state !== 'offline') return ['DeviceOffline', `${name} is offline. ${reason}`]
  if (after.sessions === before.sessions) return undefined
  if (after.state === before.state) return ['DeviceRestarted', `${name} has begun anew.`]
  return ['DeviceOnline', before.sessions === 0 ? `${name} is online.` : `${name} is back online.`]
}

function isOther (one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return one?.length !== other?.length || one?.some((each, index) => each !== other?.[index]) === true
}
