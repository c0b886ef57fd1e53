// The watch of operators: it looks while somebody wants to know, and not otherwise.
import t from 'tap'
import { createStateWatch } from '../../../lib/tracking/state.ts'
import type { TrackingState } from '../../../schemas/tracking/state.ts'

/** A watch of nobody, which counts its looks. */
function watchNobody () {
  let looks = 0
  const tallies = () => ({ client: {}, processor: {} })
  const watch = createStateWatch({
    connections: {
      all () {
        looks += 1
        return []
      },
      numbers: () => ({ sockets: { client: 0, processor: 0 }, messages: { client: { start: 3 }, processor: {} }, refusals: tallies(), tokens: tallies(), closes: tallies(), dropped: 2, backlog: 5 })
    },
    hub: { counts: () => ({ client: 0, processor: 0 }), stateOf: () => undefined, wishesOf: () => undefined },
    exchange: { objects: new Map(), processors: new Map() },
    interval: 5
  })
  return { watch, looks: () => looks }
}

const timers = () => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length

t.test('looks while somebody follows, and then no longer', async t => {
  const { watch, looks } = watchNobody()
  const before = timers()
  t.equal(looks(), 0)
  const told: TrackingState[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = watch.follow(state => {
    told.push(state)
    if (told.length === 3) resolve()
  })
  const stopOther = watch.follow(() => {})
  await promise
  t.ok(looks() >= 4, 'one to begin with, and one for each state, however many follow')
  t.ok(looks() <= told.length + 1)
  stop()
  t.equal(timers(), before + 1, 'somebody is still there')
  stopOther()
  t.equal(timers(), before)
  t.match(told.at(-1), { totals: { messagesInPerSecond: 0, unread: 5, dropped: 2 } }, 'what came before it looked is no rate')
})

t.test('one state costs two looks', async t => {
  const { watch, looks } = watchNobody()
  const before = timers()
  await watch.next()
  t.equal(looks(), 2)
  t.equal(timers(), before)
})
