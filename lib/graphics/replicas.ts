// Who is asked: which replica of a service gets a call, and which are left alone for a while because they fail. Where none is left,
// calls fail at once, and one a second tries whether the service is back.
import type { Replica, Service, Topology } from '../discovery/topology.ts'

/**
 * What a call says of the replica that was asked: `failure` where its answer was one, `silence` where it did not answer, `neither` where
 * the call was given up or says nothing of it.
 */
export type Verdict = 'success' | 'failure' | 'silence' | 'neither'

/** A place at a replica, for one call. */
export interface Seat {
  readonly replica: Replica
  /** Gives the place back, once. */
  leave (verdict: Verdict): void
}

/** How a replica is doing. */
export interface ReplicaState {
  /** Calls in flight. */
  readonly inFlight: number
  /** Failures since the last success. */
  readonly failures: number
  /** Until when it is set aside, in milliseconds since 1970; absent where it is not. */
  readonly setAsideUntil?: number
}

/** Chooses replicas, and remembers how they did. */
export interface Replicas {
  /**
   * Takes a place at a replica of the service, waiting while all that may be asked have as many calls as they take. The replicas are
   * those of the newest topology; where the service has gone from it, those it had.
   * @param service - the service as the plan has it
   * @param signal - ends the wait
   * @param tried - replicas that are not asked again; where there are some, and the service has gone, nobody is asked
   * @returns undefined where the signal came first, or nobody is left to ask; `down` where the service is down and it is not this call
   * that tries whether it is back
   */
  take (service: Service, signal: AbortSignal, tried?: readonly Replica[]): Promise<Seat | 'down' | undefined>
  /** Whether all replicas of a service are set aside, or have been without a success since; its calls fail at once then, but for one now and then. */
  isDown (service: Service): boolean
  /** How a replica is doing; one that nobody knows is well. */
  state (replica: Replica): ReplicaState
  /** Takes over a topology: what has gone from it is forgotten as soon as no call is in flight there. */
  retain (topology: Topology): void
  /** Replicas that are remembered, and calls that wait for a place. */
  readonly size: { readonly replicas: number, readonly waiting: number }
}

/** What replicas are chosen with. */
export interface ReplicasOptions {
  /** Failures in a row after which a replica is set aside. */
  setAsideAfter: number
  /** Milliseconds that it is set aside; the second time in a row lasts twice as long, and so on up to ten times. */
  setAsideTime: number
  /** Told of a replica that has been set aside, and for how many milliseconds. */
  onSetAside?: (service: string, replica: Replica, milliseconds: number) => void
  /** Told of a replica that had been set aside and has answered. */
  onReturn?: (service: string, replica: Replica) => void
  /** A monotonic clock in milliseconds. */
  now?: () => number
  /** The wall clock, in milliseconds since 1970. */
  wallClock?: () => number
  /** Random numbers in [0, 1). */
  random?: () => number
}

/** Longest time aside, as a multiple of the first. */
const mostTimes = 10

/** Milliseconds from one call that tries whether a service is back to the next. */
const probeInterval = 1000

/** What is remembered of a replica. */
interface Condition {
  inFlight: number
  failures: number
  /** How often in a row it was set aside. */
  times: number
  /** When that ended or will end. */
  until: number
  /** When it was last set aside, or tried while its service was down. */
  triedAt: number
  /** Whether such a try is in flight. */
  isTried: boolean
}

interface Waiting { find (): Seat | 'full' | 'nobody' | 'down', settle (seat: Seat | 'down' | undefined): void }

