// What is spoken of a description: bounded, cut at the end of a sentence where it is too long, and free of everything that the synthesiser would take for an instruction.
import type { Language } from '../describe/grammar.ts'

/** Longest text that is spoken, in UTF-16 units: about three minutes, and eight megabytes of sound. */
export const longestSpeech = 3_000

const continues: Record<Language, string> = {
  en: 'The text continues; the description in words has all of it.',
  fr: 'Le texte continue ; la description en mots le contient en entier.'
}

/** Gives the text to be spoken. What is longer than `longest` ends at the last sentence that fits, or else at the last word, and is followed by a sentence that says that there is more. */
export function spokenText (text: string, language: Language, longest = longestSpeech): string {
  const plain = text.toWellFormed()
    .replace(/[^\P{Cc}\n]/gu, ' ')
    // In double brackets espeak-ng reads phoneme names, which nobody but its developers means.
    .replace(/\[(?=\[)/g, '[ ')
    // Thousands are grouped with a space in French; spoken, the number is one.
    .replace(/(?<=\d)[\u00a0\u202f](?=\d{3})/g, '')
  if (plain.length <= longest) return plain
  return `${cutAtSentence(plain.slice(0, longest))}\n${continues[language]}`
}

function cutAtSentence (text: string): string {
  const half = text.length / 2
  const sentence = Math.max(...['. ', '.\n', '! ', '? ', '… ', '; ', '”\n', '»\n'].map((mark) => text.lastIndexOf(mark)))
  if (sentence >= half) return text.slice(0, sentence + 1)
  const word = text.lastIndexOf(' ')
  return `${text.slice(0, word >= half ? word : text.length).toWellFormed().replace(/\ufffd$/, '')}…`
}
