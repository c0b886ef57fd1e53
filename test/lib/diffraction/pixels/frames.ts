// Frames for tests of pixels: made up by fast-check, or like those of a detector.
import fc from 'fast-check'
import type { Frame } from '../../../../lib/diffraction/frame.ts'

/** A frame of those counts, in memory that is shared. */
export function frameOf (width: number, counts: ArrayLike<number>, depth: 16 | 32, masked?: ArrayLike<number>): Frame {
  return { width, height: counts.length / width, pixels: depth === 16 ? counts16(counts) : counts32(counts), mask: masked && maskOf(masked) }
}

/** Frames of any size, depth and mask, with noise, peaks, overloads, and counts that no detector gives. */
export const anyFrame: fc.Arbitrary<Frame> = fc.record({
  width: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 70 }),
  depth: fc.constantFrom<16 | 32>(16, 32),
  peaks: fc.array(fc.nat(0xffffffff), { maxLength: 30 }),
  rest: fc.constantFrom(1, 16, 256, 0x10000),
  isHuge: fc.boolean(),
  masked: fc.constantFrom<'none' | 'gaps' | 'rows' | 'dots' | 'all'>('none', 'gaps', 'rows', 'dots', 'all'),
  seed: fc.nat()
}).map(({ width, height, depth, peaks, rest, isHuge, masked, seed }) => {
  const next = numbers(seed)
  const overload = depth === 16 ? 0xffff : 0xffffffff
  const counts = Float64Array.from({ length: width * height }, () => next() % rest)
  for (const peak of peaks) counts[next() % counts.length] = peak % 3 === 0 ? overload : isHuge ? peak & overload : peak % 60000
  for (let at = 0; at < counts.length; at++) counts[at] = counts[at]! < 0 ? counts[at]! + 0x100000000 : counts[at]!
  const isMasked: Record<typeof masked, (at: number) => boolean> = {
    none: () => false,
    gaps: at => at % width % 11 === 3 || Math.trunc(at / width) % 13 > 9,
    rows: at => Math.trunc(at / width) % 5 > 1,
    dots: () => next() % 7 === 0,
    all: () => true
  }
  const mask = masked === 'none' ? undefined : Uint8Array.from(counts, (_, at) => isMasked[masked](at) ? 1 : 0)
  return frameOf(width, counts, depth, mask)
})

/** Numbers from 0 that look like chance, and are the same for the same seed: those of Marsaglia's xorshift of 32 bits. */
export function numbers (seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** A frame like that of a detector: noise around a beam, peaks, gaps between modules that hold the largest count, and a square of overloads. */
export function detectorFrame (width: number, height: number, depth: 16 | 32): Frame {
  const next = numbers(width * height)
  const overload = depth === 16 ? 0xffff : 0xffffffff
  const counts = new Uint32Array(width * height)
  const mask = new Uint8Array(width * height)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const distance = Math.hypot(x - width / 2, y - height / 2) / width
      counts[at] = next() % 8 + next() % 8 + Math.trunc(20 * Math.exp(-10 * distance))
      if (x % 1040 >= 1030 || y % 551 >= 514) mask[at] = 1
    }
  }
  for (let spot = 0; spot < 600; spot++) counts[next() % counts.length] = next() % 6000
  for (let spot = 0; spot < 16; spot++) counts[(Math.trunc(height / 7) + spot % 4) * width + Math.trunc(width / 7) + (spot >> 2)] = overload
  for (let at = 0; at < mask.length; at++) if (mask[at] === 1) counts[at] = overload
  return frameOf(width, counts, depth, mask)
}

/** Counts of 16 bits, in memory that is shared. */
export function counts16 (list: ArrayLike<number>): Uint16Array<SharedArrayBuffer> {
  const pixels = new Uint16Array(new SharedArrayBuffer(list.length * 2))
  pixels.set(list)
  return pixels
}

/** Counts of 32 bits, in memory that is shared. */
export function counts32 (list: ArrayLike<number>): Uint32Array<SharedArrayBuffer> {
  const pixels = new Uint32Array(new SharedArrayBuffer(list.length * 4))
  pixels.set(list)
  return pixels
}

/** Means, in memory that is shared. */
export function means (list: ArrayLike<number>): Float32Array<SharedArrayBuffer> {
  const pixels = new Float32Array(new SharedArrayBuffer(list.length * 4))
  pixels.set(list)
  return pixels
}

/** A mask, in memory that is shared. */
export function maskOf (list: ArrayLike<number>): Uint8Array<SharedArrayBuffer> {
  const mask = new Uint8Array(new SharedArrayBuffer(list.length))
  mask.set(list)
  return mask
}
