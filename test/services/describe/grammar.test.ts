// Lists, quotation marks, elision, capitals.
import t from 'tap'
import { capitalise, clip, de, elides, listOf, numeral, quote, sentence } from '../../../services/describe/grammar.ts'

t.test('lists are joined as each language does', async (t) => {
  t.equal(listOf([], 'en'), '')
  t.equal(listOf(['a'], 'en'), 'a')
  t.equal(listOf(['a', 'b', 'c'], 'en'), 'a, b and c')
  t.equal(listOf(['a', 'b'], 'fr'), 'a et b')
})

t.test('small numbers are words that agree, large ones are rounded', async (t) => {
  t.equal(numeral(1, 'fr', 'f'), 'une')
  t.equal(numeral(1, 'fr'), 'un')
  t.equal(numeral(2, 'fr', 'f'), 'deux')
  t.equal(numeral(10, 'en'), 'ten')
  t.equal(numeral(11, 'en'), 'about 10')
  t.equal(numeral(48, 'fr'), 'environ 50')
})

t.test('quotation marks are those of the language and never doubled', async (t) => {
  t.equal(quote('EXIT', 'en'), '“EXIT”')
  t.equal(quote('SORTIE', 'fr'), '« SORTIE »')
  t.equal(quote('“EXIT”', 'en'), '“EXIT”')
  t.equal(quote('"', 'en'), '“"”')
})

t.test('French elides before a vowel and a mute h only', async (t) => {
  t.equal(de('ordinateurs'), 'd’ordinateurs')
  t.equal(de('avril 2020'), 'd’avril 2020')
  t.equal(de('tasses'), 'de tasses')
  t.equal(de('hot-dogs'), 'de hot-dogs')
  for (const word of ['horloge', 'éléphant', 'évier', 'œuf', 'hôtel', 'Août']) t.ok(elides(word), word)
  for (const word of ['haricot', 'hot-dog', 'onze', 'yaourt', 'moto', '11', '']) t.notOk(elides(word), word)
})

t.test('sentences begin with a capital and end with one stop', async (t) => {
  t.equal(sentence('a cup'), 'A cup.')
  t.equal(sentence('élan'), 'Élan.')
  t.equal(sentence('It says “Stop!”'), 'It says “Stop!”')
  t.equal(sentence('really?'), 'Really?')
  t.equal(capitalise(''), '')
})

t.test('text is cut at a space, says so, and keeps its characters whole', async (t) => {
  t.equal(clip('short', 10), 'short')
  t.equal(clip('one two three four', 12), 'one two…')
  t.equal(clip('😀😀😀', 4), '😀…')
  for (const longest of [5, 50, 300]) t.ok(clip('word '.repeat(200), longest).length <= longest)
})
