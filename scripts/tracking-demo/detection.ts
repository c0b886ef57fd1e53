// Finds shapes in a picture: what is coloured and hangs together is one, and its outline says what it is.
import type { Picture } from './scene.ts'

/** Something that was found in a picture. */
export interface Detection {
  /** Left, top, right and bottom edge, as shares of width and height. */
  rect: [number, number, number, number]
  kind: Kind
  /** How sure that is, from 0 to 1. */
  certainty: number
  /** What it looks like: shares of its pixels by hue, in twelve steps from red over green and blue, and at the end the share of its rectangle that it covers. */
  features: number[]
}

/** What a shape can be. */
export type Kind = keyof typeof coverage

/** Share of its rectangle that a shape covers. */
const coverage = { square: 1, circle: Math.PI / 4, triangle: 0.5 } as const

/** A pixel is part of a shape when its channels differ by more than this: the floor is grey. */
const leastColour = 60

/** Neighbours belong together when their channels differ by less than this, added up: shapes that touch stay two. */
const mostDifference = 120

/** Smaller spots are noise. */
const leastPixels = 40

const hues = 12

/** Finds all shapes, from top to bottom. */
export function detect (picture: Picture): Detection[] {
  const { width, height, pixels } = picture
  const seen = new Uint8Array(width * height)
  const found: Detection[] = []
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || !isColoured(pixels, start)) continue
    const region = gather(picture, start, seen)
    if (region.length >= leastPixels) found.push(describe(picture, region))
  }
  return found
}

/** How unlike two shapes look; 0 for the same. */
export function distance (one: readonly number[], other: readonly number[]): number {
  return Math.hypot(...one.map((value, index) => value - (other[index] ?? 0)))
}

function channels (pixels: Uint8Array, pixel: number): [number, number, number] {
  return [pixels[3 * pixel] ?? 0, pixels[3 * pixel + 1] ?? 0, pixels[3 * pixel + 2] ?? 0]
}

function isColoured (pixels: Uint8Array, pixel: number): boolean {
  const colour = channels(pixels, pixel)
  return Math.max(...colour) - Math.min(...colour) > leastColour
}

/** Pixels that hang together with one and look like their neighbours. */
function gather ({ width, height, pixels }: Picture, start: number, seen: Uint8Array): number[] {
  const region = [start]
  seen[start] = 1
  for (let next = 0; next < region.length; next++) {
    const pixel = region[next] ?? 0
    const x = pixel % width
    const neighbours = [x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1, pixel - width, pixel + width < width * height ? pixel + width : -1]
    for (const neighbour of neighbours) {
      if (neighbour < 0 || seen[neighbour] === 1 || !isColoured(pixels, neighbour)) continue
      const [one, other] = [channels(pixels, pixel), channels(pixels, neighbour)]
      if (one.reduce((sum, value, channel) => sum + Math.abs(value - (other[channel] ?? 0)), 0) >= mostDifference) continue
      seen[neighbour] = 1
      region.push(neighbour)
    }
  }
  return region
}

function describe ({ width, height, pixels }: Picture, region: readonly number[]): Detection {
  let [left, top, right, bottom] = [width, height, 0, 0]
  const counts = Array.from({ length: hues }, () => 0)
  for (const pixel of region) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    left = Math.min(left, x)
    right = Math.max(right, x + 1)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y + 1)
    const hue = Math.floor(hueOf(channels(pixels, pixel)) * hues) % hues
    counts[hue] = (counts[hue] ?? 0) + 1
  }
  const covered = region.length / ((right - left) * (bottom - top))
  const [kind, off] = nearest(covered)
  return {
    rect: [left / width, top / height, right / width, bottom / height],
    kind,
    certainty: Math.max(0, 1 - 2 * off),
    features: [...counts.map(count => count / region.length), covered]
  }
}

function nearest (covered: number): [Kind, number] {
  const candidates = Object.entries(coverage).map(([kind, share]): [Kind, number] => [kind as Kind, Math.abs(covered - share)])
  return candidates.reduce((best, candidate) => candidate[1] < best[1] ? candidate : best)
}

/** The hue of a colour, from 0 (red) over green and blue to 1 (red again). */
function hueOf ([red, green, blue]: [number, number, number]): number {
  const most = Math.max(red, green, blue)
  const range = most - Math.min(red, green, blue)
  const sextant = most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range
  return ((sextant + 6) % 6) / 6
}
