// What is remembered of what happened, for those who come back.
import t from 'tap'
import { createHistory } from '../../../../lib/tracking/objects/history.ts'
import type { Numbered } from '../../../../lib/tracking/objects/history.ts'

const stopped = (offset: number): Numbered => ({ kind: 'stopped', offset, objectId: offset, cause: 'client' })
const offsets = (missed: readonly Numbered[] | undefined) => missed?.map(({ offset }) => offset)

t.test('what came after an offset is told, in order, as far as all of it is remembered', async t => {
  const history = createHistory({ count: 3, bytes: 1e6 }, 40)
  t.strictSame(offsets(history.since(40)), [], 'nothing is missed before anything happens')
  t.equal(history.since(39), undefined, 'nor is anything known of before')
  for (const offset of [41, 42, 43]) history.add(stopped(offset))
  t.strictSame(offsets(history.since(40)), [41, 42, 43])
  history.add(stopped(44))
  t.equal(history.since(40), undefined)
  t.strictSame(offsets(history.since(41)), [42, 43, 44])
  t.strictSame(offsets(history.since(44)), [])
  for (const none of [45, 41.5, -1, NaN, Infinity]) t.equal(history.since(none), undefined, `${none} is no offset of this history`)
})

t.test('pictures and feature maps count', async t => {
  const history = createHistory({ count: 1000, bytes: 10_000 }, 0)
  history.add({ kind: 'mapped', offset: 1, objectId: 1, featureMap: Buffer.alloc(4000) })
  history.add({ kind: 'mapped', offset: 2, objectId: 1, featureMap: Buffer.alloc(4000) })
  t.strictSame(offsets(history.since(0)), [1, 2])
  history.add({ kind: 'mapped', offset: 3, objectId: 1, featureMap: Buffer.alloc(4000) })
  t.equal(history.since(0), undefined)
  t.strictSame(offsets(history.since(1)), [2, 3])
  history.add({ kind: 'mapped', offset: 4, objectId: 1, featureMap: Buffer.alloc(40_000) })
  t.equal(history.since(3), undefined, 'what alone is too large is not remembered')
  t.strictSame(offsets(history.since(4)), [])
  history.add(stopped(5))
  t.strictSame(offsets(history.since(4)), [5], 'and what comes then is')
})
