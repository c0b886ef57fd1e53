// What the journal says of objects, read back; and the same written anew.
import type { JournalRecord } from './journal-records.ts'
import type { TrackedObject } from './tracked-object.ts'

/** What is known from a journal so far. */
export interface KeptObjects {
  /** Objects that are tracked, in the order in which they were started. */
  readonly objects: Map<number, TrackedObject>
  /** The highest number that was used. */
  lastId (): number
  /** Where the history ended; undefined where that is not known. */
  end (): { epoch: string, offset: number } | undefined
  /** Takes the next record; undefined stands for a line that was not whole. */
  add (record: JournalRecord | undefined): void
}

/** The feature map of an object that has none yet. */
export const emptyMap = Buffer.from('{}')

/** Gathers what the records of a journal say. It starts empty. */
export function createKeptObjects (): KeptObjects {
  const objects = new Map<number, TrackedObject>()
  let lastId = 0
  let end: { epoch: string, offset: number } | undefined
  const change = (id: number, changed: Partial<TrackedObject>) => {
    const object = objects.get(id)
    if (object !== undefined) objects.set(id, { ...object, ...changed })
  }

  return {
    objects,
    lastId: () => lastId,
    end: () => end,
    add (record) {
      end = undefined
      // Also where the line of its start is lost.
      if (record !== undefined && 'id' in record) lastId = Math.max(lastId, record.id)
      switch (record?.kind) {
        case 'start': {
          const { id, at } = record
          if (!objects.has(id)) objects.set(id, { id, image: undefined, featureMap: emptyMap, startedAt: at, seenAt: at })
          break
        }
        case 'image':
          change(record.id, { image: own(record.value) })
          break
        case 'map':
          change(record.id, { featureMap: own(record.value) })
          break
        case 'seen':
          for (const id of record.ids) change(id, { seenAt: record.at })
          break
        case 'stop':
          objects.delete(record.id)
          break
        case 'closed':
          end = record
          break
        default:
          // All that needs to be done is.
      }
    }
  }
}

/** All that is true of objects, as records. @param lastId - the highest number that was used */
export function * recordsOf (lastId: number, objects: readonly TrackedObject[]): Generator<JournalRecord> {
  yield { kind: 'last', id: lastId }
  for (const { id, image, featureMap, startedAt, seenAt } of objects) {
    yield { kind: 'start', id, at: startedAt }
    if (image !== undefined) yield { kind: 'image', id, value: image }
    if (featureMap !== emptyMap) yield { kind: 'map', id, value: featureMap }
    if (seenAt !== startedAt) yield { kind: 'seen', at: seenAt, ids: [id] }
  }
}

/** A copy with memory of its own: a slice would keep all of the message, and a small one of the common pool whatever else lies there. */
export function own (slice: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(slice.length)
  slice.copy(copy)
  return copy
}
