// Which of the model's candidates become objects, and where.
import t from 'tap'
import fc from 'fast-check'
import { cocoLabels } from '../../../services/object-detection/labels.ts'
import { overlap, readDetections } from '../../../services/object-detection/detections.ts'
import type { Letterbox } from '../../../services/object-detection/picture.ts'

const square: Letterbox = { pixels: new Uint8Array(), left: 0, top: 0, width: 512, height: 512 }
const choice = { threshold: 0.3, limit: 50 }
const label = (type: string) => cocoLabels.indexOf(type)

t.test('the class numbers of well-known things are those of COCO', async (t) => {
  t.equal(cocoLabels.length, 80)
  t.equal(new Set(cocoLabels).size, 80)
  t.same([0, 2, 15, 41, 79].map((number) => cocoLabels[number]), ['person', 'car', 'cat', 'cup', 'toothbrush'])
})

t.test('a candidate becomes an object with fractions of the picture', async (t) => {
  t.same(readDetections([128, 0, 384, 256, 0.75, label('cat')], square, choice), [
    { ID: 0, type: 'cat', dimensions: [0.25, 0, 0.75, 0.5], area: 0.25, centroid: [0.5, 0.25], confidence: 0.75 }
  ])
})

t.test('the black bars of a wide picture do not count', async (t) => {
  const wide: Letterbox = { pixels: new Uint8Array(), left: 0, top: 128, width: 512, height: 256 }
  const [object] = readDetections([0, 128, 256, 384, 0.75, label('bus')], wide, choice)
  t.same(object?.dimensions, [0, 0, 0.5, 1])
})

t.test('a box that reaches beyond the picture is cut at its edge', async (t) => {
  const [object] = readDetections([-30, -5, 600, 256, 0.75, label('bus')], square, choice)
  t.same(object?.dimensions, [0, 0, 1, 0.5])
})

t.test('objects come surest first, numbered from zero', async (t) => {
  const objects = readDetections([
    0, 0, 100, 100, 0.4, label('dog'),
    200, 200, 300, 300, 0.9, label('person'),
    400, 400, 500, 500, 0.6, label('cup')
  ], square, choice)
  t.same(objects.map(({ ID, type }) => [ID, type]), [[0, 'person'], [1, 'cup'], [2, 'dog']])
})

t.test('what the model doubts is left out', async (t) => {
  const values = [0, 0, 100, 100, 0.29, label('dog'), 200, 200, 300, 300, 0.31, label('person')]
  t.same(readDetections(values, square, choice).map(({ type }) => type), ['person'])
  t.same(readDetections(values, square, { ...choice, threshold: 0.5 }), [])
})

t.test('the same thing seen twice is one object, two things side by side are two', async (t) => {
  const objects = readDetections([
    0, 0, 100, 100, 0.9, label('person'),
    5, 5, 105, 105, 0.8, label('person'),
    60, 0, 160, 100, 0.7, label('person')
  ], square, choice)
  t.same(objects.map(({ confidence }) => confidence), [0.9, 0.7])
})

t.test('two names for the same spot are one object, a person on a horse is two', async (t) => {
  t.same(readDetections([
    0, 0, 100, 100, 0.5, label('cat'), 1, 1, 101, 101, 0.4, label('dog')
  ], square, choice).map(({ type }) => type), ['cat'])
  t.same(readDetections([
    0, 0, 100, 200, 0.5, label('person'), 0, 60, 100, 260, 0.4, label('horse')
  ], square, choice).map(({ type }) => type), ['person', 'horse'])
})

t.test('no more objects are given than asked for', async (t) => {
  const values = Array.from({ length: 100 }, (_, index) => [(index % 10) * 50, Math.floor(index / 10) * 50, (index % 10) * 50 + 40, Math.floor(index / 10) * 50 + 40, 0.5, 0]).flat()
  t.equal(readDetections(values, square, choice).length, 50)
})

t.test('output that makes no sense gives no objects', async (t) => {
  t.same(readDetections([NaN, NaN, NaN, NaN, NaN, NaN], square, choice), [])
  t.same(readDetections([0, 0, 100, 100, 0.9, 80], square, choice), [])
  t.same(readDetections([0, 0, 100, 100, 0.9, -1], square, choice), [])
  t.same(readDetections([100, 100, 0, 0, 0.9, 0], square, choice), [])
  t.same(readDetections([0, 0, 100, 100, 0.9], square, choice), [])
})

t.test('whatever the model puts out, objects lie within the picture and none is there twice', async () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.double({ min: -1000, max: 1000 }), fc.double(), fc.integer({ min: 0, max: 90 })), { maxLength: 120 }), (values) => {
    const objects = readDetections(values, square, { threshold: 0, limit: 50 })
    return objects.every(({ ID, dimensions: [left, top, right, bottom], area = NaN, confidence }, index) =>
      ID === index && left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1 && area >= 0 && area <= 1 && confidence >= 0 && confidence <= 1) &&
      objects.every((a) => objects.every((b) => a === b || a.type !== b.type || overlap(a.dimensions, b.dimensions) < 0.51))
  }), { numRuns: 300 })
})
