// The queue in front of the disk: requests are stored one after the other once they are answered, and what the disk cannot keep up with is
// let go rather than held in memory.
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { atMost } from '../at-most.ts'
import { explainFault, hanging, patience as usualPatience } from './fault.ts'
import type { StorageFault } from './fault.ts'
import { isRequestUuid } from './layout.ts'
import { writeExchange } from './writer.ts'
import type { Exchange } from './writer.ts'

/** How storing goes. */
export interface StoreStatus {
  /** What is wrong now; undefined where the last request could be stored. */
  trouble: StorageFault | undefined
  /** Requests stored since the start. */
  saved: number
  /** Requests that could not be stored. */
  failed: number
  /** Requests that were let go because too much was waiting. */
  dropped: number
  /** Requests waiting or being written. */
  queued: number
  /** Their bytes, requests and answers. */
  queuedBytes: number
}

/** Stores requests. */
export interface Store {
  /** Queues a request; never throws, never waits. One whose identity is no UUID of version 4 is not stored. The bytes must not change any more. */
  save (exchange: Exchange): void
  /** Makes the folder and looks whether it can be written to, so that what is wrong is known before the first request. Waits no longer than its patience. */
  probe (): Promise<void>
  status (): StoreStatus
  /** Resolves when nothing is queued. */
  idle (): Promise<void>
  /** Takes nothing more, and resolves when nothing is queued, or when the time is up: the rest is let go. */
  close (): Promise<void>
  /** Whether it waits for a disk that hangs. */
  stuck (): boolean
}

/** What a store is made of. */
export interface StoreOptions {
  /** The storage folder. */
  folder: string
  /** Most requests queued. */
  queue: number
  /** Most bytes queued; one request alone may have more. */
  queueBytes?: number
  /** Time for one request, in milliseconds, after which the disk is said to hang. */
  patience?: number
  /** Writes one request. */
  write?: typeof writeExchange
  /** Time to write what is queued at the end, in milliseconds. */
  farewell?: number
  /** Called when something begins to be wrong, or is wrong in another way, with what was thrown; and, without arguments, when all is well again. */
  onTrouble?: (trouble?: StorageFault, error?: unknown) => void
}

/** Most bytes queued where nothing else is said. */
export const defaultQueueBytes = 64 * 1024 * 1024

/** What is wrong where requests come faster than they can be written. */
const overrun: StorageFault = { cause: 'requests come faster than STORAGE_DIR can be written to', cure: 'Use a faster disk, or raise STORAGE_QUEUE.' }

/** Makes a store; nothing is written before the first request. */
export function createStore (options: StoreOptions): Store {
  const { folder, queue, queueBytes = defaultQueueBytes, patience = usualPatience, write = writeExchange, farewell = 5000, onTrouble = () => {} } = options
  const waiting: Exchange[] = []
  const counts = { saved: 0, failed: 0, dropped: 0, queued: 0, queuedBytes: 0 }
  let trouble: StorageFault | undefined
  let closed = false
  let work: Promise<void> | undefined

  const report = (fault?: StorageFault, error?: unknown) => {
    const isNews = fault?.cause !== trouble?.cause
    trouble = fault
    if (isNews) onTrouble(fault, error)
  }

  const ask = async (disk: Promise<unknown>) => {
    const timer = setTimeout(report, patience, hanging)
    try {
      await disk
    } finally {
      clearTimeout(timer)
    }
  }

  // One at a time: in order for requests of one identity, and a disk that hangs holds one thread of Node's pool, not all of them.
  const writeAll = async () => {
    for (let exchange = waiting.shift(); exchange !== undefined; exchange = waiting.shift()) {
      try {
        await ask(write(folder, exchange))
        counts.saved += 1
        // Requests are still being let go as long as others wait.
        if (trouble !== overrun || waiting.length === 0) report()
      } catch (error) {
        counts.failed += 1
        report(explainFault(error), error)
      }
      counts.queued -= 1
      counts.queuedBytes -= sizeOf(exchange)
    }
    work = undefined
  }

  const look = async () => {
    try {
      await ask(mkdir(folder, { recursive: true, mode: 0o700 }).then(() => access(folder, constants.R_OK | constants.W_OK | constants.X_OK)))
      report()
    } catch (error) {
      report(explainFault(error), error)
    }
    await writeAll()
  }

  return {
    save (exchange) {
      if (closed || !isRequestUuid(exchange.requestUuid)) return
      const size = sizeOf(exchange)
      if (counts.queued >= queue || (counts.queued > 0 && counts.queuedBytes + size > queueBytes)) {
        counts.dropped += 1
        // A disk that fails is the better explanation.
        if (trouble === undefined) report(overrun)
        return
      }
      counts.queued += 1
      counts.queuedBytes += size
      waiting.push(exchange)
      work ??= writeAll()
    },
    async probe () {
      work ??= look()
      await atMost(patience, work)
    },
    status: () => ({ ...counts, trouble }),
    async idle () {
      await work
    },
    async close () {
      closed = true
      if (work === undefined) return
      await atMost(farewell, work)
      for (const exchange of waiting.splice(0)) {
        counts.dropped += 1
        counts.queued -= 1
        counts.queuedBytes -= sizeOf(exchange)
      }
    },
    stuck: () => trouble === hanging && work !== undefined
  }
}

function sizeOf ({ request, response }: Exchange): number {
  return request.length + response.length
}
