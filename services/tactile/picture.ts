// Draws a picture to be felt: an outline for each thing, rows of lines for text, a dot for what is small, and their names in braille where there is room.
//
// What the drawing leaves out is as important as what it shows. The Guidelines and Standards for Tactile Graphics (Braille Authority of North America and
// Canadian Braille Authority, 2010) ask to keep what carries meaning, to leave out frames and decoration, to use few different lines and textures,
// to keep parts an eighth of an inch apart, and to label with braille that lies level and close to its part. Hence: no frame, no shading, three kinds of
// marks in all, and no part that could not keep at least half of its line clear of others.
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { describe } from '../describe/description.ts'
import { objectsOf, textLinesOf } from '../describe/findings.ts'
import { clip, colon, listOf, quote, sentence } from '../describe/grammar.ts'
import type { Language } from '../describe/grammar.ts'
import { placeOf, placeWords } from '../describe/places.ts'
import { countedName, objectName, typeKey } from '../describe/vocabulary.ts'
import { toBraille } from './braille.ts'
import type { Bilingual, Drawing } from './drawing.ts'
import { hasRoom, labelPlaces } from './label-places.ts'
import { placeOn, drawablePrints, drawableThings } from './parts.ts'
import type { Part, Place } from './parts.ts'
import { createSheet, mostColumns, mostRows, rectanglePins } from './sheet.ts'
import type { Pin, PinRectangle, Sheet } from './sheet.ts'
import { breakStroke, outline, row, strokePath } from './strokes.ts'
import type { Stroke } from './strokes.ts'

/** A side of the sheet is never shorter than this many pins: on a narrower one nothing could be drawn. */
const shortestSide = 12

/** Lines in pins: 2 mm wide for outlines; 1.75 mm for the rows of a text, so that its texture is a little lighter. Wide enough to fill at least half of a pin's square, at the ends too. */
const lines = { outline: { 'stroke-width': 0.8 }, print: { 'stroke-width': 0.7, 'stroke-linecap': 'square' } }

/** A part keeps its place only if this much of its line is left where others are in front of it. */
const leastOfLine = 0.5

/** Longest label in braille cells; longer texts get a letter, explained in the description. */
const longestLabel = 12

/** Most things and blocks of text on one sheet, the largest ones. A hand keeps about as many apart; the rest is clutter. */
const most = { things: 12, prints: 6 }

/** What the kinds of marks mean. */
const legend: Record<'outline' | 'point' | 'print', Bilingual> = {
  outline: { en: 'outlines show where things are', fr: 'les contours montrent où sont les choses' },
  point: { en: 'solid dots are small things', fr: 'les points pleins sont de petites choses' },
  print: { en: 'rows of lines are text', fr: 'les rangées de traits sont du texte' }
}

const words: Record<'unsure' | 'omitted' | 'kind' | 'print', Bilingual> = {
  unsure: { en: 'not certain', fr: 'incertain' },
  omitted: { en: 'Not drawn, for lack of room', fr: 'Non dessiné, faute de place' },
  kind: { en: 'Tactile drawing', fr: 'Dessin tactile' },
  print: { en: 'text', fr: 'texte' }
}

/** How much of the picture a thing takes up, from the largest share down. */
const shares: ReadonlyArray<readonly [least: number, words: Bilingual]> = [
  [0.6, { en: 'most of the picture', fr: 'presque toute l’image' }],
  [0.35, { en: 'about half of the picture', fr: 'environ la moitié de l’image' }],
  [0.18, { en: 'about a quarter of the picture', fr: 'environ un quart de l’image' }],
  [0.07, { en: 'about a tenth of the picture', fr: 'environ un dixième de l’image' }],
  [0, { en: 'small', fr: 'de petite taille' }]
]

/** A part with its place on the sheet and its words. */
interface Placed extends Place {
  part: Part
  /** What a reader hears first: the name of the thing or the beginning of the text. */
  name: string
  /** Where it is and how large. */
  details: string
}

/** Gives the size of the sheet for a picture: its proportions, within the pins of the largest display. Pictures longer than 8 : 1 or higher than 10 : 3 are made wider than they are. */
export function sheetSize ([width, height]: readonly [number, number]): { width: number, height: number } {
  const scale = Math.min(mostColumns / width, mostRows / height)
  return { width: Math.max(shortestSide, width * scale), height: Math.max(shortestSide, height * scale) }
}

function wordsFor (part: Part, language: Language): Pick<Placed, 'name' | 'details'> {
  const [left, top, right, bottom] = part.box
  const place = placeWords(placeOf(part.box), language)
  if (part.kind === 'print') return { name: `${words.print[language]}${colon[language]}${quote(clip(part.text, 60), language)}`, details: sentence(`${place}${colon[language]}${quote(clip(part.text, 1000), language)}`) }
  const share = shares.find(([least]) => (right - left) * (bottom - top) >= least)?.[1][language] ?? ''
  return {
    name: objectName(part.type, language),
    details: sentence([place, share, ...(part.confidence < 0.5 ? [words.unsure[language]] : [])].join(', '))
  }
}

/** Gives the rows of a block of text: every other pin, as a page of print feels when its lines are embossed. */
function rowsOf ({ left, top, right, bottom }: PinRectangle): Stroke[] {
  return Array.from({ length: Math.floor((bottom - top) / 2) + 1 }, (_, index) => row(left, right, top + 2 * index))
}

function contains ({ left, top, right, bottom }: PinRectangle, { column, row }: Pin): boolean {
  return column >= left && column <= right && row >= top && row <= bottom
}

