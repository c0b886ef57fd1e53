// Records on their way to the disk: put together into lines of a size that nothing else has to wait for.
import { encodeRecords, weightOf } from './journal-records.ts'
import type { JournalRecord } from './journal-records.ts'

/** Records that wait. */
export interface WaitingRecords {
  readonly isEmpty: boolean
  /** Whether all of them are taken at once. */
  readonly isLittle: boolean
  /** Whether there were more than it holds: then all have been given up, and it takes none any more. */
  readonly isFull: boolean
  /** Adds a record at the end. */
  put (record: JournalRecord): void
  /** Takes the first records out, as lines. */
  take (): Buffer
}

/** Bytes of lines that are put together at a time; one record may be larger. */
const batchBytes = 64 * 1024

/** Starts empty. @param most - bytes of all records */
export function createWaitingRecords (most: number): WaitingRecords {
  let records: JournalRecord[] = []
  let bytes = 0
  let isFull = false

  return {
    get isEmpty () { return records.length === 0 },
    get isLittle () { return bytes <= batchBytes },
    get isFull () { return isFull },
    put (record) {
      if (isFull) return
      records.push(record)
      bytes += weightOf(record)
      if (bytes <= most) return
      isFull = true
      records = []
      bytes = 0
    },
    take () {
      let count = 0
      let taken = 0
      for (const record of records) {
        taken += weightOf(record)
        count += 1
        if (taken >= batchBytes) break
      }
      bytes -= taken
      return encodeRecords(records.splice(0, count))
    }
  }
}

/** The lines of records, some at a time. */
export function * inBatches (records: Iterable<JournalRecord>): Generator<Buffer> {
  let batch: JournalRecord[] = []
  let bytes = 0
  for (const record of records) {
    batch.push(record)
    bytes += weightOf(record)
    if (bytes < batchBytes) continue
    yield encodeRecords(batch)
    batch = []
    bytes = 0
  }
  yield encodeRecords(batch)
}
