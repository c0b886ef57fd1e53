// Compares secrets.
import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether both texts are the same, in a time that tells nothing of either: their digests are of one length, and compared whole. */
export function isSameText (one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
