// Comparing secrets: the same is the same, whatever else differs in length, case or alphabet.
import t from 'tap'
import { isSameText } from '../../lib/same-text.ts'

t.test('texts are the same where every character is', async t => {
  for (const text of ['', 'a', 'é', 'secret', 'x'.repeat(100_000)]) t.ok(isSameText(text, text))
  for (const [one, other] of [['', 'a'], ['a', 'A'], ['secret', 'secret '], ['secret', 'secre'], ['é', 'e\u0301']] as const) t.notOk(isSameText(one, other))
})
