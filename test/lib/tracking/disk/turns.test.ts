// Turns: one at a time for each thing, in the order of asking.
import t from 'tap'
import { createTurns } from '../../../../lib/tracking/disk/turns.ts'

t.test('work on one thing is done in turn, work on others meanwhile', async t => {
  const turns = createTurns()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const work = (name: string, wait?: Promise<void>) => async () => {
    done.push(`${name} begins`)
    await wait
    done.push(`${name} ends`)
    return name
  }
  const all = [turns.take(1, work('first', gate.promise)), turns.take(1, work('second')), turns.take(1, work('third'))]
  t.equal(await turns.take(2, work('other')), 'other')
  t.strictSame(done, ['first begins', 'other begins', 'other ends'])
  gate.resolve()
  t.strictSame(await Promise.all(all), ['first', 'second', 'third'])
  t.strictSame(done.slice(3), ['first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
})

t.test('work that fails tells who has asked, and holds up nobody', async t => {
  const turns = createTurns()
  const failing = turns.take(1, async () => { throw new Error('as told') })
  const next = turns.take(1, async () => 'next')
  await t.rejects(failing, { message: 'as told' })
  t.equal(await next, 'next')
})
