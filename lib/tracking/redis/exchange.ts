// The exchange of several servers that share a Redis: each has a copy of everything, Redis says what happens and in which order, and no server knows more than another.
import { setTimeout as pause } from 'node:timers/promises'
import { isReply } from '../../redis.ts'
import type { Exchange, StartOrder } from '../objects/exchange.ts'
import { usualHistory } from '../objects/history.ts'
import type { HistoryBounds } from '../objects/history.ts'
import { boxesBytes, keyText, orderBytes, readBoxes } from './entries.ts'
import { createRedisExpiry } from './expiry.ts'
import { createRedisLink, text } from './link.ts'
import type { Argument } from './link.ts'
import { createPresence } from './presence.ts'
import { createReplica } from './replica.ts'
import * as scripts from './scripts.ts'
import { createTelling } from '../objects/telling.ts'

/** What an exchange in Redis is made of. */
export interface RedisExchangeOptions {
  /** Address such as `redis://user:password@host:6379/0`, `rediss:` for TLS. Redis from 6.0, or Valkey; none that throws keys away when it is full. */
  url: string
  /** What stands before each key, so that others may use the same database. */
  prefix?: string
  /** Milliseconds after which an object is tracked no longer; without it only a stop ends that. */
  timeout?: number | undefined
  /** What those count from. */
  expiry: 'start' | 'sighting'
  /** Objects at one time. */
  maxObjects: number
  /** Bytes of their pictures and feature maps. */
  maxBytes: number
  /** This process, among all that share: random, one word. */
  server: string
  /** Highest number that is known to have been used, whatever Redis says. */
  highestId?: number
  /** The wall clock, in milliseconds since 1970. */
  now?: () => number
  /** A monotonic clock in milliseconds, by which objects expire. */
  uptime?: () => number
  /** Called when Redis cannot be used, or for another reason, with what was thrown; and without arguments when it can again. */
  onTrouble?: (trouble?: string, error?: unknown) => void
  /** How much is remembered for those who come back. */
  history?: Partial<HistoryBounds>
  /** Milliseconds that registrations live when their server is not heard of any more. */
  lifetime?: number
  /** Milliseconds without a byte after which Redis is taken to be away. */
  patience?: number
  /** Milliseconds that servers have to come when Redis has lost what it had, or never had anything. */
  gathering?: number
}

/** Bytes of boxes that may be on their way to Redis; when it is slower, boxes are left out. */
const mostBoxes = 8 * 1024 * 1024

/** Registrations that are read in one step. */
const chunk = 200

const away = 'Redis does not answer: objects are neither started nor stopped until it does'

const scriptTexts = Object.values(scripts)
const nothing = Buffer.alloc(0)

