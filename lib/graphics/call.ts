// One service asked once: replica, deadline, headers, status rules, check of the reply. Gives an outcome, never throws.
import type { Replica, Service } from '../discovery/topology.ts'
import { withoutByteOrderMark } from '../body.ts'
import { UpstreamError } from '../upstream.ts'
import type { Upstream } from '../upstream.ts'
import type { Envelope } from './envelope.ts'
import type { CallOutcome, FailureReason } from './outcome.ts'
import type { Role, Step } from './plan.ts'
import type { Reader } from './reader.ts'
import { modifierName } from './reading.ts'
import type { Refusal } from './reading.ts'

/** Calls the service of a step with the request as it stands. */
export interface Call {
  (step: Step, envelope: Envelope, signal: AbortSignal): Promise<CallOutcome>
}

/** What calls are made with. */
export interface CallOptions {
  upstream: Upstream
  reader: Reader
  /** Milliseconds that a preprocessor or modifier has. */
  preprocessorTimeout: number
  /** Milliseconds that a handler has. */
  handlerTimeout: number
  /** A monotonic clock in milliseconds. */
  now?: () => number
  /** Random numbers in [0, 1), for the choice of a replica. */
  random?: () => number
}

/** How a call ended, whoever was asked and however long it took. */
type Ending = Omit<CallOutcome, 'service' | 'role' | 'milliseconds'>

/** Makes the function that calls services. */
export function createCall (options: CallOptions): Call {
  const { upstream, reader, preprocessorTimeout, handlerTimeout, now = () => performance.now(), random = Math.random } = options
  const inFlight = new WeakMap<Replica, number>()

  return async (step, envelope, signal) => {
    const start = now()
    const { service, role } = step
    const replica = pickReplica(service, inFlight, random)
    const count = (change: number) => inFlight.set(replica, (inFlight.get(replica) ?? 0) + change)
    count(1)
    let ending: Ending
    try {
      const reply = await upstream.post({
        origin: replica.origin,
        path: role === 'handler' ? '/handler' : '/preprocessor',
        headers: { 'content-type': 'application/json', 'x-request-id': envelope.requestUuid, 'user-agent': 'tutti' },
        body: envelope.body(),
        timeout: role === 'handler' ? handlerTimeout : preprocessorTimeout,
        signal
      })
      ending = await judge(role, reply.status, withoutByteOrderMark(reply.bytes), reader, signal)
    } catch (error) {
      ending = signal.aborted ? { kind: 'cancelled' } : failure(error)
    } finally {
      count(-1)
    }
    return { service: service.name, role, milliseconds: now() - start, ...ending }
  }
}

/** Of two replicas drawn at random the one with fewer calls in flight. */
function pickReplica (service: Service, inFlight: WeakMap<Replica, number>, random: () => number): Replica {
  const draw = () => service.replicas[Math.floor(random() * service.replicas.length)] as Replica
  const [first, second] = [draw(), draw()]
  return (inFlight.get(second) ?? 0) < (inFlight.get(first) ?? 0) ? second : first
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
