// Known translations, as the rule books give them or liblouis (tables en-ueb-g1 and fr-bfu-comp6), the usual braille translator, writes them.
import t from 'tap'
import fc from 'fast-check'
import { fitBraille, toBraille } from '../../../services/tactile/braille.ts'

const english: Record<string, string> = {
  person: '⠏⠑⠗⠎⠕⠝',
  'traffic light': '⠞⠗⠁⠋⠋⠊⠉⠀⠇⠊⠛⠓⠞',
  'jumpy quick fox vexed hazy dwarf': '⠚⠥⠍⠏⠽⠀⠟⠥⠊⠉⠅⠀⠋⠕⠭⠀⠧⠑⠭⠑⠙⠀⠓⠁⠵⠽⠀⠙⠺⠁⠗⠋',
  Person: '⠠⠏⠑⠗⠎⠕⠝',
  EXIT: '⠠⠠⠑⠭⠊⠞',
  ABCs: '⠠⠠⠁⠃⠉⠠⠄⠎',
  McDonald: '⠠⠍⠉⠠⠙⠕⠝⠁⠇⠙',
  iPhone: '⠊⠠⠏⠓⠕⠝⠑',
  2024: '⠼⠃⠚⠃⠙',
  1.5: '⠼⠁⠲⠑',
  '1,000': '⠼⠁⠂⠚⠚⠚',
  '1\u202f000': '⠼⠁⠐⠚⠚⠚',
  '−5': '⠐⠤⠼⠑',
  '-5': '⠐⠤⠼⠑',
  '2020-03': '⠼⠃⠚⠃⠚⠤⠼⠚⠉',
  '10:30': '⠼⠁⠚⠒⠼⠉⠚',
  '50%': '⠼⠑⠚⠨⠴',
  '20°C': '⠼⠃⠚⠘⠚⠠⠉',
  '4b': '⠼⠙⠰⠃',
  '4.b': '⠼⠙⠲⠰⠃',
  '4B': '⠼⠙⠠⠃',
  '12k': '⠼⠁⠃⠅',
  café: '⠉⠁⠋⠘⠌⠑',
  É: '⠠⠘⠌⠑',
  über: '⠘⠒⠥⠃⠑⠗',
  cœur: '⠉⠕⠘⠖⠑⠥⠗',
  'Hello, world!': '⠠⠓⠑⠇⠇⠕⠂⠀⠺⠕⠗⠇⠙⠖',
  '"Exit"': '⠦⠠⠑⠭⠊⠞⠴',
  '“Exit”': '⠦⠠⠑⠭⠊⠞⠴',
  'don\'t': '⠙⠕⠝⠄⠞',
  '(a)': '⠐⠣⠁⠐⠜',
  'a/b': '⠁⠸⠌⠃',
  $5: '⠈⠎⠼⠑',
  'x-ray': '⠭⠤⠗⠁⠽'
}

const french: Record<string, string> = {
  personne: '⠏⠑⠗⠎⠕⠝⠝⠑',
  'l’été': '⠇⠄⠿⠞⠿',
  'garçon à la forêt où naît Noël': '⠛⠁⠗⠯⠕⠝⠀⠷⠀⠇⠁⠀⠋⠕⠗⠣⠞⠀⠕⠾⠀⠝⠁⠩⠞⠀⠨⠝⠕⠫⠇',
  'mère, sûr, tôt, maïs': '⠍⠮⠗⠑⠂⠀⠎⠱⠗⠂⠀⠞⠹⠞⠂⠀⠍⠁⠻⠎',
  œuf: '⠪⠥⠋',
  Personne: '⠨⠏⠑⠗⠎⠕⠝⠝⠑',
  NASA: '⠨⠨⠝⠁⠎⠁',
  ÀÉ: '⠨⠨⠷⠿',
  2024: '⠠⠣⠼⠣⠹',
  '1,5': '⠠⠡⠂⠱',
  '1\u202f000': '⠠⠡⠼⠼⠼',
  '−5': '⠠⠤⠱',
  '-5': '⠠⠤⠱',
  '1+1': '⠠⠡⠖⠡',
  '10:30': '⠠⠡⠼⠒⠩⠼',
  '2020-03': '⠠⠣⠼⠣⠼⠤⠼⠩',
  '20 %': '⠠⠣⠼⠀⠐⠬',
  '20°C': '⠠⠣⠼⠐⠕⠨⠉',
  '5 €': '⠠⠱⠀⠘⠑',
  '4b': '⠠⠹⠃',
  A4: '⠨⠁⠠⠹',
  'Où ?': '⠨⠕⠾⠀⠢',
  '« oui »': '⠶⠀⠕⠥⠊⠀⠶',
  '(a)': '⠦⠁⠴',
  'x-ray': '⠭⠤⠗⠁⠽'
}

t.test('English is written in Unified English Braille', async (t) => {
  for (const [text, cells] of Object.entries(english)) t.equal(toBraille(text, 'en'), cells, text)
})

t.test('French is written in the unified French code', async (t) => {
  for (const [text, cells] of Object.entries(french)) t.equal(toBraille(text, 'fr'), cells, text)
})

t.test('an accent that French lacks is dropped, a sign that neither has is left out', async (t) => {
  t.equal(toBraille('č', 'fr'), toBraille('c', 'fr'))
  t.equal(toBraille('č', 'en'), '⠘⠬⠉')
  t.equal(toBraille('a漢b', 'en'), '⠁⠃')
  t.equal(toBraille('漢', 'fr'), '')
})

t.test('spaces are one blank cell, at the ends none', async (t) => {
  t.equal(toBraille('  a \n\t b ', 'en'), '⠁⠀⠃')
})

t.test('any text gives six-dot cells only, and in bounded number', async () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('en' as const, 'fr' as const), (text, language) => {
    const cells = toBraille(text, language)
    return /^[\u2800-\u283f]*$/.test(cells) && cells.length <= text.normalize('NFC').length * 8
  }))
})

t.test('a long text is cut after a word, with three dots', async (t) => {
  t.equal(fitBraille('traffic light', 'en', 13), toBraille('traffic light', 'en'))
  t.equal(fitBraille('traffic light', 'en', 12), toBraille('traffic…', 'en'))
  t.equal(fitBraille('traffic light', 'en', 9), '', 'or left out where no word fits')
  t.equal(fitBraille('word '.repeat(100_000), 'en', 32), `${toBraille('word word word word word word', 'en')}⠲⠲⠲`)
})
