// Timelines in Redis, for several servers: a stream for each object, whose numbers are the moments of its sightings.
import { isReply } from '../../redis.ts'
import { createRedisLink, text } from './link.ts'
import type { Argument, Reply } from './link.ts'
import type { Excerpt, Page, Sighting, Timelines } from '../timelines/timelines.ts'

/** What timelines in Redis are made of. */
export interface RedisTimelinesOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. Redis from 6.2, or Valkey. */
  url: string
  /** What stands before each key, so that others may use the same database. */
  prefix?: string
  /** Days that sightings are kept; 0 for ever. */
  days: number
  /** Bytes of all timelines, roughly; the oldest sightings go first. */
  bytes: number
  /** The clock, in milliseconds since 1970. */
  now?: () => number
  /** Called when they cannot be kept, or for another reason, with what was thrown; and without arguments when they can again. */
  onTrouble?: (trouble?: string, error?: unknown) => void
  /** Milliseconds without a byte after which Redis is taken to be away. */
  patience?: number
}

/** Sightings that wait for Redis at most; those beyond are lost. */
const mostWaiting = 100_000

/** Sightings that are written, read or removed in one step. */
const chunk = 500

/** Milliseconds between two looks for what is too old. */
const sweepInterval = 60_000

const away = 'Redis does not answer: sightings wait for it, as many as there is place for'

/** Where a page ends: the number of its last entry. */
const cursorShape = /^\d{1,15}-\d{1,15}$/

// KEYS: moments of the oldest entries, what is known of all. ARGV: what stands before the number of a stream, then of each sighting object, moment, processor.
// A stream takes some 500 bytes, and an entry 16 besides its text. An entry may not come before the last one, nor much later than now: a clock that is wrong must not hold up the others.
const record = `
local time = redis.call('time')
local latest = time[1] * 1000 + 1000
local total, highest = 0, 0
for i = 2, #ARGV, 3 do
  local stream, processor = ARGV[1] .. ARGV[i], ARGV[i + 2]
  local last = redis.call('xrevrange', stream, '+', '-', 'count', 1)[1]
  local ms, seq = math.min(tonumber(ARGV[i + 1]), latest), 1
  if last then
    local lastMs, lastSeq = string.match(last[1], '^(%d+)-(%d+)$')
    if tonumber(lastMs) >= ms then ms, seq = tonumber(lastMs), tonumber(lastSeq) + 1 end
  else
    redis.call('zadd', KEYS[1], ms, ARGV[i])
    redis.call('hincrby', KEYS[2], 'bytes', 500)
  end
  redis.call('xadd', stream, string.format('%.0f-%.0f', ms, seq), 'p', processor)
  total = redis.call('hincrby', KEYS[2], 'bytes', #processor + 16)
  highest = math.max(highest, tonumber(ARGV[i]))
end
if highest > tonumber(redis.call('hget', KEYS[2], 'highest') or '0') then redis.call('hset', KEYS[2], 'highest', highest) end
return {total}`

// ARGV: what stands before the number of a stream, moment before which sightings are too old, most bytes, most entries in one step. Removes from the timeline
// with the oldest sighting. Gives 1 where there may be more to remove.
const sweep = `
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')
local total = tonumber(redis.call('hget', KEYS[2], 'bytes') or '0')
local cutoff, most = tonumber(ARGV[2]), tonumber(ARGV[3])
if #oldest == 0 or (total <= most and tonumber(oldest[2]) >= cutoff) then return {0} end
local stream = ARGV[1] .. oldest[1]
local entries = redis.call('xrange', stream, '-', '+', 'count', ARGV[4])
local gone = {}
for _, entry in ipairs(entries) do
  if total <= most and tonumber(string.match(entry[1], '^%d+')) >= cutoff then break end
  total = total - #entry[2][2] - 16
  table.insert(gone, entry[1])
end
if #gone > 0 then redis.call('xdel', stream, unpack(gone)) end
local first = redis.call('xrange', stream, '-', '+', 'count', 1)[1]
if first then
  redis.call('zadd', KEYS[1], string.match(first[1], '^%d+'), oldest[1])
else
  redis.call('del', stream)
  redis.call('zrem', KEYS[1], oldest[1])
  total = total - 500
end
redis.call('hset', KEYS[2], 'bytes', math.max(total, 0))
return {1}`

