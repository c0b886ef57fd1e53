// Matchers for the string patterns that regular expressions match in quadratic time or on a deep stack. Each accepts exactly the language of the
// expression in its comment, reads its string once or twice from left to right, and keeps nothing.

/** Says whether a string matches. Linear in the length of the string, and never throws. */
export type Matcher = (value: string) => boolean

const DOT = 0x2e
const HYPHEN = 0x2d
const UNDERSCORE = 0x5f

const isLower = (code: number) => code >= 0x61 && code <= 0x7a
const isLetter = (code: number) => isLower(code | 0x20) && code < 0x80
const isDigit = (code: number) => code >= 0x30 && code <= 0x39
const isAlphanumeric = (code: number) => isLetter(code) || isDigit(code)
const isWord = (code: number) => isAlphanumeric(code) || code === UNDERSCORE

/** Whether a code unit may stand in the first part of a web address: `[-a-zA-Z0-9@:%._\+~#=]`. */
const isAddress = (code: number) => isAlphanumeric(code) || (code < 0x80 && '-@:%._+~#='.includes(String.fromCharCode(code)))

/** Whether a code unit belongs to the base64 alphabet or pads it: `[a-zA-Z0-9+/=]`. */
const isBase64 = (code: number) => isAlphanumeric(code) || code === 0x2b || code === 0x2f || code === 0x3d

/** Matches a reverse domain name: `^[A-Za-z]{2,6}(\.((?!-)[A-Za-z0-9-]+(?<!-)))+$`. */
export function isReverseDomain (value: string): boolean {
  let index = 0
  while (index < 7 && isLetter(value.charCodeAt(index))) index++
  if (index < 2 || index > 6 || index === value.length) return false
  let previous = 0
  for (; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code === DOT) {
      if (previous === DOT || previous === HYPHEN) return false
    } else if (code === HYPHEN ? previous === DOT : !isAlphanumeric(code)) {
      return false
    } else if (previous === 0) {
      return false
    }
    previous = code
  }
  return previous !== DOT && previous !== HYPHEN
}

/**
 * Matches a web address: `^https?://(www\.)?[-a-zA-Z0-9@:%._\+~#=]{2,}\.[a-z]{2,}\b(\S*)$`.
 * The optional `www.` may be left out of account, because what follows it also matches `www.`; so the address is one that holds no white space and has, after
 * two or more address characters and a dot, a run of two or more lower-case letters that ends at a word boundary.
 */
export function isWebAddress (value: string): boolean {
  const start = value.startsWith('https://') ? 8 : value.startsWith('http://') ? 7 : -1
  return start > 0 && hasDomain(value, start) && !/\s/.test(value)
}

function hasDomain (value: string, start: number): boolean {
  let run = -1 // where the run of lower-case letters after the latest dot began; -1 when something else stood in between
  for (let index = start; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (run >= 0 && index - run >= 2 && !isWord(code)) return true
    if (!isAddress(code)) return false
    if (code === DOT) run = index - start >= 2 ? index + 1 : -1
    else if (!isLower(code)) run = -1
  }
  return run >= 0 && value.length - run >= 2
}

/** Gives a matcher of base64 data URLs of one kind of media, such as `image`: `^data:image/[^;]+;base64,[a-zA-Z0-9+/=]+$`. */
export function base64DataUrl (media: string): Matcher {
  const prefix = `data:${media}/`
  return value => {
    if (!value.startsWith(prefix)) return false
    const semicolon = value.indexOf(';', prefix.length)
    const payload = semicolon + ';base64,'.length
    return semicolon > prefix.length &&
      value.startsWith(';base64,', semicolon) &&
      payload < value.length &&
      !/[^a-zA-Z0-9+/=]/.test(value.slice(payload))
  }
}

/**
 * Matches an SVG data URL: `^data:image/svg\+xml(;base64)?,([^ :/?#[\]@!$&'()*+,;=]+)|([a-zA-Z0-9+/=]+)$`.
 * The expression is two alternatives: one asks only for the beginning of a data URL with one unreserved character of content, the other only for a
 * base64 character at the end of the string.
 */
export function isSvgDataUrl (value: string): boolean {
  return isBase64(value.charCodeAt(value.length - 1)) ||
    /^data:image\/svg\+xml(;base64)?,[^ :/?#[\]@!$&'()*+,;=]/u.test(value)
}
