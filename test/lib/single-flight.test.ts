// Work that several want at the same time: done once, handed over where the first fails or goes, and nobody gets what is another's.
import t from 'tap'
import { createSingleFlight } from '../../lib/single-flight.ts'

const patient = new AbortController().signal

/** Work that the test ends: each start is one entry. */
function workshop () {
  const starts: Array<{ by: number, end: (result: string) => void }> = []
  const work = (by: number) => () => new Promise<string>(resolve => { starts.push({ by, end: resolve }) })
  return { starts, work }
}

const build = () => createSingleFlight<string>(result => result !== 'failed')

/** Lets everything happen that needs nothing from outside. */
const quiet = () => new Promise(resolve => setImmediate(resolve))

t.test('a hundred who want the same start it once, and all get what comes of it', async t => {
  const { starts, work } = workshop()
  const flights = build()
  const all = Array.from({ length: 100 }, (_, by) => flights.run('one', patient, work(by)))
  await quiet()
  t.equal(starts.length, 1)
  starts[0]?.end('done')
  const results = await Promise.all(all)
  t.same(new Set(results.map(each => each?.result)), new Set(['done']))
  t.equal(results.filter(each => each?.shared).length, 99)
  t.equal(flights.size, 0)
})

t.test('other keys are other work, and what is over is begun anew', async t => {
  const { starts, work } = workshop()
  const flights = build()
  const [one, two] = [flights.run('one', patient, work(1)), flights.run('two', patient, work(2))]
  starts[0]?.end('first')
  starts[1]?.end('second')
  t.same([(await one)?.result, (await two)?.result], ['first', 'second'])
  const again = flights.run('one', patient, work(3))
  t.equal(starts.length, 3)
  starts[2]?.end('third')
  t.same(await again, { result: 'third', shared: false })
})

t.test('a leader that fails keeps its failure; one of those who wait takes over, and all others get what that one gives', async t => {
  for (const second of ['done', 'failed']) {
    const { starts, work } = workshop()
    const flights = build()
    const all = Array.from({ length: 100 }, (_, by) => flights.run('one', patient, work(by)))
    starts[0]?.end('failed')
    await quiet()
    t.equal(starts.length, 2, 'exactly one takes over')
    starts[1]?.end(second)
    const results = await Promise.all(all)
    t.equal(starts.length, 2, 'and nobody after it')
    t.equal(results[0]?.result, 'failed')
    t.same(new Set(results.slice(1).map(each => each?.result)), new Set([second]))
    t.equal(flights.size, 0)
  }
})

t.test('a leader that is cancelled hands over, however often; nobody gets the cancellation of another', async t => {
  const { starts, work } = workshop()
  const flights = build()
  const controllers = Array.from({ length: 100 }, () => new AbortController())
  const all = controllers.map((controller, by) => flights.run('one', controller.signal, work(by)))
  for (let leader = 0; leader < 99; leader++) {
    const start = starts[leader]
    controllers[start?.by ?? 0]?.abort()
    // Work that is aborted says so in its own way.
    start?.end('cancelled')
    await quiet()
    t.equal(starts.length, leader + 2)
  }
  starts[99]?.end('done')
  const results = await Promise.all(all)
  const last = starts[99]?.by ?? 0
  t.equal(results[last]?.result, 'done')
  t.notOk(results.some((each, by) => by !== last && each?.shared), 'those who went share nothing')
  t.equal(flights.size, 0)
})

t.test('one who waits and goes is let go at once, and costs the others nothing', async t => {
  const { starts, work } = workshop()
  const flights = build()
  const leaving = new AbortController()
  const [leader, leaver, other] = [flights.run('one', patient, work(0)), flights.run('one', leaving.signal, work(1)), flights.run('one', patient, work(2))]
  leaving.abort()
  t.equal(await leaver, undefined)
  t.equal(starts.length, 1)
  starts[0]?.end('done')
  t.same([await leader, await other], [{ result: 'done', shared: false }, { result: 'done', shared: true }])
  t.equal(await flights.run('one', leaving.signal, work(3)), undefined, 'one who has gone before starts nothing')
  t.equal(starts.length, 1)
})

t.test('work that throws is its leader\'s affair', async t => {
  const flights = build()
  let calls = 0
  const first = flights.run('one', patient, async () => {
    await quiet()
    throw new Error('a fault')
  })
  const second = flights.run('one', patient, async () => {
    calls += 1
    return 'done'
  })
  await t.rejects(first, { message: 'a fault' })
  t.same(await second, { result: 'done', shared: false })
  t.equal(calls, 1)
})
