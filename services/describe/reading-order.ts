// The order in which a person reads the lines of text on a page or sign, and the blocks that they form.

/** A line of text and where it stands, in fractions of the picture's width and height. */
export interface PlacedLine {
  text: string
  left: number
  top: number
  right: number
  bottom: number
}

/** Beyond this many lines or cuts within cuts the page is read simply from top to bottom: no real page needs more, and time stays bounded. */
const mostLines = 2_000
const deepest = 40
/** A narrower column than this part of its neighbour is a column of prices or page numbers, which are read row by row. */
const narrowest = 0.4
const fewestInColumn = 3

type Side = 'left' | 'right' | 'top' | 'bottom'

/**
 * Gives the lines as blocks (paragraphs, columns' parts), each in reading order. Follows the recursive XY cut (Nagy and Seth, "Hierarchical representation of
 * optically scanned documents", 1984): the page is cut at the widest white band into columns or rows until nothing is left to cut. Columns are cut first, but only
 * where both have several lines and neither is much the narrower one. Lines on one level are read from left to right.
 */
export function inReadingOrder<T extends PlacedLine> (lines: readonly T[]): T[][] {
  return lines.length > mostLines ? [[...lines].sort((a, b) => a.top - b.top || a.left - b.left)] : cut([...lines], 0)
}

function cut<T extends PlacedLine> (lines: T[], depth: number): T[][] {
  if (lines.length < 2 || depth > deepest) return [inRows(lines)]
  const columns = split(lines, 'left', 'right', 0.01)
  if (columns && columns.every((side) => side.length >= fewestInColumn) && comparable(columns)) return columns.flatMap((side) => cut(side, depth + 1))
  // A white band nearly as high as a line of text begins a new paragraph; the one between two lines of a paragraph is lower.
  const heights = lines.map(({ top, bottom }) => bottom - top).sort((a, b) => a - b)
  const rows = split(lines, 'top', 'bottom', (heights[heights.length >> 1] ?? 0) * 0.8)
  return rows ? rows.flatMap((side) => cut(side, depth + 1)) : [inRows(lines)]
}

// Cuts at the widest white band of at least that width.
function split<T extends PlacedLine> (lines: T[], start: Side, end: Side, least: number): [T[], T[]] | undefined {
  const sorted = [...lines].sort((a, b) => a[start] - b[start])
  let reach = -Infinity
  let widest = 0
  let at = 0
  for (const [index, line] of sorted.entries()) {
    const white = line[start] - reach
    if (index > 0 && white > widest) [widest, at] = [white, index]
    reach = Math.max(reach, line[end])
  }
  return widest > least ? [sorted.slice(0, at), sorted.slice(at)] : undefined
}

function comparable (columns: PlacedLine[][]): boolean {
  const [a = 0, b = 0] = columns.map((column) => Math.max(...column.map(({ right }) => right)) - Math.min(...column.map(({ left }) => left)))
  return Math.min(a, b) >= narrowest * Math.max(a, b)
}

// Lines whose heights overlap by more than half are on one level.
function inRows<T extends PlacedLine> (lines: T[]): T[] {
  const sorted = [...lines].sort((a, b) => a.top - b.top)
  const rows: T[][] = []
  for (const line of sorted) {
    const row = rows.at(-1)
    const [head] = row ?? []
    const shared = head ? Math.min(head.bottom, line.bottom) - Math.max(head.top, line.top) : 0
    if (row && head && shared > Math.min(head.bottom - head.top, line.bottom - line.top) / 2) row.push(line)
    else rows.push([line])
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left))
}
