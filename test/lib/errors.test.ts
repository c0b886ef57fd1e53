// The registry of errors: each has a code of its own, a status that fits, its arguments in the message, and a cure.
import t from 'tap'
import * as registry from '../../lib/errors.ts'

type Make = new (...values: unknown[]) => Error & { code: string, statusCode: number }

const errors = Object.entries<unknown>(registry).filter((entry): entry is [string, Make] => typeof entry[1] === 'function')
const values = ['first value', 'second value', 'third value']

/** Words with which the registry tells people what to do. */
const cures = /\b(?:Send|Encode|Compress|Leave|Write|Use|Try|Set|ask)\b|must be/

t.test('every export is an error, and there are some', async t => {
  t.ok(errors.length > 10)
  t.equal(errors.length, Object.keys(registry).length)
})

t.test('codes begin with TUTTI and are unique', async t => {
  const codes = errors.map(([, Make]) => new Make(...values).code)
  for (const code of codes) t.match(code, /^TUTTI_[A-Z_]+$/)
  t.equal(new Set(codes).size, codes.length)
})

t.test('a code says the same as the name', async t => {
  for (const [name, Make] of errors) t.equal(new Make(...values).code.replaceAll('_', ''), `TUTTI${name.replace(/Error$/, '').toUpperCase()}`)
})

for (const [name, Make] of errors) {
  t.test(`${name} says what is wrong and what to do`, async t => {
    const bare = new Make()
    const error = new Make(...values)
    t.ok(error instanceof Error)
    t.ok(Number.isInteger(error.statusCode) && error.statusCode >= 400 && error.statusCode <= 599)
    const places = bare.message.match(/%s/g)?.length ?? 0
    for (const value of values.slice(0, places)) t.match(error.message, value)
    t.notMatch(error.message, '%s')
    t.notMatch(error.message, '\n')
    // The caller of some brings the cure along; one is never read, because its reader has gone.
    if (['ServicesFileError', 'ServicesUnknownError', 'ClientGoneError', 'TrackingFolderError'].includes(name)) return
    t.match(error.message, cures)
  })
}
