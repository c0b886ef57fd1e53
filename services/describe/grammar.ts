// The small grammar that sentences need in English and French: lists, quotation marks, elision, number words, capitals.

/** A language that descriptions are written in. */
export type Language = 'en' | 'fr'

/** Grammatical gender of a French noun; English has no use for it. */
export type Gender = 'm' | 'f'

/** A colon with the space that follows it, and in French the one before it. */
export const colon: Record<Language, string> = { en: ': ', fr: ' : ' }

/** A semicolon, likewise. */
export const semicolon: Record<Language, string> = { en: '; ', fr: ' ; ' }

const numerals: Record<Language, readonly string[]> = {
  en: ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'],
  fr: ['aucun', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf', 'dix']
}

/**
 * Gives a small whole number in words, agreeing with a noun of that gender; past ten, where counting in a picture is a guess anyway,
 * "about" and the number rounded to a multiple of five.
 */
export function numeral (count: number, language: Language, gender: Gender = 'm'): string {
  const word = numerals[language][count]
  if (word === undefined) return `${language === 'fr' ? 'environ' : 'about'} ${Math.max(10, Math.round(count / 5) * 5)}`
  return language === 'fr' && gender === 'f' && count < 2 ? `${word}e` : word
}

/** Joins phrases as a list: "a, b and c", « a, b et c ». */
export function listOf (phrases: readonly string[], language: Language): string {
  const last = phrases.at(-1) ?? ''
  return phrases.length < 2 ? last : `${phrases.slice(0, -1).join(', ')} ${language === 'fr' ? 'et' : 'and'} ${last}`
}

/** Puts text between the quotation marks of the language; marks that it already has around it are not doubled. */
export function quote (text: string, language: Language): string {
  const bare = text.replace(/^["“”«»]\s?/, '').replace(/\s?["“”«»]$/, '') || text
  return language === 'fr' ? `« ${bare} »` : `“${bare}”`
}

const vowel = /^[aeiouyàâäéèêëîïôöùûüœæ]/i
// Spoken without elision although written with a vowel: le onze, le oui, le yaourt.
const unelided = /^(?:onz|oui|ya|yo)/i
// A mute h elides (l’horloge), a breathed one does not (le hot-dog); only a dictionary knows which, so only these elide.
const mute = /^h(?:abit|élico|éroïne|eure|erbe|istoire|iver|omme|ôpital|ôtel|orloge|uile)/i

/** Gives whether `le`, `de`, `que` lose their vowel before this French word. */
export function elides (word: string): boolean {
  return mute.test(word) || (vowel.test(word) && !unelided.test(word))
}

/** Puts `de` before a French phrase, elided where it must be: « de la tasse », « d’ordinateurs ». */
export function de (phrase: string): string {
  return elides(phrase) ? `d’${phrase}` : `de ${phrase}`
}

/** Begins a sentence: the first letter becomes a capital; a word in quotation marks is left as it is. */
export function capitalise (phrase: string): string {
  const [first = ''] = phrase
  return first.toUpperCase() + phrase.slice(first.length)
}

/** Ends a sentence: a full stop is added unless the phrase already ends with a mark. */
export function sentence (phrase: string): string {
  const whole = capitalise(phrase.trim())
  return /[.!?…][”»)\s]*$/.test(whole) ? whole : `${whole}.`
}

/** Cuts text to a number of UTF-16 units, at a space where one is near, with an ellipsis to say so. */
export function clip (text: string, longest: number): string {
  if (text.length <= longest) return text
  const cut = text.slice(0, longest - 1)
  const space = cut.lastIndexOf(' ')
  const end = space > longest / 2 ? space : cut.length
  // A surrogate pair is not cut in two.
  const whole = /[\ud800-\udbff]/.test(cut.charAt(end - 1)) ? end - 1 : end
  return `${cut.slice(0, whole).trimEnd()}…`
}
