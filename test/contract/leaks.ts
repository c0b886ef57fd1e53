// Finds words in a log however they are written there: as they are, cut in two, in base64, in hexadecimal.
import { randomBytes } from 'node:crypto'

/** A word that is nowhere else: 32 letters and digits. */
export function newMarker (): string {
  return `M${randomBytes(15).toString('hex')}Q`
}

/** The ways in which either half of a word may stand in a text. */
export function formsOf (word: string): string[] {
  const middle = Math.ceil(word.length / 2)
  return [word.slice(0, middle), word.slice(middle)].flatMap(half => [half, Buffer.from(half).toString('hex'), ...inBase64(half)])
}

/** What of a text is the same wherever it stands in something that is written in base64. */
function inBase64 (text: string): string[] {
  return [0, 1, 2].map(offset => {
    const whole = Buffer.from(' '.repeat(offset) + text).toString('base64').replace(/=+$/, '')
    // The first letters hold bits of what stands before, the last one of what follows.
    return whole.slice(offset === 0 ? 0 : offset + 1, -1)
  })
}

/** The names of the words that are in a text, in any form. */
export function leaksIn (text: string, words: ReadonlyMap<string, string>): string[] {
  const searched = text.toLowerCase()
  return [...words].filter(([, word]) => formsOf(word).some(form => searched.includes(form.toLowerCase()))).map(([name]) => name)
}
