// How often each count occurs.
import t from 'tap'
import fc from 'fast-check'
import { histogramOf } from '../../../../lib/diffraction/analysis/histogram.ts'
import { frameOf } from './synthetic-frame.ts'

t.test('counts fall into classes of equal width; the last has the largest count too', async t => {
  const frame = frameOf(11, 1, x => x)
  t.same(histogramOf(frame, 5), { borders: [0, 2, 4, 6, 8, 10], counts: [2, 2, 2, 2, 3], overloads: 0, masked: 0 })
})

t.test('overloads and masked pixels are counted apart', async t => {
  const frame = frameOf(6, 1, x => x < 2 ? 0xffff : x, { bits: 16, isMasked: x => x === 0 || x === 5 })
  t.same(histogramOf(frame, 2), { borders: [2, 3, 4], counts: [1, 2], overloads: 1, masked: 2 })
})

t.test('one count alone, or none, still has classes', async t => {
  t.same(histogramOf(frameOf(3, 3, () => 7), 2), { borders: [7, 7.5, 8], counts: [9, 0], overloads: 0, masked: 0 })
  t.same(histogramOf(frameOf(2, 2, () => 7, { isMasked: () => true }), 1), { borders: [0, 1], counts: [0], overloads: 0, masked: 4 })
})

t.test('no class, and too many, are refused', async t => {
  for (const bins of [0, -1, 1.5, NaN, 65537]) t.throws(() => histogramOf(frameOf(2, 2, () => 1), bins), { code: 'REQUEST' }, String(bins))
})

t.test('each pixel is in one place, and in a class that its count belongs to', async () => {
  const pixels = fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.nat(), fc.constant(0xffffffff)), fc.boolean()), { minLength: 1, maxLength: 60 })
  fc.assert(fc.property(pixels, fc.integer({ min: 1, max: 50 }), (all, bins) => {
    const frame = frameOf(all.length, 1, x => all[x]![0], { isMasked: x => all[x]![1] })
    const { borders, counts, masked, overloads } = histogramOf(frame, bins)
    const counted = all.filter(([count, isMasked]) => !isMasked && count !== 0xffffffff).map(([count]) => count)
    // Up to each border as many as the definition says, but for those that rounding puts right at it.
    const width = borders[1]! - borders[0]!
    let sum = 0
    for (let bin = 0; bin < bins; bin++) {
      sum += counts[bin]!
      const surely = counted.filter(count => count < borders[bin + 1]! - 1e-6 * width).length
      const maybe = counted.filter(count => count <= borders[bin + 1]! + 1e-6 * width).length
      if (sum < surely || sum > maybe) return false
    }
    return borders.length === bins + 1 && sum === counted.length && masked + overloads + sum === all.length
  }))
})
