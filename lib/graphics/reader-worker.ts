// The worker side of reader.ts: reads one text in a thread of its own and hands the bytes back without copying them.
import { handingOver } from '../worker-pool.ts'
import { createReading } from './reading.ts'
import type { Kind, Readings, Refusal } from './reading.ts'

/** What the worker is asked: which kind of text, and its bytes, handed over. */
export interface Job { kind: Kind, bytes: Uint8Array<ArrayBuffer> }

/** What the worker answers: the reading, and the same bytes handed back. */
export interface JobResult { reading: Readings[Kind] | Refusal, bytes: Uint8Array<ArrayBuffer> }

const read = createReading()

/** Reads one text. */
export default function run ({ kind, bytes }: Job): JobResult {
  const reading = read(kind, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return handingOver({ reading, bytes }, [bytes.buffer])
}
