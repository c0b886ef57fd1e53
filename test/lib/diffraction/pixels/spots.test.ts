// The count of pixels that stand out.
import t from 'tap'
import { reduce } from '../../../../lib/diffraction/pixels/reduction.ts'
import { countSpots } from '../../../../lib/diffraction/pixels/spots.ts'
import { frameOf, numbers } from './frames.ts'

const field = (peaks: number[], peak: number) => {
  const next = numbers(5)
  const counts = Array.from({ length: 64 * 64 }, () => 20 + next() % 3)
  for (const at of peaks) counts[at] = peak
  return reduce(frameOf(64, counts, 32), { part: 'whole', width: 64, height: 64, mode: 'legacy', frames: 1 })
}

t.test('pixels far above the mean of their ring are counted, wherever the beam is', async t => {
  const peaks = [70, 1000, 2000, 3000, 4000]
  for (const beam of [{ x: 32, y: 32 }, { x: 3, y: 60 }, { x: -40, y: 20 }, { x: 900, y: -500 }]) {
    t.equal(countSpots(field([], 0), beam), 0, JSON.stringify(beam))
    t.equal(countSpots(field(peaks, 5000), beam), 5)
  }
})

t.test('overloads are counted', async t => {
  t.equal(countSpots(field([70, 1000], 0xffffffff), { x: 32, y: 32 }), 2)
})

t.test('a beam that is nowhere counts as some', async t => {
  t.ok(Number.isInteger(countSpots(field([70], 5000), { x: 0, y: 0 })))
  t.ok(Number.isInteger(countSpots(field([70], 5000), { x: NaN, y: 1e300 })))
})
