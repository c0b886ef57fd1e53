// Frames as detectors see them, made from a seed: background that falls with the distance from the beam, rings, and spots at known places.
import type { Frame } from '../../../../lib/diffraction/frame.ts'
import type { Geometry } from '../../../../lib/diffraction/view.ts'

/** Random numbers from 0 to 1 that are the same each time (mulberry32). */
export function randomFrom (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** How many photons come where so many are expected. */
export function photons (random: () => number, expected: number): number {
  if (expected <= 0) return 0
  if (expected > 60) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(expected + Math.sqrt(expected) * normal))
  }
  const limit = Math.exp(-expected)
  let product = random()
  let count = 0
  while (product > limit) {
    product *= random()
    count++
  }
  return count
}

/** A frame of 16 or 32 bit, of what a function says for each pixel. */
export function frameOf (width: number, height: number, count: (x: number, y: number) => number, { bits = 32, isMasked }: { bits?: 16 | 32, isMasked?: (x: number, y: number) => boolean } = {}): Frame {
  const pixels = bits === 16 ? new Uint16Array(new SharedArrayBuffer(2 * width * height)) : new Uint32Array(new SharedArrayBuffer(4 * width * height))
  const mask = isMasked === undefined ? undefined : new Uint8Array(new SharedArrayBuffer(width * height))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = count(x, y)
      if (mask !== undefined && isMasked?.(x, y) === true) mask[y * width + x] = 1
    }
  }
  return { width, height, pixels, mask }
}

/** A place where a frame has a spot, and how many photons are in it. */
export interface Known {
  readonly x: number
  readonly y: number
  readonly photons: number
}

/**
 * Adds spots to counts.
 * @param sigma - their width, in pixels
 */
export function addSpots ({ height, pixels, width }: Frame, random: () => number, spots: readonly Known[], sigma = 1.2): void {
  const reach = Math.ceil(5 * sigma)
  for (const spot of spots) {
    for (let y = Math.max(0, Math.round(spot.y) - reach); y <= Math.min(height - 1, Math.round(spot.y) + reach); y++) {
      for (let x = Math.max(0, Math.round(spot.x) - reach); x <= Math.min(width - 1, Math.round(spot.x) + reach); x++) {
        const expected = spot.photons / (2 * Math.PI * sigma * sigma) * Math.exp(-((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * sigma * sigma))
        pixels[y * width + x] = pixels[y * width + x]! + photons(random, expected)
      }
    }
  }
}

/** Places for spots that do not touch, or lie at the border. */
export function scattered (random: () => number, width: number, height: number, count: number, apart: number): Array<{ x: number, y: number }> {
  const places: Array<{ x: number, y: number }> = []
  for (let tries = 0; places.length < count && tries < 100 * count; tries++) {
    const place = { x: apart + random() * (width - 2 * apart), y: apart + random() * (height - 2 * apart) }
    if (places.every(({ x, y }) => Math.hypot(x - place.x, y - place.y) >= apart)) places.push(place)
  }
  return places
}

/** An Eiger 16M at 0.25 m, as far as rays are concerned, for a smaller frame. */
export function geometryFor (width: number, height: number): Geometry {
  return { wavelength: 0.97919, distance: 0.25, beamX: width / 2 + 11.5, beamY: height / 2 - 7.25, pixelWidth: 7.5e-5, pixelHeight: 7.5e-5 }
}
