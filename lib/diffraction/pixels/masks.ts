// Masks: where one has its masked pixels, and how they are marked.

/** First pixel and the pixel after the last of each masked run of a row, counted from the beginning of the row, one after the other. */
export type Runs = readonly number[]

/** Gives a function that finds the masked runs of a row. It gives the same array for rows that are masked alike, as most are: in the gaps between modules. */
export function maskedRuns (mask: Uint8Array): (from: number, width: number) => Runs {
  const bytes = Buffer.from(mask.buffer, mask.byteOffset, mask.byteLength)
  const words = mask.byteOffset % 4 === 0 ? new Uint32Array(mask.buffer, mask.byteOffset, mask.length >> 2) : undefined
  let known: { from: number, width: number, runs: Runs } | undefined
  const isAsBefore = (from: number, width: number) => known !== undefined && known.width === width && (known.from === from || bytes.compare(bytes, known.from, known.from + width, from, from + width) === 0)
  return (from, width) => {
    known = { from, width, runs: known !== undefined && isAsBefore(from, width) ? known.runs : runsIn(mask, words, from, width) }
    return known.runs
  }
}

function runsIn (mask: Uint8Array, words: Uint32Array | undefined, from: number, width: number): Runs {
  const runs = []
  const to = from + width
  let at = nextMasked(mask, words, from, to)
  while (at < to) {
    runs.push(at - from)
    while (at < to && mask[at] !== 0) at++
    runs.push(at - from)
    at = nextMasked(mask, words, at, to)
  }
  return runs
}

/** The next masked pixel. They are few, so that four words at a time are looked at. */
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

/** What marks masked pixels, and knows whether there are any. */
export interface MaskMarker {
  set (at: number): void
  fill (from: number, to: number): void
  /** Whether any pixel was marked. */
  readonly isMarked: boolean
}

/** Marks pixels in a mask that has none marked yet. */
export function createMarker (mask: Uint8Array): MaskMarker {
  let isMarked = false
  return {
    set (at) {
      mask[at] = 1
      isMarked = true
    },
    fill (from, to) {
      mask.fill(1, from, to)
      isMarked = true
    },
    get isMarked () { return isMarked }
  }
}