/** Opens timelines. They are written as soon as Redis answers. */
export async function openRedisTimelines (options: RedisTimelinesOptions): Promise<Timelines> {
  const { url, prefix = 'tutti:tracking:', days, bytes, now = Date.now, onTrouble, patience = 3000 } = options
  const streams = `${prefix}timeline:`
  const known = `${prefix}timelines:known`
  let waiting: { objectId: number, sighting: Sighting }[] = []
  let writing: Promise<void> | undefined
  let sweeping: Promise<void> | undefined
  let isClosed = false
  let isFull = false
  const isWanted = () => link.isOpen && !isClosed
  let trouble: string | undefined
  const opened = Promise.withResolvers<void>()

  const link = createRedisLink({
    url,
    keys: [`${prefix}timelines:oldest`, known],
    channels: [],
    scripts: [record, sweep],
    patience,
    onOpen () {
      setTrouble()
      opened.resolve()
      write()
    },
    onLost: error => setTrouble(away, error),
    onMessage () {}
  })

  function setTrouble (next?: string, error?: unknown): void {
    if (isClosed || trouble === next) return
    trouble = next
    if (next === undefined) onTrouble?.()
    else onTrouble?.(next, error)
  }

  /** Writes what waits, one step after the other. */
  function write (): void {
    if (writing !== undefined || waiting.length === 0 || !link.isOpen) return
    writing = writeAll().finally(() => { writing = undefined })
  }

  async function writeAll (): Promise<void> {
    while (waiting.length > 0 && link.isOpen) {
      const some = waiting.slice(0, chunk)
      try {
        const [total] = await link.run(record, [streams, ...some.flatMap(({ objectId, sighting }): Argument[] => [objectId, Math.max(0, Math.floor(sighting.at)), sighting.processor])])
        waiting = waiting.slice(some.length)
        isFull = false
        setTrouble()
        if (Number(total) > bytes) tidy()
      } catch (error) {
        // What was on its way when the connection broke is written once more; what Redis refuses it would refuse again.
        if (!isReply(error)) return setTrouble(away, error)
        waiting = waiting.slice(some.length)
        setTrouble('Redis does not take sightings: they are lost', error)
      }
    }
  }

  function tidy (): void {
    sweeping ??= sweepAll().catch(() => {}).finally(() => { sweeping = undefined })
  }

  async function sweepAll (): Promise<void> {
    for (let more = true; more && isWanted();) {
      const cutoff = days === 0 ? 0 : Math.floor(now() - days * 86_400_000)
      more = Number((await link.run(sweep, [streams, cutoff, bytes, chunk]))[0]) === 1
    }
  }

  /** What is not written yet, of one object. */
  function unwritten (objectId: number): Sighting[] {
    return waiting.filter(each => each.objectId === objectId).map(({ sighting }) => sighting)
  }

  async function range (objectId: number, start: string, end: string, limit: number): Promise<{ id: string, sighting: Sighting }[]> {
    const found: { id: string, sighting: Sighting }[] = []
    for (let from = start; found.length < limit;) {
      const most = Math.min(chunk * 10, limit - found.length)
      const reply = await link.call('XRANGE', [`${streams}${objectId}`, from, end, 'COUNT', most])
      const entries = parts(reply)
      for (const entry of entries) found.push(readEntry(entry))
      if (entries.length < most) break
      from = `(${found.at(-1)?.id ?? ''}`
    }
    return found
  }

  const timer = setInterval(tidy, sweepInterval).unref()
  const givenUp = setTimeout(opened.resolve, patience)
  await opened.promise
  clearTimeout(givenUp)
  if (!link.isOpen) setTrouble(away)

  return {
    record (objectIds, sighting) {
      if (isClosed) return
      for (const objectId of objectIds) {
        if (waiting.length >= mostWaiting) {
          if (!isFull) setTrouble('Redis has not taken sightings for so long that some are lost')
          isFull = true
          return
        }
        waiting.push({ objectId, sighting })
      }
      write()
    },
    async read (objectId, excerpt = {}) {
      const { cursor, limit = Infinity } = excerpt
      if (cursor !== undefined && !cursorShape.test(cursor)) throw new RangeError('The cursor is none that was given')
      try {
        write()
        // What is recorded while this is written is none of this reader's business.
        await Promise.race([writing, passed(patience)])
        const from = Math.max(0, Math.ceil(excerpt.from ?? 0))
        const to = Math.floor(excerpt.to ?? Infinity)
        const start = cursor === undefined ? String(Math.min(from, Number.MAX_SAFE_INTEGER)) : `(${cursor}`
        const found = from <= to ? await range(objectId, start, to < Infinity ? String(to) : '+', limit + 1) : []
        if (found.length === 0 && Number(await link.call('EXISTS', [`${streams}${objectId}`])) === 0) return unknownUnless(unwritten(objectId), excerpt)
        return page(found, limit)
      } catch {
        // Redis is away: what waits for it is all that is known.
        return unknownUnless(unwritten(objectId), excerpt)
      }
    },
    async highestId () {
      try {
        return Number(text(await link.call('HGET', [known, 'highest']))) || 0
      } catch {
        return 0
      }
    },
    get trouble () { return trouble },
    async close () {
      if (isClosed) return
      clearInterval(timer)
      write()
      await Promise.race([writing, passed(patience)])
      isClosed = true
      link.close()
    }
  }
}

/** A page of what was found, of which the last is left out where there is one too many. */
function page (found: readonly { id: string, sighting: Sighting }[], limit: number): Page {
  const shown = found.slice(0, limit)
  const next = found.length > limit ? shown.at(-1)?.id : undefined
  return { sightings: shown.map(({ sighting }) => sighting), ...(next !== undefined && { next }) }
}

function unknownUnless (sightings: readonly Sighting[], { from = -Infinity, to = Infinity, limit = Infinity, cursor }: Excerpt): Page | undefined {
  if (sightings.length === 0) return undefined
  return { sightings: cursor === undefined ? sightings.filter(({ at }) => at >= from && at <= to).slice(0, limit) : [] }
}

function readEntry (entry: Reply): { id: string, sighting: Sighting } {
  const [number, fields] = parts(entry)
  const id = text(number)
  return { id, sighting: { at: Number.parseInt(id, 10), processor: text(parts(fields)[1]) } }
}

/** Parts of a reply. @throws {TypeError} where it has none */
function parts (reply: Reply | undefined): Reply[] {
  if (!Array.isArray(reply)) throw new TypeError('Redis sent what was not asked for')
  return reply
}

async function passed (milliseconds: number): Promise<void> {
  await new Promise<void>(resolve => { setTimeout(resolve, milliseconds).unref() })
}
