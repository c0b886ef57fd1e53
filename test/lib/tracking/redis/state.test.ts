// What lies between two states: told to somebody who knows the one, it makes the other of it.
import fc from 'fast-check'
import t from 'tap'
import { orderBytes } from '../../../../lib/tracking/redis/entries.ts'
import { alter, differences, emptyState } from '../../../../lib/tracking/redis/state.ts'
import type { State } from '../../../../lib/tracking/redis/state.ts'
import { cameraOf, orderOf } from '../exchanges.ts'

/** A state of a few objects, each with a start and a feature map, and a few processors. */
const states = fc.record({
  objects: fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 6 }), at: fc.constantFrom(1, 2), map: fc.constantFrom('{}', '[1.0]', '[2.0]') }), { selector: ({ id }) => id }),
  processors: fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c'), registration: fc.constantFrom('r', 's') }), { selector: ({ name }) => name })
}).map(({ objects, processors }): State => {
  const state = emptyState()
  for (const { id, at, map } of objects.sort((one, other) => one.id - other.id)) {
    state.objects.set(id, { id, image: undefined, featureMap: Buffer.from(map), startedAt: at, seenAt: at })
    state.orders.set(id, orderBytes(orderOf('a'), at))
  }
  for (const { name, registration } of processors) state.processors.set(cameraOf(name).key, { camera: cameraOf(name), registration, since: 0 })
  return state
})

const known = ({ objects, processors }: State) => [[...objects.values()].sort((one, other) => one.id - other.id), [...processors.values()].map(({ camera, registration }) => `${camera.key} ${registration}`).sort()]

t.test('what lies between two states leads from the one to the other, and only the last has the last offset', async t => {
  fc.assert(fc.property(states, states, (before, after) => {
    const happenings = differences(before, after, 3, 9)
    t.strictSame(happenings.map(({ offset }) => offset), happenings.map((_, index) => index === happenings.length - 1 ? 9 : 3))
    for (const happening of happenings) alter(before, { happening })
    t.strictSame(known(before), known(after))
  }), { numRuns: 300 })
})

t.test('nothing lies between a state and itself', async t => {
  fc.assert(fc.property(states, state => { t.strictSame(differences(state, state, 1, 2), []) }), { numRuns: 50 })
})
