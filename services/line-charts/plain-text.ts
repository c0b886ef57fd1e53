// Text of strangers made fit for a sentence: one line, no control characters, no broken characters, no more than it should be.

const ordinaryLength = 500

/** Gives text without HTML tags, each replaced by a space; "" for what is no text. Only the first 10,000 characters are looked at. Linear in time. */
export function withoutTags (value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 10_000).replace(/<[/a-zA-Z][^<>]{0,200}>/g, ' ') : ''
}

/**
 * Gives text on one line: control characters, marks that turn the writing direction, and runs of white space become one space; lone surrogates become U+FFFD;
 * what is longer than `longest` UTF-16 units is cut with an ellipsis. "" for what is no text. Linear in time.
 */
export function plainText (value: unknown, longest = ordinaryLength): string {
  if (typeof value !== 'string') return ''
  const text = value.slice(0, longest * 4)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .trim()
  if (text.length <= longest) return text
  const end = longest - 1
  return `${text.slice(0, /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end)}…`
}
