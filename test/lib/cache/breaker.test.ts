import t from 'tap'
import { createBreaker } from '../../../lib/cache/breaker.ts'

/** A breaker, and a clock to turn. */
function build () {
  let time = 0
  const breaker = createBreaker({ now: () => time })
  return { breaker, pass: (milliseconds: number) => { time += milliseconds } }
}

/** Opens a breaker by three faults. */
function open (breaker: ReturnType<typeof createBreaker>) {
  for (let times = 0; times < 3; times++) breaker.enter()?.fault()
}

t.test('three faults in a row open it, and not fewer', async t => {
  const { breaker } = build()
  breaker.enter()?.fault()
  breaker.enter()?.fault()
  breaker.enter()?.success()
  breaker.enter()?.fault()
  breaker.enter()?.neither()
  breaker.enter()?.fault()
  t.equal(breaker.isOpen, false)
  breaker.enter()?.fault()
  t.equal(breaker.isOpen, true)
  t.equal(breaker.enter(), undefined)
})

t.test('after a second one alone may try, and closes it by success', async t => {
  const { breaker, pass } = build()
  open(breaker)
  pass(999)
  t.equal(breaker.enter(), undefined)
  pass(1)
  const trial = breaker.enter()
  t.ok(trial)
  t.equal(breaker.enter(), undefined, 'a second one must wait')
  trial?.success()
  t.equal(breaker.isOpen, false)
  t.ok(breaker.enter())
  t.ok(breaker.enter())
})

t.test('each failed trial doubles the pause, up to half a minute, and success makes it short again', async t => {
  const { breaker, pass } = build()
  open(breaker)
  for (const pause of [1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
    pass(pause - 1)
    t.equal(breaker.enter(), undefined, `left alone for ${pause} ms`)
    pass(1)
    breaker.enter()?.fault()
  }
  pass(30000)
  breaker.enter()?.success()
  open(breaker)
  pass(1000)
  t.ok(breaker.enter())
})

t.test('a trial whose asker has gone leaves the place to the next', async t => {
  const { breaker, pass } = build()
  open(breaker)
  pass(1000)
  breaker.enter()?.neither()
  t.equal(breaker.isOpen, true)
  t.ok(breaker.enter())
})

t.test('what began before it opened says nothing afterwards', async t => {
  const { breaker, pass } = build()
  const early = [breaker.enter(), breaker.enter()]
  open(breaker)
  early[0]?.success()
  t.equal(breaker.isOpen, true)
  pass(1000)
  const trial = breaker.enter()
  early[1]?.fault()
  t.equal(breaker.enter(), undefined, 'the trial is still on')
  trial?.success()
  t.equal(breaker.isOpen, false)
})

t.test('it is sure only while it is closed and what was tried last has not failed', async t => {
  const { breaker, pass } = build()
  t.equal(breaker.isSure, true)
  breaker.enter()?.fault()
  t.equal(breaker.isSure, false)
  breaker.enter()?.success()
  t.equal(breaker.isSure, true)
  open(breaker)
  t.equal(breaker.isSure, false)
  pass(1000)
  t.equal(breaker.isSure, false, 'it may be tried, no more')
  breaker.enter()?.success()
  t.equal(breaker.isSure, true)
})
