// Numbers over reduced frames.
import t from 'tap'
import { statisticsOf } from '../../../../lib/diffraction/pixels/statistics.ts'
import { counts32, means } from './frames.ts'

t.test('overloads and masked pixels are left out', async t => {
  const { n, mean, rms, stddev, min, max, saturated } = statisticsOf(counts32([2, 4, 4, 4, 5, 5, 7, 9, 0xffffffff, 1000]), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 3)
  t.same({ n, mean, stddev, min, max, saturated }, { n: 8, mean: 5, stddev: 2, min: 2, max: 9, saturated: 3 })
  t.equal(rms, Math.sqrt(29))
})

t.test('counts from 65536 on have a standard deviation, unlike with the LS-CAT image server', async t => {
  t.equal(statisticsOf(counts32([100000, 100002]), undefined, 0).stddev, 1)
  t.equal(statisticsOf(counts32([4294967290, 4294967292, 4294967294, 4294967292]), undefined, 0).stddev, Math.SQRT2)
  t.equal(statisticsOf(counts32([0xfffffffe, 0]), undefined, 0).max, 4294967294)
})

t.test('without a pixel that counts there are no numbers', async t => {
  t.same(statisticsOf(counts32([0xffffffff]), undefined, 1), { n: 0, mean: undefined, rms: undefined, stddev: undefined, min: undefined, max: undefined, saturated: 1 })
})

t.test('means have statistics too, and an infinite one is an overload', async t => {
  const pixels = means([0.5, 1.5, Infinity, 1])
  const { n, mean, max, min } = statisticsOf(pixels, undefined, 1)
  t.same({ n, mean, max, min }, { n: 3, mean: 1, max: 1.5, min: 0.5 })
})

t.test('a frame of one count has no standard deviation to speak of', async t => {
  const pixels = new Float32Array(new SharedArrayBuffer(4000)).fill(0.1)
  t.ok((statisticsOf(pixels, undefined, 0).stddev ?? 1) < 1e-9)
})
