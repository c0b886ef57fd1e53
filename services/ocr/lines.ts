// Keeps of what Tesseract reports the lines that a person would call text, in reading order, with boxes as fractions of the picture.
import type { TextLine } from '../../schemas/graphics/preprocessors/ocr.ts'
import type { RecognizedLine } from './recognition.ts'

/** Most lines that are reported; a page of a newspaper has about as many. */
const mostLines = 500

/**
 * Confidence, in per cent, from which a line of at least three letters or digits counts. What Tesseract reads into photographs stays below 70 at that length, while real print of readable size reaches 85 and more.
 */
const confident = 75

/** Confidence from which a shorter line counts, where other text shows that there is print in the picture: the figures of an axis. */
const confidentInCompany = 88

/** Confidence from which a picture's only text may be as short as two characters: the number on a door. */
const confidentAlone = 95

/** Pixels that the boxes are measured in. */
interface Extent { width: number, height: number }

/** The lines worth reporting: text tidied, boxes as `[left, top, width, height]` in fractions, top to bottom and left to right within a row. */
export function readableLines (lines: RecognizedLine[], extent: Extent): TextLine[] {
  const tidy = lines.map(line => ({ ...line, text: tidied(line.text) })).map(line => ({ ...line, length: characters(line.text) }))
  const solid = ({ confidence, length }: { confidence: number, length: number }) => length >= 3 && confidence >= confident
  const company = tidy.some(solid)
  const kept = tidy.filter(line => solid(line) || (line.length > 0 && (company ? line.confidence >= confidentInCompany : line.length >= 2 && line.confidence >= confidentAlone)))
  return inReadingOrder(kept.map(({ text, box }) => ({ text, bounding_box: fractions(box, extent) }))).slice(0, mostLines)
}

/** One line without control characters, doubled spaces and the strokes that Tesseract makes of frames and underlines. */
function tidied (text: string): string {
  const words = text.normalize('NFC').replace(/\p{Cc}/gu, ' ').split(' ').filter(word => word !== '')
  const stroke = (word: string | undefined) => word !== undefined && /^[|_~=\\/<>^*•—–-]+$/.test(word)
  let first = 0
  let end = words.length
  while (first < end && stroke(words[first])) first++
  while (end > first && stroke(words[end - 1])) end--
  return words.slice(first, end).join(' ')
}

function characters (text: string): number {
  let count = 0
  for (const character of text) if (/[\p{L}\p{N}]/u.test(character)) count++
  return count
}

function fractions ([left, top, right, bottom]: RecognizedLine['box'], { width, height }: Extent): TextLine['bounding_box'] {
  const x = fraction(left / width)
  const y = fraction(top / height)
  return [x, y, fraction(fraction(right / width) - x), fraction(fraction(bottom / height) - y)]
}

/** Within 0 and 1, to four decimals: a tenth of a pixel in a picture of a thousand. */
function fraction (value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000
}

/** Rows from top to bottom; a line belongs to a row when its middle lies within the height of the row's first line. */
function inReadingOrder (lines: TextLine[]): TextLine[] {
  const middle = ({ bounding_box: [, top, , height] }: TextLine) => top + height / 2
  const rows: TextLine[][] = []
  for (const line of lines.toSorted((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1)
    const first = row?.[0]
    if (row !== undefined && first !== undefined && middle(line) <= first.bounding_box[1] + first.bounding_box[3]) row.push(line)
    else rows.push([line])
  }
  return rows.flatMap(row => row.sort((a, b) => a.bounding_box[0] - b.bounding_box[0]))
}
