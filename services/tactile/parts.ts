// The parts of a picture that are drawn: which of the things seen and the lines read, and where they come to lie on the sheet.
import type { DetectedObject } from '../../schemas/graphics/preprocessors/object-detection.ts'
import type { TextLine } from '../../schemas/graphics/preprocessors/ocr.ts'
import { inReadingOrder } from '../describe/reading-order.ts'
import { typeKey } from '../describe/vocabulary.ts'
import { plainText } from '../line-charts/plain-text.ts'
import { overlap } from '../object-detection/detections.ts'
import type { PinRectangle, Sheet } from './sheet.ts'

/** Left, top, right and bottom as fractions of the picture. */
export type Box = [left: number, top: number, right: number, bottom: number]

/** A thing to draw. */
export interface Thing {
  kind: 'thing'
  /** What it is, as object detection says. */
  type: string
  box: Box
  /** How sure the detector is, 0 to 1. */
  confidence: number
}

/** A block of text to draw. */
export interface Print {
  kind: 'print'
  /** What it says, on one line. */
  text: string
  box: Box
}

/** A part of a picture to draw. */
export type Part = Thing | Print

/** From a longer list the surest detections, or the first lines, are looked at. */
const mostLookedAt = 200

/** Boxes of the same kind that share this part of their union are one thing; boxes of different kinds need more. */
const sameThing = { ofOneKind: 0.5, ofTwoKinds: 0.75 }

/** Pins across which a thing must be, both ways, to have an outline: 12.5 mm. Shapes with sides below half an inch (12.7 mm) are not recognised (American Printing House for the Blind, Guidelines for Design of Tactile Graphics). */
const leastAcross = 5

const area = ([left, top, right, bottom]: Box) => (right - left) * (bottom - top)

/** Gives the things that could be drawn: duplicates only once, as what the detector is surest of; the largest first. */
export function drawableThings (objects: readonly DetectedObject[]): Thing[] {
  const kept: Thing[] = []
  for (const { type, confidence, dimensions: [x1, y1, x2, y2] } of [...objects].sort((a, b) => b.confidence - a.confidence).slice(0, mostLookedAt)) {
    const thing: Thing = { kind: 'thing', type, confidence, box: [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)] }
    const isKnown = kept.some((other) => overlap(other.box, thing.box) > (typeKey(other.type) === typeKey(type) ? sameThing.ofOneKind : sameThing.ofTwoKinds))
    if (area(thing.box) > 0 && !isKnown) kept.push(thing)
  }
  return kept.sort((a, b) => area(b.box) - area(a.box))
}

/** Gives the blocks of text that could be drawn: lines that belong together as one; the largest first. */
export function drawablePrints (lines: readonly TextLine[]): Print[] {
  const placed = lines.slice(0, mostLookedAt).flatMap(({ text, bounding_box: [left, top, width, height] }) => {
    const words = plainText(text)
    return words === '' || width === 0 || height === 0 ? [] : [{ text: words, left, top, right: Math.min(1, left + width), bottom: Math.min(1, top + height) }]
  })
  return inReadingOrder(placed)
    .filter((block) => block.length > 0)
    .map((block): Print => ({
      kind: 'print',
      text: block.map(({ text }) => text).join(' '),
      box: [
        Math.min(...block.map(({ left }) => left)), Math.min(...block.map(({ top }) => top)),
        Math.max(...block.map(({ right }) => right)), Math.max(...block.map(({ bottom }) => bottom))
      ]
    }))
    .sort((a, b) => area(b.box) - area(a.box))
}

/** Gives the first and last of the pins along one side of the sheet that lie between two fractions of it. */
function span (from: number, to: number, pins: number): [first: number, last: number] {
  const first = Math.min(pins - 1, Math.floor(from * pins))
  return [first, Math.max(first, Math.min(pins - 1, Math.ceil(to * pins) - 1))]
}

/** Widens a span about its middle to at least so many pins, within the sheet. */
function widen ([first, last]: [number, number], least: number, pins: number): [first: number, last: number] {
  const missing = Math.min(least, pins) - (last - first + 1)
  if (missing <= 0) return [first, last]
  const start = Math.max(0, Math.min(pins - Math.min(least, pins), first - Math.floor(missing / 2)))
  return [start, start + Math.min(least, pins) - 1]
}

/** Where a part lies on the sheet. */
export interface Place {
  /** `area` is drawn with its extent, `point` as a symbol because it is too small for that. */
  form: 'area' | 'point'
  rectangle: PinRectangle
}

/**
 * Gives where a part lies on the sheet. A thing that is small both ways becomes a point of 3 × 3 pins; one that is small one way, or a block of text,
 * is widened that way: guidelines prefer a distorted shape to one that cannot be felt.
 */
export function placeOn ({ columns, rows }: Pick<Sheet, 'columns' | 'rows'>, { kind, box: [left, top, right, bottom] }: Part): Place {
  const across = span(left, right, columns)
  const down = span(top, bottom, rows)
  const isSmall = ([first, last]: [number, number]) => last - first + 1 < leastAcross
  const form = kind === 'thing' && isSmall(across) && isSmall(down) ? 'point' : 'area'
  const middle = (from: number, to: number, pins: number): [number, number] => span((from + to) / 2, (from + to) / 2, pins)
  const [wide, high] = form === 'point'
    ? [widen(middle(left, right, columns), 3, columns), widen(middle(top, bottom, rows), 3, rows)]
    // Two rows of a text are felt as text, one would be a line.
    : [widen(across, leastAcross, columns), widen(down, kind === 'print' ? 3 : leastAcross, rows)]
  return { form, rectangle: { left: wide[0], top: high[0], right: wide[1], bottom: high[1] } }
}
