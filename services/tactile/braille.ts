// Writes short texts in uncontracted braille, English or French.
import { english, french } from './braille-codes.ts'
import type { BrailleCode } from './braille-codes.ts'

/** The blank braille cell. */
export const blank = '\u2800'

const isDigit = (character: string | undefined) => character !== undefined && character >= '0' && character <= '9'

/** Characters that a code lacks, in characters that it has. */
const substitutes = new Map([['ß', 'ss'], ['´', '\''], ['`', '\''], ['ʼ', '\''], ['„', '“'], ['\u2011', '-'], ['\u2010', '-'], ['\u2015', '—'], ['·', '•']])

/** Makes the characters to transcribe: composed, without controls, quotes told apart, a hyphen before a number made a minus. */
function prepare (text: string): string[] {
  return [...text.normalize('NFC')
    // Thin and unbreakable spaces within numbers keep their kind, all others are one space.
    .replace(/(?<=\d)([\u00a0\u2009\u202f])(?=\d)|\s+/gu, (_, within?: string) => within ?? ' ')
    .trim()
    .replace(/(?<![^\s([{])"/gu, '“')
    .replaceAll('"', '”')
    .replace(/(?<![^\s([{])-(?=\d)/gu, '−')]
    .flatMap((character) => [...substitutes.get(character) ?? character])
}

/** Gives the cells of one small letter, with its accents, or of its plain letter where the code lacks the accent; empty where it has no such letter. */
function letterCells (letter: string, { letters, accents }: BrailleCode): string {
  const own = letters.get(letter)
  if (own !== undefined) return own
  const [plain = '', ...marks] = letter.normalize('NFD')
  const base = letters.get(plain) ?? ''
  return base === '' ? '' : marks.map((mark) => accents.get(mark) ?? '').join('') + base
}

/** Gives how many of the characters from `start` on are capital letters in a row. */
function countCapitals (characters: readonly string[], start: number, code: BrailleCode): number {
  let end = start
  while (isCapital(characters[end], code)) end++
  return end - start
}

function isCapital (character: string | undefined, code: BrailleCode): boolean {
  return character !== undefined && character !== character.toLowerCase() && letterCells(character.toLowerCase(), code) !== ''
}

/** Gives the cells of capital letters in a row. */
function capitalCells (run: readonly string[], smallFollows: boolean, code: BrailleCode): string {
  const letters = run.map((capital) => letterCells(capital.toLowerCase(), code))
  const end = smallFollows ? code.capitalsEnd : ''
  if (run.length === 1 || end === undefined) return letters.map((letter) => code.capital + letter).join('')
  return code.capitals + letters.join('') + end
}

/**
 * Gives a text in uncontracted braille as Unicode cells (U+2800 to U+283F), one line. Characters that the code has no cells for lose their accent or,
 * failing that, are left out; so the result may be empty. Linear in the length of the text.
 *
 * Rules: The Rules of Unified English Braille (2013), grade 1; Code braille français uniformisé (2008). Capitals are marked by letter and by word,
 * never by passage, which both codes allow for short texts.
 */
export function toBraille (text: string, language: 'en' | 'fr'): string {
  const code = language === 'fr' ? french : english
  const characters = prepare(text)
  let cells = ''
  let inNumber = false
  // Whether the last cell is of a number or its punctuation, where a letter could be read as a digit.
  let afterNumber = false
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const digitFollows = isDigit(characters[at + 1])
    const joint = inNumber && digitFollows ? code.withinNumber.get(character) : undefined
    if (isDigit(character)) {
      cells += (inNumber ? '' : code.number) + (code.digits[Number(character)] ?? '')
      inNumber = afterNumber = true
    } else if (joint !== undefined) {
      cells += joint
    } else if (character === '−' && digitFollows) {
      cells += code.negative
      inNumber = afterNumber = code.negative.startsWith(code.number)
    } else if (isCapital(character, code)) {
      const count = countCapitals(characters, at, code)
      const next = characters[at + count]
      cells += capitalCells(characters.slice(at, at + count), next !== undefined && letterCells(next, code) !== '', code)
      at += count - 1
      inNumber = afterNumber = false
    } else if (letterCells(character, code) !== '') {
      cells += (afterNumber && code.likeDigits.has(character) ? code.letterSign : '') + letterCells(character, code)
      inNumber = afterNumber = false
    } else {
      cells += character === ' ' ? blank : code.marks.get(character) ?? ''
      afterNumber &&= character === '.' || character === ','
      inNumber = false
    }
  }
  return cells
}

/** Gives a text in braille within a number of cells: whole, or cut after a word with three dots, or empty where not even the first word fits. */
export function fitBraille (text: string, language: 'en' | 'fr', most: number): string {
  // No character that has cells has less than one; more of the text than this could not be shown anyway.
  const whole = toBraille(text.slice(0, most * 2 + 100), language)
  if (whole.length <= most) return whole
  const words = whole.split(blank)
  const dots = toBraille('…', language)
  while (words.length > 1) {
    words.pop()
    const cut = words.join(blank) + dots
    if (cut.length <= most) return cut
  }
  return ''
}
