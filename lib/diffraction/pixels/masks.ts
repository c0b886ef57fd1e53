// Masks: where one has its masked pixels, and one that is made only where it is needed.

/**
 * Gives a function that finds the masked runs between two places of a mask. Masked pixels are few and lie together (gaps between modules), so that four at a time are looked at.
 * @returns first pixel and the pixel after the last of each run, one after the other
 */
export function maskedRuns (mask: Uint8Array): (from: number, to: number) => number[] {
  const words = mask.byteOffset % 4 === 0 ? new Uint32Array(mask.buffer, mask.byteOffset, mask.length >> 2) : undefined
  return (from, to) => {
    const runs = []
    let at = nextMasked(mask, words, from, to)
    while (at < to) {
      runs.push(at)
      while (at < to && mask[at] !== 0) at++
      runs.push(at)
      at = nextMasked(mask, words, at, to)
    }
    return runs
  }
}

function nextMasked (mask: Uint8Array, words: Uint32Array | undefined, from: number, to: number): number {
  let at = from
  if (words !== undefined) {
    for (; at < to && at % 4 !== 0; at++) if (mask[at] !== 0) return at
    let word = at >> 2
    const end = to >> 2
    while (word + 4 <= end && (words[word]! | words[word + 1]! | words[word + 2]! | words[word + 3]!) === 0) word += 4
    while (word < end && words[word] === 0) word++
    at = Math.max(at, word << 2)
  }
  while (at < to && mask[at] === 0) at++
  return Math.min(at, to)
}

/** A mask that is there only once a pixel is masked. */
export function lazyMask (length: number): { set: (at: number) => void, fill: (from: number, to: number) => void, get: () => Uint8Array<SharedArrayBuffer> | undefined } {
  let mask: Uint8Array<SharedArrayBuffer> | undefined
  const made = () => (mask ??= new Uint8Array(new SharedArrayBuffer(length)))
  return {
    set: at => { made()[at] = 1 },
    fill: (from, to) => { made().fill(1, from, to) },
    get: () => mask
  }
}