/** Opens an exchange. It resolves when everything has been read, or when Redis does not answer: then that is `trouble`, and everything is read and told as soon as it does. */
export async function openRedisExchange (options: RedisExchangeOptions): Promise<Exchange> {
  const { url, prefix = 'tutti:tracking:', timeout, expiry: countsFrom, maxObjects, maxBytes, server, highestId = 0, now = Date.now, uptime = () => performance.now(), onTrouble } = options
  const { lifetime = 10_000, patience = 3000, gathering = 1000 } = options
  const history = { ...usualHistory, ...options.history }
  const happenings = `${prefix}happenings`
  const boxesChannel = `${prefix}boxes`
  const registrations = `${prefix}processors`

  let isClosed = false
  // Whether this server knows what Redis does, as far as it can know.
  let isCurrent = false
  let isFollowing = false
  let mustFollow = false
  let trouble: string | undefined
  const opened = Promise.withResolvers<void>()
  const isWanted = () => !isClosed
  const canAsk = () => isCurrent && !isClosed
  const { tell, onHappening } = createTelling()

  const link = createRedisLink({
    url,
    keys: [prefix],
    channels: [happenings, boxesChannel],
    scripts: scriptTexts,
    patience,
    onOpen: () => { void follow() },
    onLost (error) {
      isCurrent = false
      replica.release()
      setTrouble(away, error)
    },
    onMessage (channel, message) {
      if (channel === boxesChannel) hearBoxes(message)
      else if (!replica.hear(message)) void follow()
    }
  })
  const run = async (script: string, ...args: Argument[]) => await link.run(script, [happenings, history.count, history.bytes, ...args])

  const replica = createReplica({
    run,
    scan: async cursor => await link.call('HSCAN', [registrations, cursor, 'COUNT', chunk]),
    server,
    history,
    highestId,
    gathering,
    lease: 2 * patience,
    lifetime,
    tell (happening, isLate) {
      if (happening.kind === 'started' && !isLate) expiry.started(happening.object.id)
      else if (happening.kind === 'stopped') expiry.stopped(happening.objectId)
      else if (happening.kind === 'online') presence.hear(happening.camera, happening.registration)
      tell(happening)
    },
    onReplaced: () => expiry.replaced()
  })
  const presence = createPresence({ run, ask, lifetime, now, offset: () => replica.offset, reached: told })
  const expiry = createRedisExpiry({ timeout, countsFrom, state: () => replica.state, run, canRun: canAsk, now, uptime })

  function setTrouble (next?: string, error?: unknown): void {
    if (isClosed || trouble === next) return
    trouble = next
    if (next === undefined) onTrouble?.()
    else onTrouble?.(next, error)
  }

  /** Makes the copy current, and says then who is registered here. One at a time; where it fails while there is a connection it is tried again. */
  async function follow (): Promise<void> {
    mustFollow = true
    if (isFollowing) return
    isFollowing = true
    try {
      while (mustFollow && isWanted()) {
        mustFollow = false
        await replica.follow()
        if (mustFollow) continue
        isCurrent = true
        await presence.keep().catch(unlessFull)
      }
      setTrouble()
      opened.resolve()
      expiry.retry()
    } catch (error) {
      isCurrent = false
      if (link.isOpen) setTrouble('Redis does not do what is asked of it: objects are neither started nor stopped until it does', error)
      mustFollow = true
    } finally {
      isFollowing = false
    }
    if (mustFollow && link.isOpen && !isClosed) setTimeout(() => { if (link.isOpen) void follow() }, patience / 4).unref()
  }

  /** Runs a script on behalf of a peer. @returns undefined where that cannot be done now */
  async function ask (script: string, ...args: Argument[]): Promise<{ status: string, numbers: number[] } | undefined> {
    if (!canAsk()) return undefined
    try {
      const [status, ...rest] = await run(script, ...args)
      return { status: text(status), numbers: rest.map(Number) }
    } catch (error) {
      return isReply(error, 'OOM') ? { status: 'full', numbers: [] } : undefined
    }
  }

  /** Lets what Redis has done be told here before whoever has asked for it hears that it is done. */
  async function told (offset: number | undefined): Promise<void> {
    if (offset === undefined || offset <= replica.offset) return
    await Promise.race([replica.reached(offset), pause(patience, undefined, { ref: false })])
  }

  /** What is done every now and then: whoever is registered here goes on living, and what was missed without a sign is found out. */
  async function beat (): Promise<void> {
    if (!isCurrent || isFollowing) return
    try {
      await expiry.keepSightings()
      await presence.keep()
      const [status, epoch, offset, highest] = await run(scripts.sweep, lifetime)
      const isKnown = text(status) === 'done' && text(epoch) === replica.epoch
      if (isKnown) {
        await told(Number(offset))
        replica.learn(Number(highest))
      }
      if (!isKnown || Number(offset) !== replica.offset) await follow()
      expiry.retry()
    } catch {
      // A connection that is lost is told of; what Redis refuses it may allow the next time.
    }
  }

  function hearBoxes (message: Buffer): void {
    let read: ReturnType<typeof readBoxes>
    try {
      read = readBoxes(message, server)
    } catch {
      return
    }
    if (read === undefined) return
    tell(read.happening)
    expiry.sighted(read.sighted, false)
  }

  const timer = setInterval(() => { void beat() }, lifetime / 4).unref()
  let isRead = false
  void opened.promise.then(() => { isRead = true })
  const isComing = () => !isRead && link.isOpen && trouble === undefined
  do await Promise.race([opened.promise, pause(patience, undefined, { ref: false })])
  while (isComing())
  if (!isRead && !link.isOpen) setTrouble(away)

  return {
    get epoch () { return replica.epoch },
    get offset () { return replica.offset },
    get objects () { return replica.state.objects },
    get lastId () { return replica.lastId },
    get processors () { return replica.state.processors },
    async start (order: StartOrder) {
      const reply = await ask(scripts.start, keyText(order.camera.key), orderBytes(order, now()), order.image ?? nothing, maxObjects, maxBytes)
      const [objectId, offset] = reply?.numbers ?? []
      switch (reply?.status) {
        case 'started':
          await told(offset)
          return objectId === undefined ? { kind: 'unavailable' } : { kind: 'started', objectId }
        case 'unknown-camera':
        case 'full': return { kind: reply.status }
        default: return { kind: 'unavailable' }
      }
    },
    async map (objectId, featureMap) {
      const reply = await ask(scripts.map, objectId, featureMap, maxBytes)
      await told(reply?.numbers[0])
      return reply?.status === 'done'
    },
    async stop (objectId) {
      const reply = await ask(scripts.stop, objectId)
      await told(reply?.numbers[0])
      return reply?.status === 'done'
    },
    register (camera, registration) {
      if (!isClosed) presence.register(camera, registration)
    },
    unregister: presence.unregister,
    relay (camera, frameId, boxes, sighted) {
      if (isClosed) return
      tell({ kind: 'boxes', camera, frameId, boxes })
      expiry.sighted(sighted, true)
      if (!isCurrent || link.owed + boxes.length > mostBoxes) return
      // Boxes that do not arrive are followed by others.
      link.call('PUBLISH', [boxesChannel, boxesBytes(server, camera, frameId, boxes, sighted)]).catch(() => {})
    },
    since: offset => replica.since(offset),
    onHappening,
    get trouble () { return trouble },
    async close () {
      if (isClosed) return
      clearInterval(timer)
      expiry.close()
      const leaving = [presence.leave(), ...(isCurrent ? [expiry.keepSightings()] : [])]
      isClosed = true
      await Promise.race([Promise.allSettled(leaving), pause(patience, undefined, { ref: false })])
      link.close()
    }
  }
}

/** A Redis that is full can still tell, and stop what there is. */
function unlessFull (error: unknown): void {
  if (!isReply(error, 'OOM')) throw error
}
