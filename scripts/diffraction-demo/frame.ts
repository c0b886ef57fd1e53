// Counts as a detector might have them: a hump of scattered rays around the beam, a ring as of water, Bragg spots, and noise as counts have it. The same seed gives the same counts.

/** What frames are made of. */
export interface FrameRecipe {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  readonly seed: number
  /** Bragg spots; 600 unless told. */
  readonly spots?: number
  /** Counts near the beam, on average; 8 unless told. */
  readonly background?: number
}

/** Numbers that follow from a seed: of 32 bits, evenly spread (xorshift32 by Marsaglia). */
function createRandom (seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Where the beam hits frames of a size, in pixels from the first. */
export function beamOf (width: number, height: number): { readonly x: number, readonly y: number } {
  return { x: width / 2 + 11.5, y: height / 2 - 7.25 }
}

/** Pixels of a frame, row by row. */
export function synthesise ({ width, height, seed, spots = 600, background = 8 }: FrameRecipe): Uint32Array<ArrayBuffer> {
  const random = createRandom(seed)
  const pixels = new Uint32Array(width * height)
  const beam = beamOf(width, height)

  // A table for each of some means, of counts that are as frequent in it as they are around that mean: looking up is quicker than reckoning, pixel by pixel.
  const steps = 256
  const entries = 1024
  const reach = Math.hypot(width, height)
  const tables = new Uint16Array(steps * entries)
  for (let step = 0; step < steps; step++) {
    const distance = (step + 0.5) / steps * reach
    const mean = background * Math.exp(-((distance / (0.28 * width)) ** 2)) + 2 + 6 * Math.exp(-(((distance - 0.22 * width) / (0.0075 * width)) ** 2))
    let count = 0
    let chance = Math.exp(-mean)
    let sum = chance
    for (let entry = 0; entry < entries; entry++) {
      while ((entry + 0.5) / entries > sum && count < 1000) {
        count += 1
        chance *= mean / count
        sum += chance
      }
      tables[step * entries + entry] = count
    }
  }
  for (let row = 0; row < height; row++) {
    const above = (row - beam.y) ** 2
    for (let column = 0; column < width; column++) {
      const step = Math.min(steps - 1, Math.floor(Math.sqrt(above + (column - beam.x) ** 2) / reach * steps))
      pixels[row * width + column] = tables[step * entries + (random() >>> 22)] as number
    }
  }

  for (let spot = 0; spot < spots; spot++) {
    const angle = random() / 2 ** 32 * 2 * Math.PI
    const distance = width * (0.015 + 0.535 * random() / 2 ** 32)
    const height0 = (50 + 5950 * random() / 2 ** 32) * Math.exp(-distance / (0.4 * width))
    const x = Math.round(beam.x + distance * Math.cos(angle))
    const y = Math.round(beam.y + distance * Math.sin(angle))
    for (let row = Math.max(0, y - 4); row <= Math.min(height - 1, y + 4); row++) {
      for (let column = Math.max(0, x - 4); column <= Math.min(width - 1, x + 4); column++) {
        const at = row * width + column
        pixels[at] = (pixels[at] as number) + Math.round(height0 * Math.exp(-((row - y) ** 2 + (column - x) ** 2) / 3))
      }
    }
  }
  return pixels
}

/** What does not count in frames of a size: 1 in the gaps between modules, 2 where a pixel is broken, else 0. */
export function gapsOf (width: number, height: number): Uint32Array<ArrayBuffer> {
  const random = createRandom(7)
  const mask = new Uint32Array(width * height)
  const overloads = overloadsOf(width, height)
  const gap = (length: number, module: number, wide: number) => (at: number) => at % module >= module - wide && at < length - length % module
  const [inColumn, inRow] = [gap(width, 1040, 10), gap(height, 551, 37)]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) if (inRow(row) || inColumn(column)) mask[row * width + column] = 1
  }
  for (let i = 0; i < width * height / 36000; i++) {
    const at = random() % (width * height)
    mask[at] = (mask[at] as number) | 2
  }
  // The overloads are not to be hidden.
  for (let row = overloads.y; row < overloads.y + overloads.size; row++) mask.fill(0, row * width + overloads.x, row * width + overloads.x + overloads.size)
  return mask
}

/** A square of pixels that could not count further. */
export function overloadsOf (width: number, height: number): { readonly x: number, readonly y: number, readonly size: number } {
  return { x: Math.floor(width * 0.15), y: Math.floor(height * 0.15), size: 4 }
}
