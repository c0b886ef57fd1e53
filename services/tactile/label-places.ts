// Where labels may be written: that of a part inside it where there is room, else close to it; that of a point as near as can be; never where it would seem to name another.
import type { SheetPoint } from './curve.ts'
import { brailleWidth, cell } from './sheet.ts'
import type { Pin, PinRectangle, Sheet } from './sheet.ts'

function meets (a: PinRectangle, b: PinRectangle): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom
}

function holds (outer: PinRectangle, inner: PinRectangle): boolean {
  return outer.left <= inner.left && outer.right >= inner.right && outer.top <= inner.top && outer.bottom >= inner.bottom
}

/** Gives whether a part is large enough for a label within it, one pin from its line. */
export function hasRoom ({ left, top, right, bottom }: PinRectangle, cells: string): boolean {
  return right - left - 3 >= brailleWidth(cells) && bottom - top - 3 >= cell.height
}

function * inside ({ left, top, right, bottom }: PinRectangle, width: number): Generator<Pin> {
  for (let row = top + 2; row + cell.height <= bottom - 1; row++) {
    for (let column = left + 2; column + width <= right - 1; column++) yield { column, row }
  }
}

function * outside ({ left, top, right, bottom }: PinRectangle, width: number): Generator<Pin> {
  const above = top - 1 - cell.height
  const below = bottom + 2
  for (const column of [left, right - width + 1, Math.round((left + right - width + 1) / 2)]) yield * [{ column, row: above }, { column, row: below }]
  for (let row = top; row + cell.height - 1 <= bottom; row++) yield * [{ column: right + 2, row }, { column: left - 1 - width, row }]
}

/** The other parts of a drawing, as one part sees them. */
export interface Others {
  /** Those that hide what is behind them. */
  front: readonly PinRectangle[]
  /** Those that are behind this one. */
  behind: readonly PinRectangle[]
}

/**
 * Gives the places for a label of a part, the best first, as its upper left pin: inside, in reading order; then above, below, right and left, one pin away,
 * which is 5 mm (guidelines: an eighth to a quarter of an inch). Left out are places off the sheet and those where the label would seem to name another part:
 * within a part in front, and outside also within a part behind, unless that part holds this one too.
 */
export function * labelPlaces ({ columns, rows }: Pick<Sheet, 'columns' | 'rows'>, cells: string, part: PinRectangle, { front, behind }: Others): Generator<Pin> {
  const width = brailleWidth(cells)
  function * fitting (places: Iterable<Pin>, barred: readonly PinRectangle[]): Generator<Pin> {
    for (const { column, row } of places) {
      const label = { left: column, top: row, right: column + width - 1, bottom: row + cell.height - 1 }
      if (column >= 0 && row >= 0 && label.right < columns && label.bottom < rows && !barred.some((other) => meets(other, label))) yield { column, row }
    }
  }
  const inFront = front.filter((other) => !holds(other, part))
  yield * fitting(inside(part, width), inFront)
  yield * fitting(outside(part, width), [...inFront, ...behind.filter((other) => !holds(other, part))])
}

/** Farthest that a label is from its point, in pins; farther away nobody would look for it. */
const farthest = 10

/** Gives how far a label is from a point, in pins, from its nearest edge. */
function distance ({ column, row }: Pin, width: number, [x, y]: SheetPoint): number {
  return Math.hypot(Math.max(column - x, 0, x - column - width), Math.max(row - y, 0, y - row - cell.height))
}

/** Gives the places for a label of a point within an area of the sheet, nearest first, above before below; left out are those that are as near to one of the other points. */
export function placesNear (point: SheetPoint, cells: string, area: PinRectangle, others: readonly SheetPoint[]): Pin[] {
  const width = brailleWidth(cells)
  const [x, y] = point
  const places: Array<{ pin: Pin, rank: number }> = []
  for (let row = Math.max(area.top, Math.floor(y) - farthest); row <= Math.min(area.bottom - cell.height + 1, y + farthest); row++) {
    for (let column = Math.max(area.left, Math.floor(x) - width - farthest); column <= Math.min(area.right - width + 1, x + farthest); column++) {
      const pin = { column, row }
      const away = distance(pin, width, point)
      if (away > farthest || others.some((other) => distance(pin, width, other) <= away + 1)) continue
      // A little for the middle of the label being aside, half a pin for being below.
      places.push({ pin, rank: away + Math.abs(column + width / 2 - x) / 10 + (row > y ? 0.5 : 0) })
    }
  }
  return places.sort((a, b) => a.rank - b.rank).map(({ pin }) => pin)
}
