// The braille codes of English and French as tables: which cells stand for a letter, a mark or an indicator.
//
// English: The Rules of Unified English Braille, second edition 2013 (International Council on English Braille), uncontracted (grade 1).
// French: Code braille français uniformisé pour la transcription des textes imprimés, second edition 2008 (Association Valentin Haüy),
// which France and Québec share; numbers in the Antoine notation, as it prescribes.

/** What one language's braille code says. Every value is a string of Unicode braille cells (U+2800 and following). */
export interface BrailleCode {
  /** Lower-case letters, accented ones too. */
  letters: ReadonlyMap<string, string>
  /** Combining accents (as NFD gives them) that go before their letter, where the letter with its accent has no cell of its own. */
  accents: ReadonlyMap<string, string>
  /** Punctuation and symbols. */
  marks: ReadonlyMap<string, string>
  /** Sign before a number. */
  number: string
  /** The digits 0 to 9. */
  digits: readonly string[]
  /** What may stand between two digits without ending the number. */
  withinNumber: ReadonlyMap<string, string>
  /** Sign of a minus before a number, with the number sign where the two are one. */
  negative: string
  /** Sign before one capital letter. */
  capital: string
  /** Sign before several capital letters in a row. */
  capitals: string
  /** Sign that ends several capitals where small letters follow without a space; where a code has none, each capital has its own sign. */
  capitalsEnd: string | undefined
  /** Sign that keeps a letter from being read as a digit of the number before it. */
  letterSign: string
  /** Letters that would be read as digits. */
  likeDigits: ReadonlySet<string>
}

/** Gives the cells for dot numbers: `cells('6-1235')` is a cell with dot 6 and one with dots 1, 2, 3 and 5. */
function cells (dots: string): string {
  return dots.split('-').map((cell) => String.fromCodePoint([...cell].reduce((sum, dot) => sum + 2 ** (Number(dot) - 1), 0x2800))).join('')
}

/** Makes a table of what is written as characters with their dots, all separated by white space. */
function table (entries: string): ReadonlyMap<string, string> {
  return new Map([...entries.matchAll(/(\S+)\s+(\S+)/g)].map(([, character = '', dots = '']) => [character, cells(dots)]))
}

/** Spaces that separate thousands. */
const thinSpaces = ['\u00a0', '\u2009', '\u202f']

const latin = `
  a 1 b 12 c 14 d 145 e 15 f 124 g 1245 h 125 i 24 j 245 k 13 l 123 m 134 n 1345 o 135
  p 1234 q 12345 r 1235 s 234 t 2345 u 136 v 1236 w 2456 x 1346 y 13456 z 1356
`

/** Unified English Braille; section numbers are those of its rule book. */
export const english: BrailleCode = {
  // 4.3: ligatured letters.
  letters: table(`${latin} æ 1-45-235-15 œ 135-45-235-15 ø 4-16-135`),
  // 4.2: acute, grave, circumflex, diaeresis, tilde, ring, cedilla, caron, macron, breve.
  accents: table(`
    \u0301 45-34 \u0300 45-16 \u0302 45-146 \u0308 45-25 \u0303 45-12456 \u030a 45-1246 \u0327 45-12346
    \u030c 45-346 \u0304 4-36 \u0306 4-346
  `),
  // 3 and 7.
  marks: table(`
    , 2 ; 23 : 25 . 256 ! 235 ? 236 ' 3 ’ 3 ‘ 6-236 “ 236 ” 356 « 456-236 » 456-356
    - 36 ‐ 36 – 6-36 — 6-36 … 256-256-256 ( 5-126 ) 5-345 [ 46-126 ] 46-345 { 456-126 } 456-345
    / 456-34 \\ 456-16 _ 46-36 & 4-12346 @ 4-1 * 5-35 # 456-1456 % 46-356 ° 45-245 + 5-235 − 5-36
    × 5-236 ÷ 5-34 = 5-2356 < 4-126 > 4-345 ~ 4-35 • 456-256 § 45-234 © 45-14 ® 45-1235 ™ 45-2345
    $ 4-234 € 4-15 £ 4-123 ¥ 4-13456 ¢ 4-14 | 456-1256
  `),
  number: cells('3456'),
  digits: ['245', '1', '12', '14', '145', '15', '124', '1245', '125', '24'].map(cells),
  // 6.2 and 6.6: decimal point, comma and numeric space leave the number unbroken.
  withinNumber: new Map([...table('. 256 , 2'), ...thinSpaces.map((space) => [space, cells('5')] as const)]),
  negative: cells('5-36'),
  // 8.3 to 8.6.
  capital: cells('6'),
  capitals: cells('6-6'),
  capitalsEnd: cells('6-3'),
  // 6.5: a to j after a number.
  letterSign: cells('56'),
  likeDigits: new Set('abcdefghij')
}

/** Code braille français uniformisé. */
export const french: BrailleCode = {
  letters: table(`
    ${latin}
    ç 12346 é 123456 à 12356 è 2346 ù 23456 â 16 ê 126 î 146 ô 1456 û 156 ë 1246 ï 12456 ü 1256 œ 246
    æ 345 ä 345 ö 246 ñ 12456 á 12356 í 34 ì 34 ó 346 ò 346 ú 23456
  `),
  accents: new Map(),
  marks: table(`
    , 2 ; 23 : 25 . 256 ! 235 ? 26 ' 3 ’ 3 ‘ 3 “ 2356 ” 2356 « 2356 » 2356 " 2356
    - 36 ‐ 36 – 36-36 — 36-36 … 256-256-256 ( 236 ) 356 [ 45-236 ] 356-12 / 34 _ 5-36
    & 5-123456 @ 345 * 35 # 5-3456 % 5-346 ° 5-135 + 6-235 − 6-36 × 6-35 ÷ 6-25 = 6-2356
    < 5-126 > 5-345 ~ 5-26 § 5-1234 © 5-14 ® 5-1235 ™ 5-2345 $ 45-234 € 45-15 £ 45-123 ¥ 45-13456 ¢ 45-14
  `),
  number: cells('6'),
  digits: ['3456', '16', '126', '146', '1456', '156', '1246', '12456', '1256', '246'].map(cells),
  // The number sign holds for a whole expression; the narrow space between thousands is left out.
  withinNumber: new Map([...table('. 256 , 2 : 25 / 34 - 36 − 36 + 235 × 35 ÷ 25 = 2356'), ...thinSpaces.map((space) => [space, ''] as const)]),
  negative: cells('6-36'),
  capital: cells('46'),
  capitals: cells('46-46'),
  capitalsEnd: undefined,
  letterSign: cells('56'),
  // The digits of this code are the cells of these letters.
  likeDigits: new Set('âêîôûëïüœöñ')
}
