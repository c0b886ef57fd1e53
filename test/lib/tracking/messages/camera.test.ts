// Identifiers of cameras: which are one and the same.
import t from 'tap'
import { cameraOf } from '../../../../lib/tracking/messages/camera.ts'

const keyOf = (text: string) => cameraOf(Buffer.from(text)).key

t.test('identifiers that are equal to Python have one key, others have their own', async t => {
  const groups = [
    ['"7"', '"\\u0037"'], ['7', '7.0', '70e-1', '0.7E1', '7.000'], ['-7'], ['0', '-0', '0.0', '-0.0e5', 'false'], ['1', '1.0', 'true'], ['null'], ['"null"'], ['"true"'], ['""'],
    ['0.5', '5e-1', '0.50'], ['0.1', '0.1000000000000000055'], ['123456789012345678901'], ['123456789012345678902'], ['1e20', '100000000000000000000', '1.0e+20'],
    ['1e400', '2e999'], ['-1e400'], ['"é"', '"\\u00e9"'], ['"\\ud800"'], ['"\\ud801"'], ['"Cam"'], ['"cam"'], ['"cam "'], ['"__proto__"'], ['"constructor"']
  ]
  const keys = groups.map(group => new Set(group.map(keyOf)))
  for (const [index, group] of keys.entries()) t.equal(group.size, 1, String(groups[index]))
  t.equal(new Set(keys.flatMap(group => [...group])).size, groups.length)
})

t.test('a camera keeps its spelling', async t => {
  const text = Buffer.from('7.0')
  t.equal(cameraOf(text).text, text)
})

t.test('keys are well-formed Unicode without control characters, whatever the identifier', async t => {
  for (const text of ['"\\ud800"', '"a\\udfffb"', '"\\u0000"', '"\\n"']) t.ok(keyOf(text).isWellFormed() && [...keyOf(text)].every(character => character >= ' '), text)
})
