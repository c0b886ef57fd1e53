// What is spoken of a text: bounded, honest about it, and without instructions to the synthesiser.
import t from 'tap'
import { longestSpeech, spokenText } from '../../../services/speak/script.ts'

t.test('ordinary text is spoken as it is', async (t) => {
  t.equal(spokenText('A person in the centre.\nText: “EXIT”', 'en'), 'A person in the centre.\nText: “EXIT”')
})

t.test('long text ends with a sentence and says that there is more', async (t) => {
  const long = spokenText('One sentence here. '.repeat(500), 'en')
  t.match(long, /One sentence here\.\nThe text continues; the description in words has all of it\.$/)
  t.ok(long.length <= longestSpeech + 100)
  t.match(spokenText('mot '.repeat(2000), 'fr'), /mot…\nLe texte continue/)
  t.match(spokenText('x'.repeat(9000), 'en'), /x…\nThe text continues/)
  t.ok(spokenText('😀'.repeat(5000), 'en').isWellFormed())
})

t.test('nothing in a text commands the synthesiser', async (t) => {
  t.notMatch(spokenText('a [[h@l"oU]] [[[b', 'en'), /\[\[/)
  t.equal(spokenText('a\u0000\u001bb', 'en'), 'a  b')
  t.ok(spokenText('a\ud800', 'en').isWellFormed())
})

t.test('a French number is one number', async (t) => {
  t.equal(spokenText('1\u202f234\u00a0567 €, 12\u00a034', 'fr'), '1234567 €, 12\u00a034')
})
