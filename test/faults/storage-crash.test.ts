// What is stored: a server that is killed at any moment leaves whole files or none under a final name, and the next one clears up.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { isRequestUuid, parsePassage } from '../../lib/storage/layout.ts'
import { sweep } from '../../lib/storage/reaper.ts'
import { filesIn, numbered } from '../lib/storage/files.ts'

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const rounds = 5

t.test('F21: a process that is killed while it stores', async t => {
  const folder = t.testdir()
  for (let round = 0; round < rounds; round++) {
    const child = fork(script('storing-process.ts'), [folder, 'endless', '100000'])
    await once(child, 'message')
    // At another place in its work each time.
    for (let turn = 0; turn < Math.random() * 400; turn++) await new Promise(resolve => setImmediate(resolve))
    child.kill('SIGKILL')
    await once(child, 'exit')

    const names = readdirSync(folder)
    t.strictSame(names.filter(name => !isRequestUuid(name) && parsePassage(name)?.direction !== 'incoming'), [], 'only names that are known')
    const files = filesIn(folder)
    for (const [file, text] of Object.entries(files)) {
      if (!isRequestUuid(path.dirname(file))) continue
      const { number, filling }: { number: number, filling: string } = JSON.parse(text)
      if (filling.length !== 100000 || !path.dirname(file).endsWith((number % 100).toString(16))) t.fail(`${file} is not whole`)
    }
    const both = names.filter(isRequestUuid).flatMap(name => ['request.json', 'response.json'].map(file => path.join(name, file)))
    t.strictSame(both.filter(file => files[file] === undefined), [], 'a request and its answer come together')
  }
  t.comment(`${readdirSync(folder).filter(name => !isRequestUuid(name)).length} of ${rounds} kills broke off a write`)
  const later = await sweep({ folder, now: () => Date.now() + 2 * 3600 * 1000 })
  t.equal(later.trouble, undefined)
  t.strictSame(readdirSync(folder), [], 'and what was left is gone with the rest')
})

t.test('F21: processes that are killed while they remove', async t => {
  const folder = t.testdir()
  const requests = 300
  for (let number = 0; number < requests; number++) {
    mkdirSync(path.join(folder, numbered(number)))
    for (const file of ['request.json', 'response.json']) writeFileSync(path.join(folder, numbered(number), file), '{}')
  }
  const later = Date.now() + 2 * 3600 * 1000
  let left = requests
  for (let round = 0; round < rounds; round++) {
    const changes = watch(folder)
    const children = [1, 2].map(() => fork(script('reaping-process.ts'), [folder, String(later)]))
    const ends = children.map(child => once(child, 'exit'))
    // In the middle of its work, at another place each time.
    const enough = left - 1 - Math.floor(Math.random() * 40)
    while (readdirSync(folder).filter(isRequestUuid).length > enough) await once(changes, 'change')
    changes.close()
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(ends)
    const names = readdirSync(folder)
    t.strictSame(names.filter(name => !isRequestUuid(name) && parsePassage(name)?.direction !== 'outgoing'), [], 'only names that are known')
    const whole = names.filter(isRequestUuid)
    for (const name of whole) {
      if (readdirSync(path.join(folder, name)).length !== 2) t.fail(`${name} is not whole`)
    }
    t.ok(whole.length < left, 'what is gone stays gone')
    left = whole.length
  }
  t.comment(`${left} of ${requests} left, ${readdirSync(folder).length - left} broken off`)
  t.equal((await sweep({ folder, now: () => later + 2 * 3600 * 1000 })).trouble, undefined)
  t.strictSame(readdirSync(folder), [])
})
