import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createOverride } from '../../../lib/cache/override.ts'

const key = (digit: string) => digit.repeat(40)

t.test('the file of a key is given, and a missing one passed over in silence', async t => {
  const folder = t.testdir({ [key('a')]: '{"name":"a","data":{}}', [key('b')]: '' })
  const errors: string[] = []
  const override = createOverride({ folder, onError: cause => errors.push(cause) })
  t.equal((await override(key('a')))?.toString(), '{"name":"a","data":{}}')
  t.equal((await override(key('b')))?.length, 0)
  t.equal(await override(key('c')), undefined)
  t.equal(await createOverride({ folder: path.join(folder, 'missing') })(key('a')), undefined)
  symlinkSync(path.join(folder, key('a')), path.join(folder, key('c')))
  t.ok(await override(key('c')), 'a link will do, and a file that has come since')
  t.strictSame(errors, [])
})

t.test('what is no key names no file', async t => {
  const folder = t.testdir({ secret: 'secret', inner: { [key('a')]: 'x' }, [key('A')]: 'x' })
  const override = createOverride({ folder: path.join(folder, 'inner') })
  for (const name of ['../secret', 'secret', '', '.', '..', `${key('a')}\0`, `${key('a')}\n`, `../inner/${key('a')}`, key('A'), key('a').slice(1)]) {
    t.equal(await override(name), undefined, JSON.stringify(name))
  }
})

t.test('a folder, a pipe, a file that is too large, a link in a circle: each is reported by key and cause', async t => {
  const folder = t.testdir({})
  const at = (digit: string) => path.join(folder, key(digit))
  mkdirSync(at('1'))
  execFileSync('mkfifo', [at('2')])
  writeFileSync(at('3'), Buffer.alloc(1001))
  writeFileSync(at('4'), Buffer.alloc(1000))
  symlinkSync(at('5'), at('5'))
  const errors: string[] = []
  const override = createOverride({ folder, largestFile: 1000, onError: cause => errors.push(cause) })
  for (const digit of ['1', '2', '3', '5']) t.equal(await override(key(digit)), undefined)
  t.equal((await override(key('4')))?.length, 1000)
  t.equal(errors.length, 4)
  t.match(errors.join('\n'), /1{40}.*no regular file\n.*2{40}.*no regular file\n.*3{40}.*larger than 1000 bytes\n.*5{40}.*ELOOP/)
  t.notMatch(errors.join('\n'), folder)
})
