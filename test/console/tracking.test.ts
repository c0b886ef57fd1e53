// What the page of tracking makes of messages and sightings.
import t from 'tap'
import { afterMessage, keyOf, most, nothingSeen, placeOf } from '../../console/src/pages/tracking/sight.ts'
import type { Sight } from '../../console/src/pages/tracking/sight.ts'
import { staysOf } from '../../console/src/pages/tracking/stays.ts'

const after = (...messages: Array<Record<string, unknown>>): Sight => messages.reduce((sight, message, index) => afterMessage(sight, message, 1000 * (index + 1)), nothingSeen)

t.test('processors come and go, and what their cameras saw last stays', async t => {
  const sight = after(
    { type: 'presence', processors: [{ cameraId: 'hall', since: '2026-11-23T05:00:00.000Z' }, { cameraId: 1, since: '2026-11-23T05:00:00.000Z' }] },
    { type: 'boundingBoxes', cameraId: 'hall', frameId: 12, boxes: [{ boxId: 1 }] },
    { type: 'presence', cameraId: 'hall', online: false },
    { type: 'presence', cameraId: '1', online: true }
  )
  t.strictSame([...sight.cameras.keys()], [keyOf('hall'), keyOf(1), keyOf('1')], '1 and "1" are two cameras')
  t.match(sight.cameras.get(keyOf('hall')), { since: undefined, frames: 1, frame: { id: '12', at: 2000 } })
  t.equal(sight.cameras.get(keyOf('1'))?.since, '1970-01-01T00:00:04.000Z')
})

t.test('objects are heard of by their pictures or their boxes, and go when they are stopped', async t => {
  const sight = after(
    { type: 'newObject', objectId: 3, image: 'data:image/png;base64,AA==' },
    { type: 'newObject', objectId: 4, image: 'javascript:alert(1)' },
    { type: 'boundingBoxes', cameraId: null, frameId: 1, boxes: [{ objectId: 3 }, { objectId: 5 }, { objectId: 'six' }, {}] },
    { type: 'stop', objectId: 5 },
    { type: 'boundingBoxes', cameraId: null, frameId: 2, boxes: [{ objectId: 5 }] }
  )
  t.strictSame([...sight.objects.keys()], [3, 4])
  t.match(sight.objects.get(3), { image: /^data:image/, sightings: 1, seen: { camera: null, at: 3000 } })
  t.equal(sight.objects.get(4)?.image, undefined, 'only pictures are shown')
})

t.test('there is an end to what is kept', async t => {
  const sight = after(
    { type: 'boundingBoxes', cameraId: 'a', frameId: 1, boxes: Array.from({ length: most.boxes + 10 }, (_, boxId) => ({ boxId })) },
    ...Array.from({ length: most.cameras + 10 }, (_, index) => ({ type: 'boundingBoxes', cameraId: index, frameId: 1, boxes: [{ objectId: 10 * index }] })),
    ...Array.from({ length: most.objects + 10 }, (_, objectId) => ({ type: 'newObject', objectId }))
  )
  t.equal(sight.cameras.get(keyOf('a'))?.frame?.boxes.length, most.boxes)
  t.equal(sight.cameras.size, most.cameras)
  t.equal(sight.objects.size, most.objects)
  t.equal(afterMessage(sight, { type: 'anything' }, 0), sight)
})

t.test('places are said in words', async t => {
  t.strictSame(placeOf({ rect: [0, 0, 0.2, 0.5] }), { row: 0, column: 0, share: 0.1 })
  t.match(placeOf({ rect: [0.8, 0.9, 1, 1] }), { row: 2, column: 2 })
  t.equal(placeOf({ rect: [] }), undefined)
  t.equal(placeOf({ rect: null }), undefined)
})

t.test('sightings become stays', async t => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString()
  const sighting = (seconds: number, processorId: unknown) => ({ timeStamp: at(seconds), processorId })
  t.strictSame(staysOf([sighting(0, 'a'), sighting(5, 'a'), sighting(6, 'b'), sighting(7, 'a'), sighting(30, 'a'), sighting(31, 7)]), [
    { camera: 'a', from: 0, until: 7000, sightings: 3 }, { camera: 'b', from: 6000, until: 6000, sightings: 1 },
    { camera: 'a', from: 30000, until: 30000, sightings: 1 }, { camera: '7', from: 31000, until: 31000, sightings: 1 }
  ])
  t.equal(staysOf(Array.from({ length: 1000 }, (_, index) => sighting(index, index % 2 === 0 ? 'a' : 'b'))).length, 2, 'two cameras may see it at the same time')
})
