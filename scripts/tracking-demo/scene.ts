// What the cameras of the demonstration look at: coloured shapes that wander over a grey floor, drawn pixel by pixel.
import { createRandom } from '../../test/fixtures/json/random-text.ts'

/** A picture: rows of pixels, three bytes each (red, green, blue). */
export interface Picture { width: number, height: number, pixels: Uint8Array }

/** A scene that looks the same at the same time for the same seed. */
export interface Scene {
  /** The picture at a time, in seconds. */
  draw (seconds: number): Picture
}

const width = 160
const height = 120

/** Whether a shape covers a point, given from -1 to 1 around its middle. */
const outlines = {
  square: () => true,
  circle: (x: number, y: number) => x * x + y * y <= 1,
  // Point up: half as wide at half its height.
  triangle: (x: number, y: number) => Math.abs(x) <= (y + 1) / 2
}

const actors = [
  { outline: outlines.circle, colour: [214, 48, 40], radius: 12 },
  { outline: outlines.square, colour: [44, 92, 222], radius: 11 },
  { outline: outlines.triangle, colour: [42, 172, 66], radius: 13 },
  { outline: outlines.circle, colour: [232, 196, 36], radius: 9 }
] as const

/** Makes a scene: the same shapes in each, on other ways for another seed. */
export function createScene (seed: number): Scene {
  const random = createRandom(seed)
  const between = (least: number, most: number) => least + (most - least) * random(10_000) / 10_000
  const ways = actors.map(() => ({ x: between(0, width), y: between(0, height), right: between(8, 26), down: between(8, 26) }))
  return {
    draw (seconds) {
      const pixels = new Uint8Array(width * height * 3)
      // No camera sees one grey alone.
      for (let pixel = 0; pixel < width * height; pixel++) pixels.fill(58 + random(14), 3 * pixel, 3 * pixel + 3)
      for (const [index, { outline, colour, radius }] of actors.entries()) {
        const way = ways[index]
        if (way === undefined) continue
        const left = Math.round(bounce(way.x + way.right * seconds, width - 2 * radius - 1))
        const top = Math.round(bounce(way.y + way.down * seconds, height - 2 * radius - 1))
        for (let y = 0; y <= 2 * radius; y++) {
          for (let x = 0; x <= 2 * radius; x++) {
            if (!outline(x / radius - 1, y / radius - 1)) continue
            const place = 3 * ((top + y) * width + left + x)
            for (const [channel, light] of colour.entries()) pixels[place + channel] = light + random(12)
          }
        }
      }
      return { width, height, pixels }
    }
  }
}

/** Where something is that goes on and on between 0 and `most`, and turns at both ends. */
function bounce (way: number, most: number): number {
  const place = way % (2 * most)
  return place <= most ? place : 2 * most - place
}
