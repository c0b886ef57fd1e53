// Text in pictures: reading order, paragraphs, quotation, and honesty about what is left out.
import t from 'tap'
import { describePrint } from '../../../services/describe/print.ts'
import { inReadingOrder } from '../../../services/describe/reading-order.ts'

type Line = [text: string, left: number, top: number, width: number]

const height = 0.04
const lines = (...all: Line[]) => all.map(([text, left, top, width]) => ({ text, bounding_box: [left, top, width, height] as [number, number, number, number] }))
const order = (...all: Line[]) => inReadingOrder(all.map(([text, left, top, width]) => ({ text, left, top, right: left + width, bottom: top + height }))).map((block) => block.map(({ text }) => text).join(' '))

t.test('one line is quoted with its place', async (t) => {
  t.equal(describePrint(lines(['EXIT', 0.7, 0.05, 0.2]), 'en')?.text, 'Text at the top right: “EXIT”')
  t.equal(describePrint(lines(['SORTIE', 0.7, 0.05, 0.2]), 'fr')?.text, 'Texte en haut à droite : « SORTIE »')
  t.equal(describePrint(lines(['SORTIE', 0.7, 0.05, 0.2]), 'fr')?.title, 'Texte : « SORTIE »')
  t.equal(describePrint([], 'en'), undefined)
  t.equal(describePrint(lines([' \u0000 ', 0, 0, 1]), 'en'), undefined, 'nothing but blanks is no text')
})

t.test('the lines of a paragraph are joined, and a word broken over two lines too', async (t) => {
  const text = describePrint(lines(['The quick brown fox jum-', 0.1, 0.1, 0.6], ['ps over the dog.', 0.1, 0.15, 0.5], ['Second paragraph', 0.1, 0.3, 0.5]), 'en')?.text
  t.equal(text, 'Text at the top: “The quick brown fox jumps over the dog.”\n“Second paragraph”')
})

t.test('columns are read one after the other', async (t) => {
  const left: Line[] = [['a1', 0.1, 0.2, 0.35], ['a2', 0.1, 0.25, 0.35], ['a3', 0.1, 0.3, 0.35]]
  const right: Line[] = [['b1', 0.55, 0.2, 0.35], ['b2', 0.55, 0.25, 0.35], ['b3', 0.55, 0.3, 0.35]]
  t.same(order(...right, ...left, ['Title', 0.1, 0.05, 0.8]), ['Title', 'a1 a2 a3', 'b1 b2 b3'])
})

t.test('a menu with a column of prices is read row by row', async (t) => {
  t.same(order(['Coffee', 0.1, 0.2, 0.4], ['2.50', 0.8, 0.2, 0.1], ['Tea', 0.1, 0.25, 0.4], ['2.00', 0.8, 0.25, 0.1], ['Milk', 0.1, 0.3, 0.4], ['1.50', 0.8, 0.3, 0.1]), ['Coffee 2.50 Tea 2.00 Milk 1.50'])
})

t.test('words on one level are read from left to right, though one stands a little higher', async (t) => {
  t.same(order(['world', 0.5, 0.1, 0.2], ['hello', 0.1, 0.11, 0.2]), ['hello world'])
})

t.test('long text is not cut in silence', async (t) => {
  const long = describePrint(lines(...Array.from({ length: 700 }, (_, index): Line => [`word${index} `.repeat(12), 0, index / 700, 1])), 'en')?.text ?? ''
  t.ok(long.length < 21_000)
  t.match(long, /The text goes on: [\d,]+ characters are left out\.$/)
  t.match(describePrint(lines(['mot '.repeat(1200), 0, 0, 1], ...Array.from({ length: 6 }, (_, index): Line => ['mot '.repeat(1200), 0, 0.1 + index / 10, 1])), 'fr')?.text, /Le texte continue : il reste [\d\s]+ caractères\.$/)
})

t.test('all lines come back once, however hostile their boxes', async (t) => {
  const random = (seed: number) => Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1
  for (const count of [1, 50, 1500, 5000]) {
    const placed = Array.from({ length: count }, (_, index) => ({ text: `${index}`, left: random(index), top: random(index + 0.5), right: random(index + 0.25), bottom: random(index + 0.75) }))
    t.equal(new Set(inReadingOrder(placed).flat()).size, count, `${count} lines`)
  }
  const staircase = Array.from({ length: 2000 }, (_, index) => ({ text: `${index}`, left: index / 2000, top: index / 2000, right: index / 2000, bottom: index / 2000 }))
  t.equal(inReadingOrder(staircase).flat().length, 2000)
})
