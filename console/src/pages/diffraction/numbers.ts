// What is drawn and said of numbers that belong to a frame: lines of charts, and where spots are.

/** A point of a chart; without `y` there is a gap. */
export interface Point { readonly x: number, readonly y: number | null }

/** Where lines are on a chart: from the left and from the top, between 0 and the size. */
export function linePath (points: readonly Point[], { width, height }: { width: number, height: number }): string {
  const known = points.flatMap(({ y }) => y === null ? [] : [y])
  const xs = points.map(({ x }) => x)
  const across = range(xs)
  const up = range([0, ...known])
  let path = ''
  let isDrawing = false
  for (const { x, y } of points) {
    if (y === null) {
      isDrawing = false
      continue
    }
    const place = `${round((x - across.low) / across.span * width)} ${round(height - (y - up.low) / up.span * height)}`
    path += `${isDrawing ? 'L' : 'M'}${place}`
    isDrawing = true
  }
  return path
}

/** Low end and length of numbers; a length is never 0. */
export function range (values: readonly number[]): { low: number, high: number, span: number } {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return { low: 0, high: 1, span: 1 }
  return { low, high, span: high === low ? 1 : high - low }
}

/** The point that is highest; undefined where there is none. */
export function peak (points: readonly Point[]): { x: number, y: number } | undefined {
  let best: { x: number, y: number } | undefined
  for (const { x, y } of points) if (y !== null && (best === undefined || y > best.y)) best = { x, y }
  return best
}

/** Parts of a picture: rows from the top, columns from the left. */
export const regions = ['topLeft', 'top', 'topRight', 'left', 'middle', 'right', 'bottomLeft', 'bottom', 'bottomRight'] as const

/** One of them. */
export type Region = typeof regions[number]

/** In which of nine parts of a frame a point is. */
export function regionOf ({ x, y }: { x: number, y: number }, { width, height }: { width: number, height: number }): Region {
  const third = (part: number, whole: number) => Math.min(2, Math.max(0, Math.floor(part / whole * 3)))
  return regions[third(y, height) * 3 + third(x, width)] ?? 'middle'
}

/** How many points are in each part, most first; parts without any are left out. */
export function countRegions (points: ReadonlyArray<{ x: number, y: number }>, size: { width: number, height: number }): Array<{ region: Region, count: number }> {
  const counts = new Map<Region, number>()
  for (const point of points) {
    const region = regionOf(point, size)
    counts.set(region, (counts.get(region) ?? 0) + 1)
  }
  return [...counts].map(([region, count]) => ({ region, count })).sort((a, b) => b.count - a.count)
}

function round (value: number): number {
  return Math.round(value * 10) / 10
}
