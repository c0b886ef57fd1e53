// The course of a line on the sheet: from any number of values to few points that a finger cannot tell from them.

/** A point of a line in units of its chart. */
export interface CurvePoint {
  x: number
  y: number
  /** True where values are missing between this point and the one before it. */
  afterGap?: unknown
}

/** A point on the sheet, in pins from its upper left corner. */
export type SheetPoint = readonly [x: number, y: number]

/** Steps of a pin within which points are one column. */
const columnsPerPin = 2

/** How far, in pins, a point may lie from the line without it to be left out: a quarter of a millimetre. */
const tolerance = 0.1

/** Gives the number of the column that a point is in. */
const columnOf = ([x]: SheetPoint) => Math.floor(x * columnsPerPin)

/** Gives the pieces of a line, broken where values are missing; a gap within one column cannot be drawn, which also bounds their number. */
function pieces (points: readonly CurvePoint[], place: (point: CurvePoint) => SheetPoint): SheetPoint[][] {
  const found: SheetPoint[][] = []
  for (const point of points) {
    const placed = place(point)
    const before = found.at(-1)?.at(-1)
    if (before === undefined || (point.afterGap === true && columnOf(before) !== columnOf(placed))) found.push([])
    found.at(-1)?.push(placed)
  }
  return found
}

/**
 * Keeps of each narrow column of points the first, the lowest, the highest and the last, in their order: what a drawing of this width can show of them
 * (M4; Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). Linear.
 */
function keepExtremes (points: readonly SheetPoint[]): SheetPoint[] {
  const kept: SheetPoint[] = []
  let column: SheetPoint[] = []
  const close = () => {
    let low = 0
    let high = 0
    for (const [index, [, y]] of column.entries()) {
      if (y < (column[low]?.[1] ?? y)) low = index
      if (y > (column[high]?.[1] ?? y)) high = index
    }
    const wanted = new Set([0, low, high, column.length - 1].sort((a, b) => a - b))
    for (const index of wanted) {
      const point = column[index]
      if (point !== undefined) kept.push(point)
    }
    column = []
  }
  for (const point of points) {
    const [first] = column
    if (first !== undefined && columnOf(first) !== columnOf(point)) close()
    column.push(point)
  }
  close()
  return kept
}

/** Leaves out points that lie on the straight line between their neighbours (Douglas and Peucker 1973, with a stack). What comes in is a few hundred points at most. */
function straighten (points: readonly SheetPoint[]): SheetPoint[] {
  const kept = new Set([0, points.length - 1])
  const spans: Array<[number, number]> = [[0, points.length - 1]]
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [start, end] = span
    const [fromX, fromY] = points[start] ?? [0, 0]
    const [toX, toY] = points[end] ?? [0, 0]
    const length = Math.hypot(toX - fromX, toY - fromY)
    let farthest = -1
    let distance = tolerance
    for (let index = start + 1; index < end; index++) {
      const [x, y] = points[index] ?? [0, 0]
      const away = length === 0 ? Math.hypot(x - fromX, y - fromY) : Math.abs((toX - fromX) * (fromY - y) - (fromX - x) * (toY - fromY)) / length
      if (away > distance) [farthest, distance] = [index, away]
    }
    if (farthest < 0) continue
    kept.add(farthest)
    spans.push([start, farthest], [farthest, end])
  }
  return points.filter((_, index) => kept.has(index))
}

/**
 * Gives the pieces of a line, its points in order of x, as points on the sheet; `place` puts a point there. The highest and the lowest point of every half pin stay, so that no peak is lost,
 * however many points there are; a piece of one point is one point.
 */
export function courseOnSheet (points: readonly CurvePoint[], place: (point: CurvePoint) => SheetPoint): SheetPoint[][] {
  return pieces(points, place).map((piece) => straighten(keepExtremes(piece)))
}