/** Starts with no replica known, and none set aside. */
export function createReplicas (options: ReplicasOptions): Replicas {
  const { setAsideAfter, setAsideTime, onSetAside, onReturn, now = () => performance.now(), wallClock = Date.now, random = Math.random } = options
  // Each call asks several times.
  const written = new WeakMap<Replica, string>()
  const keyOf = (replica: Replica): string => {
    const key = written.get(replica) ?? `${replica.id} ${replica.origin}`
    written.set(replica, key)
    return key
  }
  // By what a replica is, not by object: each topology has new ones.
  const conditions = new Map<string, Condition>()
  const waiting = new Set<Waiting>()
  let newest: Topology | undefined
  let present: ReadonlySet<string> | undefined

  const isAside = (condition: Condition | undefined): boolean => condition !== undefined && condition.times > 0 && now() < condition.until
  const isGone = (key: string): boolean => present !== undefined && !present.has(key)
  const conditionOf = (replica: Replica) => conditions.get(keyOf(replica))

  /** One that was set aside is sound again after a success. */
  const isSound = (replica: Replica): boolean => (conditionOf(replica)?.times ?? 0) === 0
  const replicasOf = (service: Service): readonly Replica[] => (newest?.services.get(service.name) ?? service).replicas

  const find = (service: Service, tried: readonly Replica[]): Seat | 'full' | 'nobody' | 'down' => {
    const current = newest?.services.get(service.name)
    if (newest !== undefined && current === undefined && tried.length > 0) return 'nobody'
    const { replicas, concurrency = Infinity } = current ?? service
    const keys = tried.map(keyOf)
    const untried = keys.length === 0 ? replicas : replicas.filter(replica => !keys.includes(keyOf(replica)))
    if (untried.length > 0 && !replicas.some(isSound)) return probe(service, replicas, untried)
    const candidates = untried.filter(replica => !isAside(conditionOf(replica)))
    if (candidates.length === 0) return 'nobody'
    // One that was set aside is tried with one call at a time, while others can take the rest.
    const free = candidates.filter(replica => inFlightAt(replica) < (isSound(replica) ? concurrency : 1))
    return free.length === 0 ? 'full' : sit(service, draw(free))
  }

  /** Where all are unsound, one call a second goes to the one that has been left alone longest, and each has one such call at a time. */
  const probe = (service: Service, replicas: readonly Replica[], untried: readonly Replica[]): Seat | 'down' => {
    const triedAt = (replica: Replica) => conditionOf(replica)?.triedAt ?? -Infinity
    if (now() - Math.max(...replicas.map(triedAt)) < probeInterval) return 'down'
    const [replica] = untried.filter(each => conditionOf(each)?.isTried !== true).sort((a, b) => triedAt(a) - triedAt(b))
    return replica === undefined ? 'down' : sit(service, replica, true)
  }

  const inFlightAt = (replica: Replica) => conditionOf(replica)?.inFlight ?? 0

  /** Of two drawn at random the one with fewer calls in flight. */
  const draw = (free: readonly Replica[]): Replica => {
    if (free.length === 1) return free[0] as Replica
    const first = Math.floor(random() * free.length)
    const drawn = Math.floor(random() * (free.length - 1))
    const second = drawn < first ? drawn : drawn + 1
    const [one, other] = [free[first] as Replica, free[second] as Replica]
    return inFlightAt(other) < inFlightAt(one) ? other : one
  }

  const sit = (service: Service, replica: Replica, isTry = false): Seat => {
    const key = keyOf(replica)
    const condition = conditions.get(key) ?? { inFlight: 0, failures: 0, times: 0, until: 0, triedAt: -Infinity, isTried: false }
    conditions.set(key, condition)
    condition.inFlight += 1
    if (isTry) Object.assign(condition, { triedAt: now(), isTried: true })
    let isTaken = true
    return {
      replica,
      leave (verdict) {
        if (!isTaken) return
        isTaken = false
        condition.inFlight -= 1
        if (isTry) condition.isTried = false
        if (verdict === 'success') praise(service, replica, condition)
        if (verdict === 'failure' || verdict === 'silence') blame(service, replica, condition, verdict)
        forget(key, condition)
        serve()
      }
    }
  }

  const praise = (service: Service, replica: Replica, condition: Condition) => {
    if (condition.times > 0) onReturn?.(service.name, replica)
    Object.assign(condition, { failures: 0, times: 0 })
  }

  const blame = (service: Service, replica: Replica, condition: Condition, verdict: 'failure' | 'silence') => {
    condition.failures += 1
    if (condition.failures < setAsideAfter || isAside(condition) || isGone(keyOf(replica))) return
    // The last one only where it does not answer at all: a service that fails at times is better than none.
    const isLast = !replicasOf(service).some(each => keyOf(each) !== keyOf(replica) && isSound(each))
    if (isLast && verdict === 'failure') return
    condition.times = Math.min(condition.times + 1, mostTimes)
    const milliseconds = setAsideTime * condition.times
    condition.triedAt = now()
    condition.until = now() + milliseconds
    onSetAside?.(service.name, replica, milliseconds)
  }

  /** Nothing is kept of those that are idle and either blameless or gone. */
  const forget = (key: string, { inFlight, failures, times }: Condition) => {
    if (inFlight === 0 && (isGone(key) || (failures === 0 && times === 0))) conditions.delete(key)
  }

  const serve = () => {
    for (const each of waiting) {
      const found = each.find()
      if (found !== 'full') each.settle(found === 'nobody' ? undefined : found)
    }
  }

  const wait = (service: Service, signal: AbortSignal, tried: readonly Replica[]): Promise<Seat | 'down' | undefined> => {
    const { promise, resolve } = Promise.withResolvers<Seat | 'down' | undefined>()
    const giveUp = () => each.settle(undefined)
    const each: Waiting = {
      find: () => find(service, tried),
      settle (seat) {
        waiting.delete(each)
        signal.removeEventListener('abort', giveUp)
        resolve(seat)
      }
    }
    waiting.add(each)
    signal.addEventListener('abort', giveUp)
    return promise
  }

  return {
    async take (service, signal, tried = []) {
      if (signal.aborted) return undefined
      const found = find(service, tried)
      if (found === 'nobody') return undefined
      return found === 'full' ? await wait(service, signal, tried) : found
    },

    isDown: service => !replicasOf(service).some(isSound),

    state (replica) {
      const condition = conditionOf(replica)
      const { inFlight, failures, until } = condition ?? { inFlight: 0, failures: 0, until: 0 }
      return { inFlight, failures, ...isAside(condition) ? { setAsideUntil: Math.round(wallClock() + until - now()) } : {} }
    },

    retain (topology) {
      newest = topology
      present = new Set([...topology.services.values()].flatMap(service => service.replicas.map(keyOf)))
      for (const [key, condition] of conditions) forget(key, condition)
      serve()
    },

    get size () { return { replicas: conditions.size, waiting: waiting.size } }
  }
}
