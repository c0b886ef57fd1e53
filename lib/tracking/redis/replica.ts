// A server's copy of the state in Redis. It follows what Redis tells, finds out when it has missed something, and reads then what it lacks, or everything; and
// where Redis has lost what it had, it is brought back from the copy of the server that knows most.
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { createHistory } from '../objects/history.ts'
import type { HistoryBounds, Numbered } from '../objects/history.ts'
import { own } from '../objects/kept-objects.ts'
import { keyText, readEntry, readObject, readRegistration, registrationBytes, understand } from './entries.ts'
import type { Entry, Told } from './entries.ts'
import { bytes, text } from './link.ts'
import type { Argument, Reply } from './link.ts'
import * as scripts from './scripts.ts'
import { alter, differences, emptyState, keptMap } from './state.ts'
import type { State } from './state.ts'

/** What a copy is made with. */
export interface ReplicaOptions {
  /** Runs one of the scripts; rejects where that cannot be done. */
  run (script: string, ...args: Argument[]): Promise<Reply[]>
  /** Reads some of the registrations. @returns cursor and what HSCAN gives with it */
  scan (cursor: string): Promise<Reply>
  /** This process, among all. */
  server: string
  history: HistoryBounds
  /** Highest number that is known to have been used, whatever Redis says. */
  highestId: number
  /** Milliseconds that servers have to come when Redis has lost what it had, before the one that knows most brings it back. */
  gathering: number
  /** Milliseconds that this one has between two steps. */
  lease: number
  /** Milliseconds that registrations live without their server. */
  lifetime: number
  /** Told of everything that happens, in order. @param isLate - true where it has happened some time ago, and it is only known that it has */
  tell (happening: Numbered, isLate: boolean): void
  /** Told when everything is another, before what lies between is told. */
  onReplaced (): void
}

/** A copy of the state. */
export interface Replica {
  readonly state: State
  readonly epoch: string
  readonly offset: number
  readonly lastId: number
  since (offset: number): readonly Numbered[] | undefined
  /** Takes what Redis tells. @returns false where something before it is missing: `follow` is needed */
  hear (message: Buffer): boolean
  /** Makes the copy current, and takes part in bringing back what Redis has lost. Rejects where Redis does not answer; the copy is then as it was or further. One call at a time. */
  follow (): Promise<void>
  /** Resolves when an offset is reached, or will not be. */
  reached (offset: number): Promise<void>
  /** Takes it that numbers up to one have been used. */
  learn (highest: number): void
  /** Lets nobody wait any longer. */
  release (): void
}

/** Entries or objects that are read at a time, and bytes after which no other is added. */
const pageCount = 500
const pageBytes = 1024 * 1024

/** Milliseconds in which nothing else has its turn while much is told. */
const slice = 5

const none = '0-0'
const space = 0x20
const nothing = Buffer.alloc(0)

