// The hand-written matchers against the regular expressions that they stand for, on strings that almost match.
import fc from 'fast-check'
import t from 'tap'
import { base64DataUrl, isReverseDomain, isSvgDataUrl, isWebAddress } from '../../../lib/json/patterns.ts'
import type { Matcher } from '../../../lib/json/patterns.ts'
import {
  AUDIO_DATA_URL_PATTERN, IMAGE_DATA_URL_PATTERN, REVERSE_DOMAIN_PATTERN, SVG_DATA_URL_PATTERN, WEB_ADDRESS_PATTERN
} from '../../../schemas/graphics/patterns.ts'
import { figure, sized } from '../../long.ts'

interface Subject {
  name: string
  pattern: string
  matcher: Matcher
  /** Strings that match, to be damaged. */
  seeds: string[]
  /** What damages them, and what strings are made of. */
  pieces: string[]
}

const letters = ['a', 'z', 'A', 'Z', '0', '9', '_', '-', '+', '/', '=', '.', ',', ';', ':', '@', '%', '~', '#', '?', '!', '[', ']', '`', '{', '^', '\\', '|', '*', '(', '&']
const oddities = [' ', '\t', '\n', '\r', '\v', '\f', '\0', '\u00a0', '\u1680', '\u2028', '\u2029', '\u3000', '\ufeff', '\u200b', '\u0085', 'é', 'ſ', 'K', '👍', '\ud83d', '\udc4d']

const dataUrl = (media: string): Subject => ({
  name: `${media} data URLs`,
  pattern: media === 'image' ? IMAGE_DATA_URL_PATTERN : AUDIO_DATA_URL_PATTERN,
  matcher: base64DataUrl(media),
  seeds: [`data:${media}/png;base64,iVBORw0KGgo=`, `data:${media}/x;base64,A`, `data:${media}/svg+xml/é👍;base64,+/==`],
  pieces: [...letters, ...oddities, `data:${media}/`, ';base64,', 'base64', ';', 'AAAA']
})

const subjects: Subject[] = [
  {
    name: 'reverse domain names',
    pattern: REVERSE_DOMAIN_PATTERN,
    matcher: isReverseDomain,
    seeds: ['ca.mcgill.a11y.image.renderer.Text', 'ab.c', 'museum.x-y--z.0', 'Com.A.b.C-d', 'ab.1-1.2'],
    pieces: [...letters, ...oddities, '.', '.', '-', '-', '--', '.a', 'a.', '.a-b']
  },
  {
    name: 'web addresses',
    pattern: WEB_ADDRESS_PATTERN,
    matcher: isWebAddress,
    seeds: ['https://example.org/page?x=1', 'http://www.ab', 'https://www.a.bc', 'http://user:pw@ex.am.ple.com:80/é', 'http://a.bb.cc', 'https://aa.b.cc/', 'http://...aa', 'https://aa.bcX.de-f'],
    pieces: [...letters, ...oddities, 'http://', 'https://', 's', 'www.', '.', '.', '..', '.ab', '.aB', '.a', '.ab_', '.ab9', 'bc']
  },
  dataUrl('image'),
  dataUrl('audio'),
  {
    name: 'SVG data URLs',
    pattern: SVG_DATA_URL_PATTERN,
    matcher: isSvgDataUrl,
    seeds: ['data:image/svg+xml;base64,PHN2Zy8+!', 'data:image/svg+xml,%3Csvg/%3E!', 'data:image/svg+xml;base64,é:', 'data:image/svg+xml,\ud83d!', 'abc', '!a'],
    pieces: [...letters, ...oddities, 'data:image/svg+xml', ';base64', ',', '\'', '$', ')', '"', '<']
  }
]

/** Strings of at most 200 code units: a matching one with a few edits, or pieces in any order. */
function nearly ({ seeds, pieces }: Subject) {
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(2), put: fc.oneof(fc.constant(''), fc.constantFrom(...pieces)) })
  const damaged = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) => {
    let text = seed
    for (const { at, cut, put } of edits) {
      const from = Math.floor(at * (text.length + 1))
      text = text.slice(0, from) + put + text.slice(from + cut)
    }
    return text
  })
  const pieced = fc.tuple(fc.constantFrom('', ...seeds), fc.array(fc.constantFrom(...pieces), { maxLength: 20 })).map(([seed, parts]) => seed + parts.join(''))
  return fc.oneof({ arbitrary: damaged, weight: 3 }, { arbitrary: pieced, weight: 1 }).map(text => text.slice(0, 200))
}

for (const subject of subjects) {
  t.test(`${subject.name} are told apart as by their regular expression`, async t => {
    const expression = new RegExp(subject.pattern, 'u')
    let matched = 0
    let refused = 0
    const cases = sized(10_000, 500_000)
    fc.assert(fc.property(nearly(subject), text => {
      const expected = expression.test(text)
      if (expected) matched++
      else refused++
      return subject.matcher(text) === expected
    }), { numRuns: cases })
    figure(t, 'matchers', `${subject.name}: ${matched} texts matched and ${refused} did not, as by the expression`)
    t.ok(matched > cases / 10 && refused > cases / 10, `${matched} strings matched and ${refused} did not`)
    for (const seed of subject.seeds) t.ok(subject.matcher(seed), JSON.stringify(seed))
    t.notOk(subject.matcher(''))
  })
}
