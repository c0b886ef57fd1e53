// Lines of pins: the outline of a box, the rows of a text, the course of a curve; how they are broken where something else is in front, and written as paths.
import type { Pin, PinRectangle } from './sheet.ts'
import { round } from './svg.ts'

/** A stroke shorter than this many pins is no line to a finger but a stray dot. */
const shortestStroke = 3

/** A continuous line of pins, each beside the one before it, also diagonally. */
export interface Stroke {
  pins: Pin[]
  /** Whether the last pin is beside the first. */
  closed: boolean
}

/** Gives the outline of a rectangle with its corner pins left out, which makes it rounded; it begins at the upper left and runs clockwise. At least 3 × 3 pins. */
export function outline ({ left, top, right, bottom }: PinRectangle): Stroke {
  const across = Array.from({ length: right - left - 1 }, (_, index) => left + 1 + index)
  const down = Array.from({ length: bottom - top - 1 }, (_, index) => top + 1 + index)
  return {
    closed: true,
    pins: [
      ...across.map((column) => ({ column, row: top })),
      ...down.map((row) => ({ column: right, row })),
      ...across.toReversed().map((column) => ({ column, row: bottom })),
      ...down.toReversed().map((row) => ({ column: left, row }))
    ]
  }
}

/** Gives a row of pins from left to right. */
export function row (left: number, right: number, at: number): Stroke {
  return { closed: false, pins: Array.from({ length: right - left + 1 }, (_, index) => ({ column: left + index, row: at })) }
}

/**
 * Breaks a stroke: pins that are not kept are left out, and so are pieces too short to be felt as lines. Breaking the line behind where two meet is
 * what tactile guidelines ask for: lines that touch feel like one.
 */
export function breakStroke ({ pins, closed }: Stroke, isKept: (pin: Pin) => boolean): Stroke[] {
  const firstGap = pins.findIndex((pin) => !isKept(pin))
  if (firstGap < 0) return [{ pins, closed }]
  // A closed line begins anew at a gap, so that its two ends are not taken for two pieces.
  const turned = closed ? [...pins.slice(firstGap), ...pins.slice(0, firstGap)] : pins
  const pieces: Pin[][] = [[]]
  for (const pin of turned) {
    if (isKept(pin)) pieces.at(-1)?.push(pin)
    else pieces.push([])
  }
  return pieces.filter((piece) => piece.length >= shortestStroke).map((piece) => ({ pins: piece, closed: false }))
}

/** Writes strokes as path data; a pin's middle is half a unit from its corner. */
export function strokePath (strokes: readonly Stroke[]): string {
  return strokes.map(({ pins, closed }) => polyline(corners(pins).map(({ column, row }) => [column + 0.5, row + 0.5])) + (closed ? 'Z' : '')).join('')
}

/** Writes points as path data. */
export function polyline (points: ReadonlyArray<readonly [x: number, y: number]>): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
}

/** Leaves out the pins between which the line runs straight. */
function corners (pins: readonly Pin[]): Pin[] {
  return pins.filter((pin, index) => {
    const before = pins[index - 1]
    const after = pins[index + 1]
    return before === undefined || after === undefined || before.column + after.column !== 2 * pin.column || before.row + after.row !== 2 * pin.row
  })
}

/** Gives the pins that a line through these points raises, points in units of pins. Time follows the length of the line, so points must lie on a sheet. */
export function linePins (points: ReadonlyArray<readonly [x: number, y: number]>): Pin[] {
  return points.flatMap(([x, y], index) => {
    const [fromX, fromY] = points[index - 1] ?? [x, y]
    const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(x - fromX), Math.abs(y - fromY))))
    return Array.from({ length: steps }, (_, step) => ({
      column: Math.floor(x + (fromX - x) * step / steps),
      row: Math.floor(y + (fromY - y) * step / steps)
    }))
  })
}
