// Reads texts from outside without ever holding up the event loop: requests of which the most is a picture, and small texts, at once; others in a worker
// thread with a deadline and a memory limit, because a few megabytes of hostile JSON take seconds to parse.
import { BodyTooHardError, ServerBusyError } from '../errors.ts'
import { createWorkerPool } from '../worker-pool.ts'
import { createPicturedReading } from './pictured.ts'
import { createReading } from './reading.ts'
import type { Kind, Readings, Refusal } from './reading.ts'
import type { Job, JobResult } from './reader-worker.ts'

/** A reading together with the bytes that its offsets point into. */
export type WithBytes<T> = T & { bytes: Buffer }

/** Reads requests and replies. */
export interface Reader {
  /**
   * Reads one text. The caller gives the bytes away: they may be handed to a worker and back; use those in the answer.
   * @throws BodyTooHardError when it takes more time or memory than allowed, ServerBusyError when too many wait or it waited too long, the signal's reason when aborted
   */
  read<K extends Kind> (kind: K, bytes: Buffer, signal?: AbortSignal): Promise<WithBytes<Readings[K]> | Refusal>
  /** Lets the texts that are being read finish, refuses those that wait or come later as too busy, and ends the worker threads. */
  close (): Promise<void>
}

/** Bounds of the reader. */
export interface ReaderOptions {
  /** Texts up to this many bytes, leaving out a picture, are read at once; the hardest of that size takes some 20 ms. */
  atOnce?: number
  /** Time for one text, in milliseconds, from when it comes until it is read. */
  timeout?: number
  /** Worker threads at most. */
  threads?: number
  /** Texts that may wait for a worker. */
  queue?: number
  /** Memory of one worker, in megabytes. */
  memory?: number
}

/** Starts a reader. */
export function createReader (options: ReaderOptions = {}): Reader {
  const { atOnce = 256 * 1024, timeout = 10000, threads = 2, queue = 256, memory = 1024 } = options
  const readText = createReading()
  const readPictured = createPicturedReading(readText, atOnce)
  const pool = createWorkerPool<Job, JobResult>({ module: new URL('reader-worker.ts', import.meta.url), threads, queue, timeout, memory })

  return {
    async read (kind, bytes, signal) {
      const pictured = kind === 'request' ? readPictured(bytes) : undefined
      if (pictured !== undefined) return { ...pictured as Readings[typeof kind], bytes }
      if (bytes.length <= atOnce) {
        const reading = readText(kind, bytes)
        return reading.ok ? { ...reading, bytes } : reading
      }
      const owned = ownMemory(bytes)
      const outcome = await pool.run({ kind, bytes: owned }, { transfer: [owned.buffer], signal })
      if (outcome.kind === 'busy') throw new ServerBusyError()
      if (outcome.kind === 'hard') throw new BodyTooHardError()
      const { result } = outcome
      const reading = result.reading as Readings[typeof kind] | Refusal
      return reading.ok ? { ...reading, bytes: Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength) } : reading
    },
    close: pool.close
  }
}

/** The bytes in an ArrayBuffer that holds nothing else, so that it can be handed over; copied only where they share one. */
function ownMemory (bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  const alone = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength
  return alone ? new Uint8Array(buffer) : new Uint8Array(bytes)
}
