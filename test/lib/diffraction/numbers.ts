// Numbers that look random, for tests of pixels.

/** Gives numbers of 32 bits that look random and are the same in each run (mulberry32). */
export function generator (seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ seed >>> 15, seed | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return (t ^ t >>> 14) >>> 0
  }
}
