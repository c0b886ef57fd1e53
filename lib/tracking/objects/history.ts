// The last happenings, for whoever comes back and asks what was missed.
import type { Camera } from '../messages/camera.ts'
import type { Happening } from './exchange.ts'

/** A happening that has an offset. */
export type Numbered = Exclude<Happening, { kind: 'boxes' }>

/** How much is remembered. */
export interface HistoryBounds {
  /** Happenings. */
  count: number
  /** Bytes of all of them, roughly. */
  bytes: number
}

/** Remembers happenings. */
export interface History {
  /** Remembers one more, whose offset is by one higher than that of the last; the oldest make place for it. */
  add (happening: Numbered): void
  /** Those after an offset; undefined where they are not all remembered. */
  since (offset: number): readonly Numbered[] | undefined
}

/** Bounds unless told otherwise. */
export const usualHistory: HistoryBounds = { count: 10000, bytes: 16 * 1024 * 1024 }

/** What a happening takes besides its texts, in bytes, roughly. */
const overhead = 256

/** Starts empty. @param offset - that of the last happening before */
export function createHistory ({ count, bytes }: HistoryBounds, offset: number): History {
  // By offset. Whoever asks a Map for its first entry pays for all that were removed before it.
  const happenings = new Map<number, Numbered>()
  let last = offset
  let oldest = offset + 1
  let held = 0

  return {
    add (happening) {
      last = happening.offset
      happenings.set(last, happening)
      held += bytesOf(happening)
      while (happenings.size > count || held > bytes) {
        const old = happenings.get(oldest)
        if (old !== undefined) held -= bytesOf(old)
        happenings.delete(oldest)
        oldest += 1
      }
    },
    since (offset) {
      if (!Number.isSafeInteger(offset) || offset > last || offset < oldest - 1) return undefined
      const missed: Numbered[] = []
      for (let next = offset + 1; next <= last; next++) {
        const happening = happenings.get(next)
        if (happening === undefined) return undefined
        missed.push(happening)
      }
      return missed
    }
  }
}

function bytesOf (happening: Numbered): number {
  if (happening.kind === 'mapped') return overhead + happening.featureMap.length
  if (happening.kind === 'stopped') return overhead
  if (happening.kind !== 'started') return overhead + ofCamera(happening.camera)
  const { camera, frameId, boxId, image } = happening.order
  return overhead + ofCamera(camera) + (frameId?.length ?? 0) + (boxId?.length ?? 0) + (image?.length ?? 0)
}

function ofCamera ({ key, text }: Camera): number {
  return key.length + text.length
}
