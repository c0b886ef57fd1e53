// Which counts are black and white.
import t from 'tap'
import fc from 'fast-check'
import { levelsOf, percentilesOf } from '../../../../lib/diffraction/pixels/levels.ts'
import { statisticsOf } from '../../../../lib/diffraction/pixels/statistics.ts'
import type { Reduced } from '../../../../lib/diffraction/view.ts'
import { counts16, counts32, maskOf, means } from './frames.ts'
import { plainLevels } from './restatement.ts'

const reduced = (pixels: Reduced['pixels'], mask?: Uint8Array<SharedArrayBuffer>) => ({ pixels, mask, statistics: statisticsOf(pixels, mask, 0) })

t.test('levels are those of the LS-CAT image server', async t => {
  fc.assert(fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 300 }), fc.nat(300), fc.boolean(), fc.boolean(), (list, black, white, hasBlack, hasWhite) => {
    const given = reduced(counts32(list))
    const { mean = NaN, stddev = NaN } = given.statistics
    const levels = levelsOf(given, { ...(hasBlack && { black }), ...(hasWhite && { white }) })
    const expected = plainLevels({ mean, stddev }, hasBlack ? black : 0, hasWhite ? white : -1)
    return levels.black === expected.black && levels.white === expected.white
  }))
  t.pass('for any counts')
})

t.test('a frame of overloads alone has levels', async t => {
  t.same(levelsOf(reduced(counts16([65535])), {}), { white: 0, black: 1 })
})

t.test('levels of means are not cut to whole numbers', async t => {
  const { black, white } = levelsOf(reduced(means([0.25, 0.75])), {})
  t.same([white, black], [0.25, 0.75])
})

t.test('percentiles are counts of the frame, without overloads and masked pixels', async t => {
  for (const [kind, list] of [['16', counts16([9, 1, 5, 3, 7, 65535])], ['32', counts32([9, 1, 5, 3, 7, 0xffffffff])], ['mean', means([9, 1, 5, 3, 7, Infinity])]] as const) {
    t.same(percentilesOf({ pixels: list, mask: undefined }, [0, 100]), [1, 9], kind)
    t.same(percentilesOf({ pixels: list, mask: undefined }, [20, 21]), [1, 3], kind)
    t.same(percentilesOf({ pixels: list, mask: maskOf([1, 0, 0, 0, 0, 0]) }, [50, 100]), [3, 7], kind)
  }
  t.same(percentilesOf({ pixels: counts32([0xffffffff]), mask: undefined }, [1, 99]), [0, 0])
})

t.test('percentiles agree with sorting', async t => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.nat(20), fc.nat(0xfffffffe), fc.nat(0x20000)), { minLength: 1, maxLength: 60 }), fc.double({ min: 0, max: 100, noNaN: true }), (list, percentage) => {
    const sorted = list.toSorted((a, b) => a - b)
    const expected = sorted[Math.max(1, Math.ceil(percentage / 100 * list.length)) - 1]
    return percentilesOf({ pixels: counts32(list), mask: undefined }, [percentage, percentage])[0] === expected
  }))
  t.pass('for any counts')
})

t.test('what is stated goes before percentiles', async t => {
  t.same(levelsOf(reduced(counts16([10, 20, 30, 40])), { percentiles: [25, 75], black: 90 }), { white: 10, black: 90 })
  t.same(levelsOf(reduced(counts16([10, 20, 30, 40])), { percentiles: [25, 75] }), { white: 10, black: 30 })
})
