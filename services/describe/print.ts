// The text in a picture in words: its lines put into reading order, joined into paragraphs and quoted.
import type { TextLine } from '../../schemas/graphics/preprocessors/ocr.ts'
import { plainText } from '../line-charts/plain-text.ts'
import type { Description } from './described.ts'
import { clip, colon, quote } from './grammar.ts'
import type { Language } from './grammar.ts'
import { sayCount } from './numbers.ts'
import { placeOf, placeWords } from './places.ts'
import { inReadingOrder } from './reading-order.ts'
import type { PlacedLine } from './reading-order.ts'

/** Characters of a picture's text that a description repeats; it says how many it leaves out. */
const longestText = 20_000
const longestTitle = 80
/** Longer than any line of print, but text recognition of others may give a whole paragraph as a line. */
const longestLine = 5_000

/** Describes the text in a picture; undefined when there is none. */
export function describePrint (lines: readonly TextLine[], language: Language): Description | undefined {
  const placed = lines.flatMap(({ text, bounding_box: [left, top, width, height] }): PlacedLine[] => {
    const words = plainText(text, longestLine)
    return words === '' ? [] : [{ text: words, left, top, right: Math.min(1, left + width), bottom: Math.min(1, top + height) }]
  })
  if (placed.length === 0) return undefined
  const paragraphs = inReadingOrder(placed).map((block) => joined(block.map(({ text }) => text)))
  const { kept, left } = bounded(paragraphs)
  const heading = language === 'fr' ? 'Texte' : 'Text'
  const where = commonPlace(placed, language)
  const said = kept.map((paragraph) => quote(paragraph, language)).join('\n')
  return {
    text: `${heading}${where}${colon[language]}${said}${left > 0 ? `\n${rest(left, language)}` : ''}`,
    title: `${heading}${colon[language]}${quote(clip(paragraphs[0] ?? '', longestTitle), language)}`
  }
}

function rest (characters: number, language: Language): string {
  const count = sayCount(characters, language)
  return language === 'fr' ? `Le texte continue : il reste ${count} caractères.` : `The text goes on: ${count} characters are left out.`
}

// A place is worth saying where all the text shares it; a page full of text has none.
function commonPlace (lines: readonly PlacedLine[], language: Language): string {
  const places = new Set(lines.map(({ left, top, right, bottom }) => placeOf([left, top, right, bottom])))
  const [place] = places
  return places.size === 1 && place ? ` ${placeWords(place, language)}` : ''
}

// A word that is broken at the end of a line is put together again.
function joined (lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    if (/\p{L}-$/u.test(text.slice(-3)) && /^\p{Ll}/u.test(line)) text = text.slice(0, -1) + line
    else text += `${text && ' '}${line}`
  }
  return text
}

function bounded (paragraphs: readonly string[]): { kept: string[], left: number } {
  const kept: string[] = []
  let room = longestText
  let left = 0
  for (const paragraph of paragraphs) {
    const part = room > 1 ? clip(paragraph, room) : ''
    if (part !== '') kept.push(part)
    left += paragraph.length - (part === paragraph ? part.length : Math.max(0, part.length - 1))
    room -= part === paragraph ? part.length : room
  }
  return { kept, left }
}
