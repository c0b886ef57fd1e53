import t from 'tap'
import { createSeats } from '../../../lib/cluster/seats.ts'

/** Wants a seat, and tells when it has come. */
function want (seats: ReturnType<typeof createSeats>, process: number, of = 'model', most = 1) {
  const state = { has: false }
  const taken = seats.take(process, { of, most }).then(() => { state.has = true })
  return { state, taken }
}

t.test('there are so many seats, and those who wait get theirs in order', async t => {
  const seats = createSeats()
  const first = want(seats, 1, 'model', 2)
  const second = want(seats, 2, 'model', 2)
  const third = want(seats, 1, 'model', 2)
  const fourth = want(seats, 2, 'model', 2)
  const other = want(seats, 2, 'another model')
  await Promise.all([first.taken, second.taken, other.taken])
  t.strictSame([third.state.has, fourth.state.has], [false, false])
  seats.leave(2, 'model')
  await third.taken
  t.equal(fourth.state.has, false)
  seats.leave(1, 'model')
  await fourth.taken
})

t.test('a process that has ended leaves its seats, and no longer waits', async t => {
  const seats = createSeats()
  await want(seats, 1).taken
  const gone = want(seats, 1)
  const next = want(seats, 2)
  seats.end(1)
  await next.taken
  t.equal(gone.state.has, false)
  seats.leave(1, 'model')
  const last = want(seats, 3)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(last.state.has, false, 'a seat that was given back already is not given back again')
  seats.leave(2, 'model')
  await last.taken
})
