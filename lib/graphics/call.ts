// One service asked: replica, deadline, headers, further attempts, status rules, check of the reply. Gives an outcome, never throws.
import { withoutByteOrderMark } from '../body.ts'
import { UpstreamError } from '../upstream.ts'
import type { Upstream, UpstreamReply } from '../upstream.ts'
import type { Envelope } from './envelope.ts'
import type { CallOutcome, FailureReason } from './outcome.ts'
import type { Role, Step } from './plan.ts'
import type { Reader } from './reader.ts'
import { modifierName } from './reading.ts'
import type { Refusal } from './reading.ts'
import type { Replicas, Seat, Verdict } from './replicas.ts'
import type { RetryBudget } from './retry-budget.ts'

/** Calls the service of a step with the request as it stands. */
export interface Call {
  /** @param onStart - told when the service is asked, not while the call waits or where its result is known; must not throw */
  (step: Step, envelope: Envelope, signal: AbortSignal, onStart?: (step: Step) => void): Promise<CallOutcome>
}

/** What calls are made with. */
export interface CallOptions {
  upstream: Upstream
  reader: Reader
  replicas: Replicas
  budget: RetryBudget
  /** Milliseconds that a preprocessor or modifier has, unless its label says otherwise. */
  preprocessorTimeout: number
  /** Milliseconds that a handler has, unless its label says otherwise. */
  handlerTimeout: number
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** How a call ended, whoever was asked and however long it took. */
type Ending = Omit<CallOutcome, 'service' | 'role' | 'milliseconds'>

/** What one attempt brought: a reply, whatever its status, or what went wrong. */
type Attempt = { reply: UpstreamReply } | { error: unknown }

/** Statuses of a gateway or a service that cannot take the request now (RFC 9110, section 15.6): another replica may. */
const worthAnother = new Set([502, 503, 504])

/**
 * Makes the function that calls services.
 *
 * The time of a call starts when a replica has room for it, and covers all attempts. A further attempt goes to another replica,
 * and only where that one could do better: after a connection that was refused or broke, or a status 502, 503 or 504. What comes of
 * a connection that the service had closed while it was idle is no attempt: the same replica is asked again at once, over a
 * fresh connection. Label and budget bound what may cost the service work twice; after a refusal nothing has been done yet, and every
 * other replica may be asked, so that replicas which have died take no call with them.
 */
export function createCall (options: CallOptions): Call {
  const { upstream, reader, replicas, budget, preprocessorTimeout, handlerTimeout, now = () => performance.now() } = options

  return async (step, envelope, signal) => {
    const { service, role } = step
    const attemptAt = attempts(step, envelope, signal)
    const seat = await replicas.take(service, signal)
    if (seat === undefined) return { service: service.name, role, kind: 'cancelled', milliseconds: 0 }
    if (seat === 'down') return { service: service.name, role, kind: 'failed', reason: 'down', milliseconds: 0 }
    const start = now()
    const timeout = service.timeout ?? (role === 'handler' ? handlerTimeout : preprocessorTimeout)
    const left = () => Math.ceil(timeout - (now() - start))
    const tried = [seat.replica]
    const account = budget.open(service.name)
    try {
      let { attempt, ending } = await attemptAt(seat, left, 1)
      let retries = 0
      while (isRefusal(attempt) || (isWorthAnother(attempt) && retries++ < service.retries && account.allowsFurther())) {
        const next = await takeWithin(left(), step, signal, tried)
        if (next === undefined) break
        tried.push(next.replica)
        ;({ attempt, ending } = await attemptAt(next, left, tried.length))
      }
      return { service: service.name, role, milliseconds: now() - start, ...ending, ...tried.length > 1 ? { attempts: tried.length } : {} }
    } finally {
      account.close()
    }
  }

  /** Sends the request as it stands now, to one replica after the other; each attempt is a span of its own. */
  function attempts ({ service, role }: Step, envelope: Envelope, signal: AbortSignal) {
    const path = role === 'handler' ? '/handler' : '/preprocessor'
    const headers = { 'content-type': 'application/json', 'x-request-id': envelope.requestUuid, 'user-agent': 'tutti' }
    const body = envelope.body()

    return async (seat: Seat, left: () => number, number: number): Promise<{ attempt: Attempt, ending: Ending }> => {
      const span = envelope.span.call(`POST ${service.name}${path}`, {
        'http.request.method': 'POST', 'server.address': service.name, 'tutti.service': service.name, 'tutti.role': role, 'tutti.attempt': number
      })
      const post: Post = (origin, timeout, fresh) => upstream.post({ origin, path, headers: { ...headers, ...span.headers }, body, signal, timeout: Math.max(1, timeout), fresh })
      const attempt = await ask(seat, post, left, signal)
      const ending = await conclude(attempt, role, signal)
      const status = 'reply' in attempt ? attempt.reply.status : undefined
      const failure = ending.reason === 'status' ? String(status) : ending.reason
      span.end({ 'http.response.status_code': status, 'tutti.outcome': ending.kind, 'tutti.reason': ending.reason }, failure)
      return { attempt, ending }
    }
  }

  /** A place at another replica; undefined where there is none, or the time is over before it is free. */
  async function takeWithin (milliseconds: number, { service }: Step, signal: AbortSignal, tried: Seat['replica'][]): Promise<Seat | undefined> {
    if (milliseconds <= 0 || signal.aborted) return undefined
    const over = new AbortController()
    const end = () => over.abort()
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
    try {
      const seat = await replicas.take(service, over.signal, tried)
      return seat === 'down' ? undefined : seat
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }

  async function conclude (attempt: Attempt, role: Role, signal: AbortSignal): Promise<Ending> {
    try {
      if ('error' in attempt) throw attempt.error
      return await judge(role, attempt.reply.status, withoutByteOrderMark(attempt.reply.bytes), reader, signal)
    } catch (error) {
      return signal.aborted ? { kind: 'cancelled' } : failure(error)
    }
  }
}

/** POSTs the request of a call to an origin. */
interface Post { (origin: string, timeout: number, fresh: boolean): Promise<UpstreamReply> }

/** Asks one replica, and says how it did when giving back the place. */
async function ask (seat: Seat, post: Post, left: () => number, signal: AbortSignal): Promise<Attempt> {
  let attempt = await settled(post(seat.replica.origin, left(), false))
  if ('error' in attempt && attempt.error instanceof UpstreamError && attempt.error.stale) {
    attempt = await settled(post(seat.replica.origin, left(), true))
  }
  seat.leave(signal.aborted ? 'neither' : verdictOf(attempt))
  return attempt
}

async function settled (reply: Promise<UpstreamReply>): Promise<Attempt> {
  try {
    return { reply: await reply }
  } catch (error) {
    return { error }
  }
}

function verdictOf (attempt: Attempt): Verdict {
  if ('reply' in attempt) return attempt.reply.status >= 500 ? 'failure' : 'success'
  if (!(attempt.error instanceof UpstreamError)) return 'neither'
  switch (attempt.error.reason) {
    case 'aborted': return 'neither'
    // It has answered, if only too much.
    case 'too-large': return 'success'
    case 'refused': case 'broken': case 'timeout': return 'silence'
  }
}

function isRefusal (attempt: Attempt): boolean {
  return 'error' in attempt && attempt.error instanceof UpstreamError && attempt.error.reason === 'refused'
}

function isWorthAnother (attempt: Attempt): boolean {
  if ('reply' in attempt) return worthAnother.has(attempt.reply.status)
  return isRefusal(attempt) || (attempt.error instanceof UpstreamError && attempt.error.reason === 'broken')
}

async function judge (role: Role, status: number, bytes: Buffer, reader: Reader, signal: AbortSignal): Promise<Ending> {
  if (status === 204) return { kind: 'not-applicable' }
  const isAnswer = role === 'handler' ? status >= 200 && status <= 299 : status === 200
  if (!isAnswer) return { kind: 'failed', reason: 'status', detail: String(status) }
  if (bytes.length === 0) return { kind: 'failed', reason: 'not-json', detail: 'the reply is empty' }

  if (role === 'handler') {
    const reading = await reader.read('handlerReply', bytes, signal)
    if (!reading.ok) return unusable(reading)
    const renderings = reading.renderings.map(({ typeId, description, start, end }) => ({ typeId, description, bytes: reading.bytes.subarray(start, end) }))
    return { kind: 'done', result: { kind: 'renderings', renderings } }
  }
  const reading = await reader.read('preprocessorReply', bytes, signal)
  if (!reading.ok) return unusable(reading)
  if (role === 'modifier' && reading.name !== modifierName) return { kind: 'failed', reason: 'wrong-name', detail: `a modifier must name its reply ${modifierName}` }
  return { kind: 'done', result: { kind: 'data', name: reading.name, data: reading.bytes.subarray(reading.dataStart, reading.dataEnd) } }
}

function unusable (refusal: Refusal): Ending {
  if (refusal.cause === 'not-json' || refusal.cause === 'not-text') return { kind: 'failed', reason: 'not-json' }
  // Path and keyword only: params and message may hold what the service saw in the picture.
  const first = refusal.cause === 'invalid' ? refusal.errors[0] : undefined
  return { kind: 'failed', reason: 'invalid', detail: first === undefined ? refusal.cause : `${first.instancePath.slice(0, 200)} ${first.keyword}`.trim() }
}

function failure (error: unknown): Ending {
  if (error instanceof UpstreamError && error.reason !== 'aborted') return { kind: 'failed', reason: error.reason satisfies FailureReason, detail: error.message }
  const code = (error as { code?: unknown }).code
  const reason: FailureReason = code === 'TUTTI_BODY_TOO_HARD' ? 'invalid' : 'internal'
  return { kind: 'failed', reason, detail: String(code ?? (error as Error).name) }
}
