// What becomes of proposals: a device that is new is kept once it has described itself; one that is known is followed to where it answers; nobody takes the name of one that still answers.
import type { AddressPolicy } from '../address-policy.ts'
import type { Device, DeviceDescription, DeviceEndpoint, DeviceOrigin } from '../device.ts'
import { DevicesError } from '../devices-error.ts'
import { newId } from '../id.ts'
import type { Registry } from '../registry.ts'
import type { Notices } from '../health/prober.ts'
import type { Contact } from './contact.ts'
import type { Proposal } from './proposal.ts'

/** What candidates are judged with. */
export interface CandidatesOptions {
  readonly registry: Pick<Registry, 'devices' | 'notify'>
  readonly policy: AddressPolicy
  readonly contact: Contact
  readonly notices: Notices
  /** The device of a name. */
  readonly find: (name: string) => Promise<Device | undefined>
  /** A device is to be probed soon: it is new, it may be back, or somebody else claims to be it. */
  readonly onInterest: (device: Device, rival: Proposal | undefined) => void
  /** Most devices. */
  readonly most: number
  /** Milliseconds between the attempts to reach somebody who is new. */
  readonly pauses: readonly number[]
  /** Milliseconds that proposals of a known device must stand before they are looked at: records come in several packets. */
  readonly settling: number
  readonly now: () => number
}

/** Judges proposals. */
export interface Candidates {
  /** Looks into a proposal in the background. */
  propose (proposal: Proposal): void
  /**
   * Keeps a device that somebody has registered before it has been reached; what is known already is looked into in the background.
   * @throws DevicesError ADDRESS_REFUSED, TOO_LARGE, UNAVAILABLE
   */
  register (proposal: Proposal): Promise<void>
  /** Proposals that were refused: by address, for want of room, or because the name is taken; and those in hand. */
  readonly numbers: { readonly refused: number, readonly inHand: number }
  close (): Promise<void>
}

/** Proposals in hand at one time. What is announced by multicast DNS comes again. */
const mostInHand = 256

