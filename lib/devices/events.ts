// What happens to devices, modules, deployments and executions: kept, and pushed to whoever follows, in this process and in those that share the registry.
import { newId } from './id.ts'
import type { Id } from './id.ts'
import type { DevicesEvent, Registry } from './registry.ts'

/** Which events somebody follows. All that is given must hold. */
export interface EventFilter {
  readonly subject?: DevicesEvent['subject'] | undefined
  readonly subjectId?: Id | undefined
}

/** Keeps and pushes events. */
export interface Events {
  /** Keeps an event, soon, and pushes it at once. It never throws: what cannot be written is counted as lost. */
  record (event: Pick<DevicesEvent, 'subject' | 'subjectId' | 'reason' | 'message'>): void
  /**
   * Follows events from now on. Those of other processes come within a second or so, and each one once.
   * @returns stops it
   */
  subscribe (filter: EventFilter, listener: (event: DevicesEvent) => void): () => void
  /** When all that was recorded has been written, or is lost. */
  flush (): Promise<void>
  /** Events that could not be written. */
  readonly lost: number
  /** Writes what is left, and ends. */
  close (): Promise<void>
}

/** What events work with. */
export interface EventsOptions {
  readonly registry: Registry
  /** Events that are kept, about: the oldest beyond are forgotten now and then. */
  readonly limit: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Events that may wait to be written. */
  readonly mostWaiting?: number
}

/** Longest sentence that is kept. */
const longestMessage = 2000
/** Milliseconds between two looks for events of other processes. */
const lookEvery = 250
/** How much clocks of processes may differ, and how long writing may take, in milliseconds. */
const overlap = 5000
/** Events that are forgotten at one time. */
const forgottenAtOnce = 1000

/** Opens what keeps and pushes events. */
export function createEvents ({ registry, limit, now = Date.now, mostWaiting = 10_000 }: EventsOptions): Events {
  const followers = new Set<{ filter: EventFilter, listener: (event: DevicesEvent) => void }>()
  const waiting: DevicesEvent[] = []
  /** Events that followers have had, by id, with their times: those of `overlap` and a bit more. */
  const pushed = new Map<Id, number>()
  let writing: Promise<void> | undefined
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let lost = 0
  let written = 0
  let lookedAt = 0

  const push = (event: DevicesEvent) => {
    if (followers.size === 0 || pushed.has(event.id)) return
    pushed.set(event.id, event.time)
    for (const [id, time] of pushed) {
      if (time > event.time - 2 * overlap && pushed.size <= mostWaiting) break
      pushed.delete(id)
    }
    for (const { filter, listener } of [...followers]) {
      if ((filter.subject === undefined || filter.subject === event.subject) && (filter.subjectId === undefined || filter.subjectId === event.subjectId)) listener(event)
    }
  }

  const forgetOldest = async () => {
    const surplus = Math.min(await registry.events.count() - limit, forgottenAtOnce)
    if (surplus <= 0) return
    for (const { id } of await registry.events.list({ limit: surplus })) await registry.events.remove(id)
  }

  const write = async () => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        await registry.events.insert(event)
        tell(event)
        written += 1
        if (written % Math.max(1, Math.min(forgottenAtOnce, Math.ceil(limit / 10))) === 0) await forgetOldest()
      } catch {
        lost += 1
      }
    }
    writing = undefined
  }

  /** Other processes look for events when they hear of anything; a module is no topic of its own. */
  const tell = ({ subject, subjectId }: DevicesEvent) => {
    registry.notify(subject === 'device' ? 'devices' : subject === 'execution' ? 'executions' : 'deployments', subjectId)
  }

  const look = async () => {
    try {
      const since = lookedAt
      lookedAt = now()
      for (const event of await registry.events.list({ after: since - overlap, newestFirst: true, limit: forgottenAtOnce }).then(events => events.reverse())) {
        if (event.time >= followedSince) push(event)
      }
    } catch {
      // The next notice makes it look again.
    }
    looking = undefined
  }

  /** Since when anybody follows, in the registry's time. */
  let followedSince = 0

  const stopHearing = registry.onNotified(() => {
    if (followers.size === 0 || timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      looking ??= look()
    }, lookEvery)
    timer.unref()
  })

  return {
    record ({ subject, subjectId, reason, message }) {
      const time = now()
      const event: DevicesEvent = { id: newId(time), time, subject, subjectId, reason, message: message.slice(0, longestMessage) }
      push(event)
      if (waiting.length >= mostWaiting) {
        lost += 1
        return
      }
      waiting.push(event)
      writing ??= write()
    },

    subscribe (filter, listener) {
      if (followers.size === 0) followedSince = lookedAt = now()
      const follower = { filter, listener }
      followers.add(follower)
      return () => {
        followers.delete(follower)
        if (followers.size === 0) pushed.clear()
      }
    },

    async flush () { await writing },
    get lost () { return lost },

    async close () {
      stopHearing()
      clearTimeout(timer)
      followers.clear()
      await writing
      await looking
    }
  }
}
