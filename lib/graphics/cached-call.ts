// A call that looks first whether its result is known: in the files of an override, in the cache, or on its way for somebody else.
import type { Cache, LeaseEnding } from '../cache/cache.ts'
import { createCacheKeys, subjectMembers, subjectOf } from '../cache/key.ts'
import type { CacheKeys } from '../cache/key.ts'
import type { Override } from '../cache/override.ts'
import { decodeValue, encodeValue } from '../cache/value.ts'
import type { Service } from '../discovery/topology.ts'
import { createSingleFlight } from '../single-flight.ts'
import type { SingleFlight } from '../single-flight.ts'
import type { Call } from './call.ts'
import type { Envelope } from './envelope.ts'
import type { CallOutcome } from './outcome.ts'
import type { Step } from './plan.ts'
import type { Reader } from './reader.ts'

/** What known results are found with. */
export interface CachedCallOptions {
  cache: Cache
  reader: Reader
  /** Files that stand in for calls, asked for every preprocessor whatever its labels say. */
  override?: Override
  /** Calls in flight that others may share; its own where absent. */
  flights?: SingleFlight<CallOutcome>
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** What other servers are told of an outcome; of one that is cancelled nothing, so that one of them takes over. */
const endings: { readonly [kind in CallOutcome['kind']]?: LeaseEnding } = { done: 'kept', 'not-applicable': 'empty', failed: 'failed' }

/**
 * Puts a call behind the cache. Only what preprocessors find is kept, for as long as their label says; modifiers and handlers are always
 * called. Identical calls in flight run once, see createSingleFlight, and once in all servers that share leases of the cache. There a failure ends
 * the waiting of the others, each of which then calls for itself: one after the other they would wait for too long.
 */
export function createCachedCall (call: Call, { cache, reader, override, flights = createCallFlights(), now = () => performance.now() }: CachedCallOptions): Call {
  const keysOf = createKeyring()
  // Only memcached is shared with the reference.
  const kind = cache.name === 'memcached' ? 'reference' : 'own'

  return async (step, envelope, signal, onStart) => {
    const { service, role } = step
    const isKept = service.cacheSeconds > 0
    if (role !== 'preprocessor' || (!isKept && override === undefined)) return await call(step, envelope, signal, onStart)
    const start = now()
    const keys = keysOf(envelope)
    const about = options(service, envelope)
    const file = override === undefined ? undefined : keys.reference(service.name, about)
    const standIn = file === undefined ? undefined : await read(step, await override?.(file), start, signal)
    if (standIn !== undefined) return standIn
    const key = isKept ? keys[kind](service.name, about) : undefined
    if (key === undefined) return await call(step, envelope, signal, onStart)
    const known = await read(step, await cache.get(key, signal), start, signal)
    if (known !== undefined) return known

    const flight = await flights.run(key, signal, () => callOnce(key, start, step, envelope, signal, onStart))
    if (flight === undefined) return { service: service.name, role, kind: 'cancelled', milliseconds: now() - start }
    return flight.shared ? { ...flight.result, milliseconds: now() - start } : flight.result
  }

  /** Calls, unless another server that shares the cache does; then waits for what comes of that. */
  async function callOnce (key: string, start: number, ...[step, envelope, signal, onStart]: Parameters<Call>): Promise<CallOutcome> {
    const { service, role } = step
    const turn = await cache.lease?.(key, signal)
    if (turn?.kind === 'over' && turn.ending === 'empty') return { service: service.name, role, kind: 'not-applicable', milliseconds: now() - start }
    const known = turn?.kind === 'over' && turn.ending === 'kept' ? await read(step, await cache.get(key, signal), start, signal) : undefined
    if (known !== undefined) return known

    const lease = turn?.kind === 'held' ? turn : undefined
    try {
      const outcome = await call(step, envelope, signal, onStart)
      // In the background: the answer does not wait for it. Those who wait elsewhere are told when it can be read.
      const kept = outcome.kind === 'done' && outcome.result?.kind === 'data' ? cache.set(key, encodeValue(outcome.result), service.cacheSeconds) : Promise.resolve()
      kept.then(() => lease?.release(endings[outcome.kind])).catch(() => {})
      return outcome
    } catch (error) {
      lease?.release().catch(() => {})
      throw error
    }
  }

  async function read ({ service, role }: Step, value: Buffer | undefined, start: number, signal: AbortSignal): Promise<CallOutcome | undefined> {
    const known = value === undefined ? undefined : await decodeValue(value, reader, signal)
    return known && { service: service.name, role, kind: 'cached', milliseconds: now() - start, result: { kind: 'data', ...known } }
  }
}

/** Makes an empty set of calls in flight: results are shared, failures are not. */
export function createCallFlights (): SingleFlight<CallOutcome> {
  return createSingleFlight(({ kind }) => kind === 'done' || kind === 'cached' || kind === 'not-applicable')
}

function options (service: Service, envelope: Envelope): { followupQuery?: string | undefined, language?: string | undefined } {
  const followup = parsed(envelope.member('followup'))
  const query = typeof followup === 'object' && followup !== null ? (followup as Record<string, unknown>).query : undefined
  const language = service.variesByLanguage ? parsed(envelope.member('language')) : undefined
  return { followupQuery: typeof query === 'string' ? query : undefined, language: typeof language === 'string' ? language : undefined }
}

/** Remembers the keys of a request, for as long as its subject stays the same: a modifier may put another graphic in its place. */
function createKeyring (): (envelope: Envelope) => CacheKeys {
  const known = new WeakMap<Envelope, { subject: Buffer, keys: CacheKeys }>()
  return envelope => {
    const subject = subjectOf(subjectMembers.map(member => envelope.member(member)))
    const last = known.get(envelope)
    if (last !== undefined && isSame(subject, last.subject)) return last.keys
    const keys = createCacheKeys(subject)
    known.set(envelope, { subject, keys })
    return keys
  }
}

/** Whether both are the same place in the same memory: the text of an envelope never changes where it stands. */
function isSame (one: Buffer, other: Buffer): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset && one.length === other.length
}

function parsed (text: Buffer | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text.toString('utf8'))
}
