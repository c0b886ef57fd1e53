// Sessions in a file.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openSessionFile } from '../../../../lib/diffraction/sessions/session-file.ts'

t.test('a file with sessions', async t => {
  const file = path.join(t.testdir({}), 'sessions.json')
  const write = (content: unknown) => writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  const troubles: unknown[] = []
  write({ p1: { uid: 'ada', allowedESAFs: [1] }, p2: { uid: 'ben', pid: 'p2', role: 'staff', allowedESAFs: [2] }, p3: { uid: 'eve', pid: 'p1', allowedESAFs: [1] }, p4: 'ada', p5: { uid: 7 } })
  const sessions = await openSessionFile(file, error => troubles.push(error))

  t.test('knows sessions, which need not repeat their token', async t => {
    t.strictSame(await sessions.find('p1', 1), { pid: 'p1', user: 'ada', role: undefined, esafs: [1] })
    t.strictSame(await sessions.find('p2', 2), { pid: 'p2', user: 'ben', role: 'staff', esafs: [2] })
    t.strictSame(await sessions.find('p2', 0), { pid: 'p2', user: 'ben', role: 'staff', esafs: [2] })
  })

  t.test('refuses others by number', async t => {
    for (const [pid, esaf, legacy] of [['nobody', 1, 2], ['__proto__', 1, 2], ['constructor', 1, 2], ['p 1', 1, 2], ['p4', 1, 5], ['p5', 1, 5], ['p3', 1, 6], ['p1', 2, 8]] as const) {
      await t.rejects(sessions.find(pid, esaf), { code: 'NOT_AUTHORIZED', legacy }, pid)
    }
  })

  t.test('is read again when it changes, and when another takes its place', async t => {
    write({ p6: { uid: 'ada', allowedESAFs: [1] } })
    t.match(await sessions.find('p6', 1), { user: 'ada' })
    await t.rejects(sessions.find('p1', 1), { code: 'NOT_AUTHORIZED', legacy: 7 })
    writeFileSync(`${file}.new`, JSON.stringify({ p7: { uid: 'ada', allowedESAFs: [1] } }))
    renameSync(`${file}.new`, file)
    t.match(await sessions.find('p7', 1), { user: 'ada' })
  })

  t.test('that is broken or gone opens nothing, until it is good again', async t => {
    write({ p1: { uid: 'ada', allowedESAFs: [1] } })
    await sessions.find('p1', 1)
    for (const content of ['{', '[]', '7', ' '.repeat(5 * 1024 * 1024)]) {
      write(content)
      await t.rejects(sessions.find('p1', 1), { code: 'UNAVAILABLE' })
      t.equal(sessions.isTroubled(), true)
    }
    rmSync(file)
    await t.rejects(sessions.find('p1', 1), { code: 'UNAVAILABLE' })
    t.equal(troubles.length, 1)
    write({ p1: { uid: 'ada', allowedESAFs: [1] } })
    t.match(await sessions.find('p1', 1), { user: 'ada' })
    t.equal(sessions.isTroubled(), false)
    t.equal(troubles.length, 2)
    await sessions.close()
  })
})

t.test('a file that is not there or holds no sessions cannot be opened', async t => {
  const folder = t.testdir({ broken: '{', list: '[]', folder: {} })
  for (const name of ['nowhere', 'broken', 'list', 'folder']) await t.rejects(openSessionFile(path.join(folder, name)))
})