/** Makes a copy that knows nothing yet. */
export function createReplica (options: ReplicaOptions): Replica {
  const { run, scan, server, history: bounds, highestId, gathering, lease, lifetime, tell, onReplaced } = options
  let state = emptyState()
  let epoch: string = randomUUID()
  let offset = 0
  let tail = none
  let lastId = highestId
  let history = createHistory(bounds, 0)
  // While all is read or brought back; what is heard then is read afterwards.
  let isReading = false
  const waiting = new Map<() => void, number>()

  const release = (reached = Infinity) => {
    for (const [resolve, offset] of waiting) {
      if (offset > reached) continue
      waiting.delete(resolve)
      resolve()
    }
  }

  /** Takes the next entry, or one that is known. @returns false where something before it is missing */
  function take (entry: Entry): boolean {
    if (entry.offset <= offset) return true
    if (entry.previous !== tail) return false
    offset = entry.offset
    tail = entry.tail
    const told = understood(entry)
    if (told !== undefined) {
      alter(state, told)
      if (told.happening.kind === 'started') lastId = Math.max(lastId, told.happening.object.id)
      history.add(told.happening)
      tell(told.happening, false)
    }
    release(offset)
    return true
  }

  /** Takes what has happened since. @returns false where that is not known any more, or does not follow from what this server knows */
  async function catchUp (): Promise<boolean> {
    for (;;) {
      const [status, ...entries] = await run(scripts.read, epoch, offset, tail, pageCount, pageBytes)
      if (text(status) !== 'log') return false
      if (entries.length === 0) return true
      for (const entry of entries) if (!take(readEntry(bytes(entry)))) return false
    }
  }

  /** Reads everything. What happens meanwhile is read after it, and made up for. */
  async function readAll (found: { epoch: string, offset: number, tail: string, lastId: number }): Promise<void> {
    const read = emptyState()
    for (let last = 0; ;) {
      const parts = await run(scripts.page, last, pageCount, pageBytes)
      if (parts.length === 0) break
      for (let at = 0; at < parts.length; at += 5) last = addObject(read, parts.slice(at, at + 5))
    }
    for (let cursor = ''; cursor !== '0';) {
      const reply = await scan(cursor === '' ? '0' : cursor)
      const [next, pairs] = Array.isArray(reply) ? reply : []
      cursor = text(next) || '0'
      const values = Array.isArray(pairs) ? pairs : []
      for (let at = 1; at < values.length; at += 2) {
        const registered = attempt(() => readRegistration(own(bytes(values[at]))))
        if (registered !== undefined) read.processors.set(registered.camera.key, registered)
      }
    }

    let past: typeof history | undefined
    let end: { offset: number, tail: string } = { offset: 0, tail: '' }
    for (;;) {
      const [status, ...entries] = await run(scripts.read, found.epoch, end.offset, end.tail, pageCount, pageBytes)
      if (text(status) !== 'log') throw new Error('Redis has changed while it was read')
      if (entries.length === 0) break
      for (const bytesOfEntry of entries) {
        const entry = readEntry(bytes(bytesOfEntry))
        past ??= createHistory(bounds, entry.offset - 1)
        end = entry
        const told = understood(entry)
        if (told === undefined) continue
        past.add(told.happening)
        if (entry.offset > found.offset) alter(read, told)
      }
    }
    if (past === undefined) end = found
    if (end.offset < found.offset) throw new Error('Redis has lost part of its log')

    // Who has heard only some of it does not come back to the middle.
    const happenings = differences(state, read, found.epoch === epoch ? Math.min(offset, end.offset) : end.offset, end.offset)
    state = read
    epoch = found.epoch
    offset = end.offset
    tail = end.tail
    for (const id of read.objects.keys()) lastId = Math.max(lastId, id)
    lastId = Math.max(lastId, found.lastId)
    history = past ?? createHistory(bounds, offset)
    onReplaced()
    release()
    let begin = performance.now()
    for (const happening of happenings) {
      if (performance.now() - begin > slice) {
        await nextTurn()
        begin = performance.now()
      }
      tell(happening, true)
    }
  }

  /** Brings back to Redis what this server knows, for an epoch that begins with it. It ends early where another server does that. */
  async function restore (next: string): Promise<void> {
    const step = async (script: string, ...args: Argument[]) => text((await run(script, next, server, lease, ...args))[0]) === 'done'
    if (!await step(scripts.restoreNothing)) return
    let args: Argument[] = []
    let size = 0
    for (const object of state.objects.values()) {
      const order = state.orders.get(object.id)
      if (order === undefined) continue
      const { id, image = nothing, seenAt } = object
      const featureMap = keptMap(object)
      args.push(id, order, image, featureMap, seenAt)
      size += order.length + image.length + featureMap.length
      if (args.length < pageCount && size < pageBytes) continue
      if (!await step(scripts.restoreObjects, ...args)) return
      args = []
      size = 0
    }
    if (args.length > 0 && !await step(scripts.restoreObjects, ...args)) return
    const registrations = [...state.processors.values()]
    for (let at = 0; at < registrations.length; at += pageCount) {
      const some = registrations.slice(at, at + pageCount).flatMap(registered => [keyText(registered.camera.key), registrationBytes(registered)])
      if (!await step(scripts.restoreProcessors, lifetime, ...some)) return
    }
    if (!await step(scripts.restoreEnd)) return
    epoch = next
    offset = 0
    tail = none
    history = createHistory(bounds, 0)
    release()
  }

  /** Nothing that is heard is taken while it runs. */
  async function undisturbed (run: () => Promise<void>): Promise<void> {
    isReading = true
    try {
      await run()
    } finally {
      isReading = false
    }
  }

  return {
    get state () { return state },
    get epoch () { return epoch },
    get offset () { return offset },
    get lastId () { return lastId },
    since: wanted => history.since(wanted),
    hear (message) {
      if (isReading) return true
      const end = message.indexOf(space)
      if (end < 0 || message.toString('latin1', 0, end) !== epoch) return false
      const entry = attempt(() => readEntry(message.subarray(end + 1)))
      return entry !== undefined && take(entry)
    },
    async follow () {
      for (;;) {
        const [status, ...rest] = await run(scripts.join, server, epoch, offset, lastId, randomUUID(), gathering, lease)
        switch (text(status)) {
          case 'ready': {
            const found = { epoch: text(rest[0]), offset: Number(rest[1]), tail: text(rest[2]), lastId: Number(rest[3]) }
            if (found.epoch === epoch && await catchUp()) {
              lastId = Math.max(lastId, found.lastId)
              return
            }
            await undisturbed(async () => await readAll(found))
            break
          }
          case 'restore':
            await undisturbed(async () => await restore(text(rest[0])))
            break
          default:
            await pause(Math.min(50, gathering), undefined, { ref: false })
        }
      }
    },
    async reached (wanted) {
      if (wanted <= offset) return
      await new Promise<void>(resolve => { waiting.set(resolve, wanted) })
    },
    learn (highest) { lastId = Math.max(lastId, highest) },
    release: () => release()
  }
}

/** Adds an object as the page has it. @returns its number */
function addObject ({ objects, orders }: State, [number, kept, image, featureMap, seen]: Reply[]): number {
  const id = Number(text(number))
  const order = own(bytes(kept))
  const read = attempt(() => readObject(id, order, ownIfAny(image), ownIfAny(featureMap), Number(text(seen))))
  if (read !== undefined) {
    objects.set(id, read.object)
    orders.set(id, order)
  }
  return id
}

function ownIfAny (reply: Reply | undefined): Buffer | undefined {
  const some = bytes(reply)
  return some.length === 0 ? undefined : own(some)
}

/** What an entry says; undefined where nobody here can tell: it may be of a later version. */
function understood (entry: Entry): Told | undefined {
  return attempt(() => understand(entry))
}

function attempt<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