/** Begins to judge. */
export function createCandidates ({ registry, policy, contact, notices, find, onInterest, most, pauses, settling, now }: CandidatesOptions): Candidates {
  /** By name, the newest proposal of each. */
  const inHand = new Map<string, { proposal: Proposal, work: Promise<void> }>()
  /** Endpoints by name of which people have been told that they are refused. */
  const told = new Map<string, string>()
  const ended = new AbortController()
  let refused = 0

  const allowedOf = (proposal: Proposal): Proposal | undefined => {
    const addresses = proposal.addresses.filter(policy.isAllowed)
    if (addresses.length === 0) refused += 1
    return addresses.length === 0 ? undefined : { ...proposal, addresses }
  }

  /** @throws DevicesError TOO_LARGE, CONFLICT where the name has been taken meanwhile */
  const keep = async (proposal: Proposal, origin: DeviceOrigin, description: DeviceDescription | undefined) => {
    if (await registry.devices.count() >= most) {
      refused += 1
      throw new DevicesError('TOO_LARGE', `There are ${most} devices, as many as DEVICES_MAX_DEVICES allows. Remove those that are gone.`)
    }
    const device = newDevice(proposal, origin, description, now())
    await registry.devices.insert(device)
    notices.say(device, 'DeviceFound', `${device.name} has been ${origin === 'mdns' ? 'found by multicast DNS' : 'registered'}.`)
    registry.notify('devices', device.id)
    notices.changed(device, false)
    onInterest(device, undefined)
  }

  /** Somebody new: kept once it describes itself. */
  const consider = async (proposal: Proposal) => {
    for (const pause of pauses) {
      await rest(pause, ended.signal)
      if (ended.signal.aborted) return
      const found = await contact(proposal, ended.signal).catch(() => undefined)
      if (found !== undefined) return await keep({ ...proposal, addresses: found.addresses }, 'mdns', found.description)
    }
  }

  /** Somebody who is known is said to be elsewhere. */
  const compare = async (device: Device, proposal: Proposal) => {
    if (isSameEndpoint(device, proposal)) {
      if (device.state !== 'online') onInterest(device, undefined)
      return
    }
    const { port, tls } = proposal
    const shared = device.addresses.filter(each => proposal.addresses.includes(each))
    if (shared.length > 0 && port === device.port && tls === device.tls) {
      // The first one stays, as long as it is one: it stands in what peers have been given.
      await follow(device, { addresses: [...shared, ...proposal.addresses.filter(each => !shared.includes(each))], port, tls })
      return
    }
    onInterest(device, proposal)
    const found = await contact(proposal, ended.signal).catch(() => undefined)
    if (found === undefined || ended.signal.aborted) return
    const stillThere = await contact(device, ended.signal).then(() => true, () => false)
    if (ended.signal.aborted) return
    if (!stillThere) return await follow(device, { addresses: found.addresses, port, tls })
    refused += 1
    if (told.get(device.name) === keyOf(proposal)) return
    if (told.size >= mostInHand) told.clear()
    told.set(device.name, keyOf(proposal))
    notices.say(device, 'NameRefused', `Somebody else says that it is ${device.name}, which still answers where it was. Give one of the two another name.`)
  }
  const follow = async (device: Device, endpoint: DeviceEndpoint) => {
    const moved = await registry.devices.update(device.id, before => ({ ...before, ...endpoint }))
    if (moved === undefined) return
    notices.say(device, 'AddressChanged', `${device.name} is followed to where it answers now.`)
    registry.notify('devices', device.id)
    notices.changed(moved, false)
    onInterest(moved, undefined)
  }

  const judge = async (name: string) => {
    for (let done: Proposal | undefined; ;) {
      const known = await find(name)
      // What comes meanwhile takes the place of what is there.
      if (known !== undefined) await rest(settling, ended.signal)
      const proposal = inHand.get(name)?.proposal
      if (proposal === undefined || ended.signal.aborted || (done !== undefined && keyOf(done) === keyOf(proposal))) return
      done = proposal
      if (known === undefined) await consider(proposal)
      else await compare(await find(name) ?? known, proposal)
    }
  }
  const propose = (proposal: Proposal) => {
    const { name } = proposal
    const allowed = allowedOf(proposal)
    if (allowed === undefined || ended.signal.aborted) return
    const other = inHand.get(name)
    if (other !== undefined) {
      other.proposal = allowed
    } else if (inHand.size < mostInHand) {
      const entry = { proposal: allowed, work: Promise.resolve() }
      inHand.set(name, entry)
      // What fails is proposed again.
      entry.work = judge(name).catch(() => {}).finally(() => inHand.delete(name))
    }
  }

  return {
    propose,
    async register (proposal) {
      const allowed = allowedOf(proposal)
      if (allowed === undefined) throw new DevicesError('ADDRESS_REFUSED', 'None of the addresses is one that devices may have. DEVICES_ADDRESSES names the networks that they may be in.')
      if (await find(allowed.name) === undefined) {
        try {
          return await keep(allowed, 'registered', undefined)
        } catch (error) {
          // Somebody was quicker.
          if (!(error instanceof DevicesError) || error.code !== 'CONFLICT') throw error
        }
      }
      propose(allowed)
    },
    get numbers () { return { refused, inHand: inHand.size } },
    async close () {
      ended.abort()
      await Promise.all([...inHand.values()].map(each => each.work))
    }
  }
}

function newDevice ({ name, addresses, port, tls }: Proposal, origin: DeviceOrigin, description: DeviceDescription | undefined, now: number): Device {
  return {
    id: newId(now),
    name,
    origin,
    addresses,
    port,
    tls,
    description,
    state: 'suspect',
    reason: 'It has not been probed yet.',
    since: now,
    lastSeen: undefined,
    okChecks: 0,
    failedChecks: 0,
    health: undefined,
    blacklisted: undefined,
    statusLog: [],
    labels: {},
    deployments: undefined,
    sessions: 0,
    createdAt: now
  }
}

function isSameEndpoint (one: DeviceEndpoint, other: DeviceEndpoint): boolean {
  return one.port === other.port && one.tls === other.tls && one.addresses.length === other.addresses.length && one.addresses.every(each => other.addresses.includes(each))
}

function keyOf ({ addresses, port, tls }: DeviceEndpoint): string {
  return `${addresses.join(' ')} ${port} ${tls}`
}

async function rest (milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return
  await new Promise<void>(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
