// Keeps a topology up to date from a source that can list services and tells of changes: attaches to its events first, lists,
// then follows, lists again from time to time, and comes back with growing pauses when the source is lost. Knows no Docker.
import { createPauses, identify } from './pauses.ts'
import { createTopology } from './topology.ts'
import type { DiscoveryStatus, Problem, Service, ServiceDiscovery, Topology, Trouble } from './topology.ts'

/** What a source says is there. */
export interface Reading {
  services: Service[]
  problems: Problem[]
}

/** Where services are found. */
export interface Source {
  /**
   * Attaches to the events.
   * @returns one item for each time that something may have changed; ends or throws when the source is lost
   */
  subscribe (signal: AbortSignal): Promise<AsyncIterable<unknown>>
  /** Lists everything, or says why that is no use. */
  read (signal: AbortSignal): Promise<Reading | { obstacle: Trouble }>
}

/** Milliseconds between one thing and the next. */
export interface Pace {
  /** Quiet after an event before services are listed. */
  debounce: number
  /** Longest time that events which keep coming put off the listing. */
  debounceLimit: number
  /** Pause before the first attempt to come back. */
  firstPause: number
  /** Longest pause between attempts; each is twice the one before. */
  longestPause: number
}

/** The pace that suits a Docker engine. */
export const defaultPace: Pace = { debounce: 100, debounceLimit: 1000, firstPause: 100, longestPause: 30_000 }

/** What following is told. */
export interface FollowOptions {
  source: Source
  /** Name of the source for operators, such as `Docker`. */
  name: string
  /** Milliseconds after which services are listed although no event has come. */
  interval: number
  /** True where every change comes with an event: a change that came without then means that the stream is dead. */
  eventsAreComplete: boolean
  pace?: Pace
  /** Path of a unix socket; when it appears, a pause ends at once. */
  socket?: string
  /** Told whenever trouble begins, changes or ends. */
  onTrouble?: (trouble: Trouble | undefined, error?: unknown) => void
  /** The clock, in milliseconds since 1970. */
  now?: () => number
  /** Random numbers in [0, 1). */
  random?: () => number
}

/**
 * Follows a source. Returns at once; until the first listing the status names an obstacle. The last good topology serves on
 * for as long as the source is away.
 */
export function followSource (options: FollowOptions): ServiceDiscovery {
  const { source, name, interval, eventsAreComplete, pace = defaultPace, socket, onTrouble = () => {}, now = Date.now, random = Math.random } = options
  const closing = new AbortController()
  const listeners = new Set<(topology: Topology) => void>()
  let topology = createTopology(0, [], [], now())
  let content = ''
  let confirmedAt: number | undefined
  let trouble: Trouble | undefined
  const notYet: Trouble = { cause: `${name} has not said yet which services run`, cure: 'Try again in a moment.' }

  const setTrouble = (next: Trouble | undefined, error?: unknown) => {
    if (next?.cause === trouble?.cause) return
    trouble = next
    onTrouble(next, error)
  }

  /** @returns whether anything has changed */
  const publish = ({ services, problems }: Reading): boolean => {
    confirmedAt = now()
    setTrouble(undefined)
    const next = JSON.stringify([services, problems])
    if (next === content) return false
    content = next
    topology = createTopology(topology.revision + 1, services, problems, confirmedAt)
    for (const listener of listeners) listener(topology)
    return true
  }

  /** Follows until the events end; throws where there is trouble. */
  const attend = async (): Promise<void> => {
    const ending = new AbortController()
    const signal = AbortSignal.any([closing.signal, ending.signal])
    try {
      const events = await source.subscribe(signal)
      const alarm = createAlarm(pace)
      // How the events end is all one: the loop below ends with them, and the next attempt shows whether there is trouble.
      consume(events, alarm.ring).catch(() => {}).finally(alarm.end)
      // Some engines answer a moment before they listen to themselves: a second look closes the gap.
      let reason: Reason = 'event'
      for (let looks = 1; reason !== 'end'; looks++) {
        const reading = await source.read(signal)
        if (looks > 1) pauses.reset()
        if ('obstacle' in reading) setTrouble(reading.obstacle)
        else if (publish(reading) && looks > 2 && reason === 'time' && eventsAreComplete) return
        reason = await alarm.next(looks === 1 ? Math.min(interval, pace.debounceLimit) : interval)
      }
    } finally {
      ending.abort()
    }
  }

  const pauses = createPauses(pace, random)
  const live = async () => {
    while (!closing.signal.aborted) {
      let wasAnswered = true
      const socketBefore = identify(socket)
      try {
        await attend()
      } catch (error) {
        if (closing.signal.aborted) return
        wasAnswered = (error as { status?: number }).status !== undefined
        setTrouble({
          cause: wasAnswered ? `${name} answers with an error` : `${name} cannot be reached`,
          cure: `See that ${name} runs and that the server may talk to it; the log says more.`
        }, error)
      }
      await pauses.wait(wasAnswered, socket, socketBefore, closing.signal)
    }
  }
  const living = live()

  return {
    current: () => topology,
    status: (): DiscoveryStatus => confirmedAt === undefined
      ? { confirmedAt, obstacle: trouble ?? notYet, trouble: undefined }
      : { confirmedAt, obstacle: undefined, trouble },
    onChange (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async close () {
      closing.abort()
      listeners.clear()
      await living
    }
  }
}

/** Why it is time to list again: something may have changed, time has passed, or the events have ended. */
type Reason = 'event' | 'time' | 'end'

interface Alarm {
  /** Something may have changed. */
  ring: () => void
  /** There are no further events. */
  end: () => void
  /** Resolves when it is time to list again: when events have been quiet for a moment, at the latest after `patience` milliseconds. */
  next (patience: number): Promise<Reason>
}

function createAlarm ({ debounce, debounceLimit }: Pace): Alarm {
  let rangAt: number | undefined
  let hasEnded = false
  let waiting: { resolve: (reason: Reason) => void, timer: NodeJS.Timeout | undefined, patience: NodeJS.Timeout } | undefined

  const settle = (reason: Reason) => {
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    clearTimeout(waiting.patience)
    const { resolve } = waiting
    waiting = undefined
    rangAt = undefined
    resolve(reason)
  }
  const arm = () => {
    if (waiting === undefined || rangAt === undefined) return
    const left = rangAt + debounceLimit - performance.now()
    // Once the limit decides there is no need to set the timer again for every event.
    if (waiting.timer !== undefined && left < debounce) return
    clearTimeout(waiting.timer)
    waiting.timer = setTimeout(settle, Math.max(0, Math.min(debounce, left)), 'event')
  }

  return {
    ring () {
      rangAt ??= performance.now()
      arm()
    },
    end () {
      hasEnded = true
      settle('end')
    },
    next (patience) {
      return new Promise(resolve => {
        if (hasEnded) return resolve('end')
        waiting = { resolve, timer: undefined, patience: setTimeout(settle, patience, 'time') }
        arm()
      })
    }
  }
}

async function consume (events: AsyncIterable<unknown>, ring: () => void): Promise<void> {
  const iterator = events[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true) ring()
}
