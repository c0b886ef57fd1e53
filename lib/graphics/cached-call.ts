// A call that looks first whether its result is known: in the files of an override, in the cache, or on its way for somebody else.
import type { Cache } from '../cache/cache.ts'
import { createCacheKeys, subjectMembers, subjectOf } from '../cache/key.ts'
import type { CacheKeys } from '../cache/key.ts'
import type { Override } from '../cache/override.ts'
import { decodeValue, encodeValue } from '../cache/value.ts'
import type { Service } from '../discovery/topology.ts'
import { createSingleFlight } from '../single-flight.ts'
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
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/**
 * Puts a call behind the cache. Only what preprocessors find is kept, for as long as their label says; modifiers and handlers are always
 * called. Identical calls in flight run once; a failure is nobody's but the one's who made it, see createSingleFlight.
 */
export function createCachedCall (call: Call, { cache, reader, override, now = () => performance.now() }: CachedCallOptions): Call {
  const keysOf = createKeyring()
  const flights = createSingleFlight<CallOutcome>(outcome => outcome.kind === 'done' || outcome.kind === 'not-applicable')

  return async (step, envelope, signal, onStart) => {
    const { service, role } = step
    const isKept = service.cacheSeconds > 0
    if (role !== 'preprocessor' || (!isKept && override === undefined)) return await call(step, envelope, signal, onStart)
    const start = now()
    const key = keysOf(envelope)?.(service.name, options(service, envelope))
    if (key === undefined) return await call(step, envelope, signal, onStart)

    const known = await read(step, await override?.(key), start, signal) ?? (isKept ? await read(step, await cache.get(key, signal), start, signal) : undefined)
    if (known !== undefined) return known
    if (!isKept) return await call(step, envelope, signal, onStart)

    const flight = await flights.run(key, signal, () => call(step, envelope, signal, onStart))
    if (flight === undefined) return { service: service.name, role, kind: 'cancelled', milliseconds: now() - start }
    const { result: outcome, shared } = flight
    if (shared) return { ...outcome, milliseconds: now() - start }
    if (outcome.kind === 'done' && outcome.result?.kind === 'data') {
      // In the background: the answer does not wait for it.
      cache.set(key, encodeValue(outcome.result), service.cacheSeconds).catch(() => {})
    }
    return outcome
  }

  async function read ({ service, role }: Step, value: Buffer | undefined, start: number, signal: AbortSignal): Promise<CallOutcome | undefined> {
    const known = value === undefined ? undefined : await decodeValue(value, reader, signal)
    return known && { service: service.name, role, kind: 'cached', milliseconds: now() - start, result: { kind: 'data', ...known } }
  }
}

function options (service: Service, envelope: Envelope): { followupQuery?: string | undefined, language?: string | undefined } {
  const followup = parsed(envelope.member('followup'))
  const query = typeof followup === 'object' && followup !== null ? (followup as Record<string, unknown>).query : undefined
  const language = service.variesByLanguage ? parsed(envelope.member('language')) : undefined
  return { followupQuery: typeof query === 'string' ? query : undefined, language: typeof language === 'string' ? language : undefined }
}

/** Remembers the keys of a request, for as long as its subject stays the same: a modifier may put another graphic in its place. */
function createKeyring (): (envelope: Envelope) => CacheKeys | undefined {
  const known = new WeakMap<Envelope, { texts: Array<Buffer | undefined>, keys: CacheKeys | undefined }>()
  return envelope => {
    const texts = subjectMembers.map(member => envelope.member(member))
    const last = known.get(envelope)
    if (last !== undefined && texts.every((text, index) => isSame(text, last.texts[index]))) return last.keys
    const subject = subjectOf(Object.fromEntries(subjectMembers.map((member, index) => [member, parsed(texts[index])])))
    const keys = createCacheKeys(subject)
    known.set(envelope, { texts, keys })
    return keys
  }
}

/** Whether both are the same place in the same memory: the text of an envelope never changes where it stands. */
function isSame (one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one?.buffer === other?.buffer && one?.byteOffset === other?.byteOffset && one?.length === other?.length
}

function parsed (text: Buffer | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text.toString('utf8'))
}