/** Draws one part where it is clear of those drawn before, which are in front and hide what is behind them; gives whether enough of it is left. */
function drawPart (sheet: Sheet, { part, form, rectangle, name, details }: Placed, front: readonly PinRectangle[]): boolean {
  const described = { role: 'graphics-symbol img', 'aria-label': name, 'aria-description': details }
  if (form === 'point') {
    const pins = rectanglePins(rectangle)
    if (!sheet.isFree(rectangle)) return false
    sheet.draw('circle', { ...described, cx: (rectangle.left + rectangle.right + 1) / 2, cy: (rectangle.top + rectangle.bottom + 1) / 2, r: 1.5, fill: '#000', stroke: 'none' }, pins)
    return true
  }
  const isSeen = (pin: Pin) => sheet.isClear(pin) && !front.some((other) => contains(other, pin))
  const whole = part.kind === 'print' ? rowsOf(rectangle) : [outline(rectangle)]
  const strokes = whole.flatMap((stroke) => breakStroke(stroke, isSeen))
  const count = (some: readonly Stroke[]) => some.reduce((sum, { pins }) => sum + pins.length, 0)
  if (count(strokes) < count(whole) * leastOfLine) return false
  sheet.draw('path', { ...described, d: strokePath(strokes), ...(part.kind === 'print' ? lines.print : lines.outline) }, strokes.flatMap(({ pins }) => pins))
  return true
}

/** Gives the letter for a name in the key: its first letter where that is free, else the first free one. */
function keyLetter (name: string, key: ReadonlyMap<string, string>): string {
  const taken = new Set(key.values())
  const wanted = [...name.normalize('NFD').toLowerCase(), ...'abcdefghijklmnopqrstuvwxyz'].filter((letter) => letter >= 'a' && letter <= 'z')
  return wanted.find((letter) => !taken.has(letter)) ?? ''
}

/** Writes the names of parts beside or in them, or a letter where the name has no room; gives what the letters stand for. */
function writeLabels (sheet: Sheet, drawn: readonly Placed[], language: Language): Map<string, string> {
  const key = new Map<string, string>()
  const rectangles = drawn.map(({ rectangle }) => rectangle)
  for (const [index, { part, name, rectangle }] of drawn.entries()) {
    const cells = toBraille(part.kind === 'print' ? quote(clip(part.text, 40), language) : name, language)
    const others = { front: rectangles.slice(0, index), behind: rectangles.slice(index + 1) }
    const write = (label: string) => sheet.write(label, labelPlaces(sheet, label, rectangle, others)) !== undefined
    // Things of one name are labelled alike: each with the name within it, or each with its letter.
    const alike = drawn.filter((other) => other.name === name)
    const isWhole = cells.length <= longestLabel && (alike.length === 1 || alike.every((other) => hasRoom(other.rectangle, cells)))
    if (isWhole && write(cells)) continue
    const letter = key.get(name) ?? keyLetter(name, key)
    if (write(toBraille(letter, language))) key.set(name, letter)
  }
  return key
}

/** Says what is not drawn; things of one kind are counted together. */
function sayOmitted (parts: readonly Part[], language: Language): string[] {
  if (parts.length === 0) return []
  const things = Map.groupBy(parts.flatMap((part) => part.kind === 'thing' ? typeKey(part.type) : []), (type) => type)
  const names = [
    ...[...things].map(([type, { length }]) => countedName(type, language, length)),
    ...parts.flatMap((part) => part.kind === 'print' ? wordsFor(part, language).name : [])
  ]
  return [sentence(clip(`${words.omitted[language]}${colon[language]}${listOf(names, language)}`, 500))]
}

function sayLegend (drawn: readonly Placed[], language: Language): string {
  const kinds = new Set(drawn.map(({ part, form }) => part.kind === 'print' ? 'print' : form === 'point' ? 'point' : 'outline'))
  return sentence(listOf((['outline', 'point', 'print'] as const).filter((kind) => kinds.has(kind)).map((kind) => legend[kind][language]), language))
}

/**
 * Draws the picture of a request from what object detection and text recognition have found in it; undefined when they have found nothing.
 * The sheet has the picture's proportions. What is in front is drawn whole, and the line of what is behind is broken around it; the smaller of two is taken to be in front.
 */
export function drawPicture (request: GraphicRequest, language: Language): Drawing | undefined {
  const size = sheetSize(request.dimensions ?? [4, 3])
  const sheet = createSheet(size.width, size.height)
  const things = drawableThings(objectsOf(request))
  const prints = drawablePrints(textLinesOf(request))
  const placed = [...prints.slice(0, most.prints).toReversed(), ...things.slice(0, most.things).toReversed()]
    .map((part): Placed => ({ part, ...placeOn(sheet, part), ...wordsFor(part, language) }))
  // Points first: an outline can be broken around a dot, a dot cannot be broken.
  const inOrder = [...placed.filter(({ form }) => form === 'point'), ...placed.filter(({ form }) => form === 'area')]
  const drawn: Placed[] = []
  const omitted: Part[] = [...things.slice(most.things), ...prints.slice(most.prints)]
  for (const one of inOrder) {
    if (drawPart(sheet, one, drawn.map(({ rectangle }) => rectangle))) drawn.push(one)
    else omitted.push(one.part)
  }
  if (drawn.length === 0) return undefined

  const key = writeLabels(sheet, drawn, language)
  const title = describe(request, language)?.title ?? words.kind[language]
  const saidLegend = sayLegend(drawn, language)
  const description = [saidLegend, ...[...key].map(([name, letter]) => `${letter}${colon[language]}${name}.`), ...sayOmitted(omitted, language)].join(' ')
  return {
    svg: sheet.toSvg({ title, description, language }),
    summary: `${words.kind[language]}. ${sentence(clip(title, 120))} ${saidLegend}`
  }
}
