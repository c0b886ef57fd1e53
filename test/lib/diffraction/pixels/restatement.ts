// What a picture of the LS-CAT image server is, stated again in the plainest way: pixel by pixel, without anything of lib/diffraction/pixels. Slow.
import type { Frame } from '../../../../lib/diffraction/frame.ts'

/** A reduced pixel: a count, or an overload. */
export type Plain = number | 'overload'

/** What is asked for. */
export interface PlainAsk { zoom: number, column: number, row: number, size: number }

/** The reduced pixels, row by row, and how often an overload was met. */
export function plainReduction ({ width, height, pixels, mask }: Frame, { zoom, column, row, size }: PlainAsk): { pixels: Plain[], met: number } {
  const is16 = pixels.BYTES_PER_ELEMENT === 2
  const largest = is16 ? 65535 : 4294967295
  const windowWidth = Math.max(1, Math.trunc(width / zoom))
  const windowHeight = Math.max(1, Math.trunc(height / zoom))
  const x = Math.trunc(windowWidth * column)
  const y = Math.trunc(windowHeight * row)
  const boxWidth = Math.trunc(windowWidth / size)
  const boxHeight = Math.trunc(windowHeight / size)
  let met = 0
  const isMasked = (place: number) => mask !== undefined && mask[place] !== 0
  const nearestPixel = (down: number, across: number): Plain => {
    if (down >= height || across >= width || down + 0.5 < 0 || across + 0.5 < 0) return 0
    const place = Math.min(Math.trunc(down + 0.5), height - 1) * width + Math.min(Math.trunc(across + 0.5), width - 1)
    if (isMasked(place)) return 0
    if (pixels[place] === largest) met++
    return !is16 && pixels[place] === largest ? 'overload' : pixels[place]!
  }
  const largestOfBox = (down: number, across: number): Plain => {
    let max = 0
    for (let r = Math.trunc(down - Math.floor(boxHeight / 2)); r < down + boxHeight - Math.floor(boxHeight / 2); r++) {
      for (let c = Math.trunc(across - Math.floor(boxWidth / 2)); c < across + boxWidth - Math.floor(boxWidth / 2); c++) {
        if (r < 0 || r >= height || c < 0 || c >= width || isMasked(r * width + c)) continue
        const count = pixels[r * width + c]!
        if (count === largest) met++
        max = Math.max(max, count)
      }
    }
    return max === largest ? 'overload' : max
  }
  const reduced: Plain[] = []
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      const down = r * windowHeight / size + y
      const across = c * windowWidth / size + x
      if (is16 && (down < 0 || down >= height || across < 0 || across >= width)) reduced.push(0)
      else reduced.push(boxWidth <= 1 || boxHeight <= 1 ? nearestPixel(down, across) : largestOfBox(down, across))
    }
  }
  return { pixels: reduced, met }
}

/** Number, mean, root mean square and standard deviation. */
export function plainStatistics (pixels: readonly Plain[]): { n: number, mean: number, rms: number, stddev: number, min: number, max: number } {
  const counts = pixels.filter(each => each !== 'overload')
  const n = counts.length
  const mean = counts.reduce((sum, each) => sum + each, 0) / n
  const meanSquare = counts.reduce((sum, each) => sum + each * each, 0) / n
  return { n, mean, rms: Math.sqrt(meanSquare), stddev: Math.sqrt(meanSquare - mean * mean), min: counts.reduce((a, b) => Math.min(a, b)), max: counts.reduce((a, b) => Math.max(a, b)) }
}

/** Levels: those that are asked for where black is above 0 and white is not below, else by mean and standard deviation. */
export function plainLevels ({ mean, stddev }: { mean: number, stddev: number }, contrast: number, wval: number): { black: number, white: number } {
  let black = Math.trunc(contrast > 0 ? contrast : mean + stddev)
  let white = Math.trunc(wval >= 0 ? wval : mean - stddev)
  if (white < 0) white = 0
  if (black <= white) black = white + 1
  return { black, white }
}

/** Red, green and blue of each pixel. */
export function plainPainting (pixels: readonly Plain[], { black, white }: { black: number, white: number }): Uint8Array {
  return Uint8Array.from(pixels.flatMap(each => {
    if (each === 'overload') return [255, 0, 0]
    const grey = each <= white ? 255 : each >= black ? 0 : Math.trunc(255 - (each - white) / (black - white) * 255)
    return [grey, grey, grey]
  }))
}
