// What became of the last requests: who was asked, how it ended, how long it took. Never what was sent, found or answered.
import type { Outcome } from './outcome.ts'
import type { Role, Step } from './plan.ts'

/** One service in a request. */
export interface RecentStep {
  readonly service: string
  readonly role: Role
  /** How it ended; `running` where it has not. */
  kind: Outcome['kind'] | 'running'
  /** Why it failed. */
  reason?: NonNullable<Outcome['reason']>
  /** Milliseconds from the arrival of the request until the service was asked; absent where it never was. */
  start?: number
  /** Milliseconds that it took. */
  ms: number
  /** Whether its result was known before. */
  cached: boolean
  /** How many replicas were asked, where it was more than one. */
  attempts?: number
}

/** How a request ended: with an answer, with a refusal, because the client went, or by a fault. */
export type RecentEnd = 'answered' | 'refused' | 'cancelled' | 'failed'

/** A request that has begun. */
export interface BegunRequest {
  /** Counts requests in this process, from 1. */
  readonly number: number
  /** The `request_uuid`; absent where the request could not be read. */
  id?: string
  readonly path: string
  /** Route that it names; absent where it could not be read, or names none. */
  route?: string
  /** When it came, in milliseconds since 1970. */
  readonly when: number
}

/** A request that has ended. */
export interface RecentRequest extends BegunRequest {
  readonly ms: number
  readonly status: number
  readonly end: RecentEnd
  /** Code of the refusal or fault. */
  readonly code?: string
  /** In the order in which they were asked, or settled where they never were. */
  readonly steps: readonly RecentStep[]
  /** Steps that are not listed because there were too many. */
  readonly omittedSteps: number
}

/** A step of a request that is under way: it has been asked, or has settled. */
export interface MovedStep extends RecentStep { readonly number: number }

/** Follows requests as they happen; none of these may throw. */
export interface RecentListener {
  /** A request has been read and begins. */
  onStarted: (request: BegunRequest) => void
  onStep: (step: MovedStep) => void
  onEnded: (request: RecentRequest) => void
}

/** Takes down what becomes of one request. */
export interface Recording {
  /** The request has been read. */
  identify (id: string, route: string | undefined): void
  onStart (step: Step): void
  onOutcome (outcome: Outcome): void
  /** Says why it is refused or fails, before it ends. The last word stands. */
  blame (code: string): void
  /** It has ended; counts once. */
  end (status: number): void
}

/** The last requests. */
export interface RecentRequests {
  /** How many are kept; 0 where none are. */
  readonly limit: number
  /** Begins to take one down. @param elapsed - milliseconds since it came */
  begin (path: string, elapsed: number): Recording
  /** Those that have ended, the newest first. */
  list (): RecentRequest[]
  /** Follows those to come. @returns what ends it */
  follow (listener: RecentListener): () => void
}

/** Most steps that are kept of a request, and most characters of a name. */
const most = { steps: 500, characters: 200 }

/** Keeps the last requests. @param limit - how many @param now - a monotonic clock in milliseconds @param wallClock - in milliseconds since 1970 */
export function createRecentRequests (limit: number, { now = () => performance.now(), wallClock = Date.now }: { now?: () => number, wallClock?: () => number } = {}): RecentRequests {
  const ring: RecentRequest[] = []
  const listeners = new Set<RecentListener>()
  let begun = 0
  let ended = 0

  const begin = (path: string, elapsed: number): Recording => {
    const from = now() - elapsed
    const request: BegunRequest = { number: ++begun, path, when: wallClock() - Math.round(elapsed) }
    const { number } = request
    const steps: RecentStep[] = []
    const running = new Map<string, RecentStep>()
    let omittedSteps = 0
    let code: string | undefined
    let hasEnded = false

    const add = (step: RecentStep): void => {
      if (steps.length < most.steps) steps.push(step)
      else omittedSteps += 1
    }
    const tell = (step: RecentStep): void => {
      if (listeners.size === 0) return
      const moved = { number, ...step }
      for (const listener of listeners) listener.onStep(moved)
    }

    return {
      identify (id, route) {
        request.id = id.slice(0, most.characters)
        if (route !== undefined) request.route = route.slice(0, most.characters)
        for (const listener of listeners) listener.onStarted(request)
      },

      onStart ({ service, role }) {
        const step: RecentStep = { service: service.name.slice(0, most.characters), role, kind: 'running', start: tenths(now() - from), ms: 0, cached: false }
        running.set(service.name, step)
        add(step)
        tell(step)
      },

      onOutcome ({ service, role, kind, reason, milliseconds, attempts }) {
        const asked = running.get(service)
        running.delete(service)
        const step: RecentStep = asked ?? { service: service.slice(0, most.characters), role, kind, ms: 0, cached: false }
        step.kind = kind
        step.ms = tenths(milliseconds)
        step.cached = kind === 'cached'
        if (reason !== undefined) step.reason = reason
        if (attempts !== undefined) step.attempts = attempts
        if (asked === undefined) {
          if (milliseconds > 0) step.start = tenths(Math.max(0, now() - from - milliseconds))
          add(step)
        }
        tell(step)
      },

      blame (cause) { code = cause },

      end (status) {
        if (hasEnded) return
        hasEnded = true
        const whole: RecentRequest = { ...request, ms: tenths(now() - from), status, end: endOf(status, code), ...code === undefined ? {} : { code }, steps, omittedSteps }
        ring[ended++ % limit] = whole
        for (const listener of listeners) listener.onEnded(whole)
      }
    }
  }

  return {
    limit,
    begin: limit === 0 ? () => deaf : begin,
    list: () => {
      const oldest = ended % Math.max(1, ring.length)
      return [...ring.slice(oldest), ...ring.slice(0, oldest)].reverse()
    },
    follow (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    }
  }
}

/** Where nothing is kept. */
const deaf: Recording = { identify () {}, onStart () {}, onOutcome () {}, blame () {}, end () {} }

function endOf (status: number, code: string | undefined): RecentEnd {
  if (status === 499) return 'cancelled'
  if (code === 'TUTTI_INTERNAL' || (status >= 500 && status !== 503)) return 'failed'
  return status >= 400 || code !== undefined ? 'refused' : 'answered'
}

function tenths (milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
