// Whoever knows the hash of a stored request has it kept; nobody else learns or changes anything.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, symlinkSync, truncateSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { sha1 } from 'object-hash'
import t from 'tap'
import { agree } from '../../../lib/storage/agreement.ts'
import { filesIn, numbered } from './files.ts'

const request = { request_uuid: numbered(1), language: 'fr', numbers: [1, -0.5, 1e21], nested: { null: null, true: true, text: 'ä\u2028😀' }, '': [] }
const hash = sha1(request)
const ask = (folder: string) => (requestUuid: string, check: string) => agree({ folder, requestUuid, check, largest: 100000 })

t.test('the hash is the one that object-hash gives, published here so that it can be checked elsewhere', async t => {
  t.equal(sha1({ b: [1, null], a: 'x' }), sha1({ a: 'x', b: [1, null] }))
  const folder = t.testdir({ [numbered(1)]: { 'request.json': '{"a":"x","b":[1,null]}' } })
  const authenticate = ask(folder)
  t.strictSame(authenticate(numbered(1), '855fef438669fe223c1fdf31385d3404b1ceb1c5'), { kind: 'agreed' })
})

t.test('the right check marks the request, again and again; its 60 days begin with the first', async t => {
  const folder = t.testdir({ [numbered(1)]: { 'request.json': JSON.stringify(request), 'response.json': '{}' } })
  const place = path.join(folder, numbered(1))
  utimesSync(place, 1000, 1000)
  const authenticate = ask(folder)
  t.strictSame(authenticate(numbered(1), hash), { kind: 'agreed' })
  t.equal(filesIn(place).auth, '')
  t.ok(statSync(place).mtimeMs > 1000_000, 'the folder has changed, and so the clock begins anew')
  utimesSync(place, 1000, 1000)
  t.strictSame(authenticate(numbered(1), hash), { kind: 'agreed' })
  t.equal(statSync(place).mtimeMs, 1000_000)
})

t.test('spaces and the order of keys make no difference', async t => {
  const text = JSON.stringify(Object.fromEntries(Object.entries(request).toReversed()), undefined, 2)
  const authenticate = ask(t.testdir({ [numbered(1)]: { 'request.json': text } }))
  t.strictSame(authenticate(numbered(1), hash), { kind: 'agreed' })
})

t.test('a wrong check, and a request that is not there, are refused in the same words', async t => {
  const folder = t.testdir({ [numbered(1)]: { 'request.json': JSON.stringify(request) }, [numbered(3)]: {} })
  const authenticate = ask(folder)
  for (const check of ['', 'x', hash.slice(1), `${hash}0`, hash.toUpperCase(), sha1({}), 'ä'.repeat(5000), '\0']) {
    t.strictSame(authenticate(numbered(1), check), { kind: 'refused' }, check.slice(0, 50))
  }
  t.strictSame(authenticate(numbered(2), hash), { kind: 'refused' })
  t.strictSame(authenticate(numbered(3), hash), { kind: 'refused' })
  t.strictSame(Object.keys(filesIn(folder)), [`${numbered(1)}/request.json`], 'nothing is marked')
})

t.test('what is stored and no JSON is unreadable, and so is what cannot be hashed', async t => {
  const deep = 40000
  const folder = t.testdir({
    [numbered(1)]: { 'request.json': '{"a":' }, [numbered(2)]: { 'request.json': '' }, [numbered(3)]: { 'request.json': '['.repeat(deep) + ']'.repeat(deep) }
  })
  const authenticate = ask(folder)
  for (const number of [1, 2, 3]) t.strictSame(authenticate(numbered(number), hash), { kind: 'unreadable' })
})

t.test('links, pipes, folders and files that are too large are not read', async t => {
  const root = t.testdir({
    outside: { 'request.json': JSON.stringify(request) },
    store: { [numbered(2)]: {}, [numbered(3)]: {}, [numbered(4)]: { 'request.json': {} }, [numbered(5)]: { 'request.json': JSON.stringify(request) }, [numbered(6)]: 'a file' }
  })
  const folder = path.join(root, 'store')
  symlinkSync(path.join(root, 'outside'), path.join(folder, numbered(1)))
  symlinkSync(path.join(root, 'outside', 'request.json'), path.join(folder, numbered(2), 'request.json'))
  spawnSync('mkfifo', [path.join(folder, numbered(3), 'request.json')])
  truncateSync(path.join(folder, numbered(5), 'request.json'), 100001)
  const authenticate = ask(folder)
  for (const number of [1, 2, 3, 4, 5, 6]) t.strictSame(authenticate(numbered(number), hash), { kind: 'refused' }, String(number))
  t.notOk(existsSync(path.join(root, 'outside', 'auth')))
})

t.test('a link in place of the marker is not followed', async t => {
  const root = t.testdir({ store: { [numbered(1)]: { 'request.json': JSON.stringify(request) } } })
  symlinkSync(path.join(root, 'made'), path.join(root, 'store', numbered(1), 'auth'))
  t.strictSame(ask(path.join(root, 'store'))(numbered(1), hash), { kind: 'failed', code: 'ELOOP' })
  t.notOk(existsSync(path.join(root, 'made')))
})
