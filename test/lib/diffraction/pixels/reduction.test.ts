// Reduction: exactly that of the LS-CAT image server, and the ways that are not.
import t from 'tap'
import fc from 'fast-check'
import { DiffractionError } from '../../../../lib/diffraction/diffraction-error.ts'
import { overloadOf } from '../../../../lib/diffraction/frame.ts'
import type { Frame } from '../../../../lib/diffraction/frame.ts'
import type { Reduced, ReductionMode, Window } from '../../../../lib/diffraction/view.ts'
import { heightOf, joinShares, memoryForReduced, reduce, reduceShare, windowOf } from '../../../../lib/diffraction/pixels/reduction.ts'
import { overloadIn } from '../../../../lib/diffraction/pixels/statistics.ts'
import { addFrames } from '../../../../lib/diffraction/pixels/sums.ts'
import { sized } from '../../../long.ts'
import { anyFrame, detectorFrame, frameOf } from './frames.ts'
import { plainReduction, plainStatistics } from './restatement.ts'
import type { Plain, PlainAsk } from './restatement.ts'

const plain = ({ pixels }: Reduced): Plain[] => Array.from(pixels, each => each === overloadIn(pixels) ? 'overload' : each)

const legacy = (frame: Frame, { zoom, column, row, size }: PlainAsk) => reduce(frame, { part: zoom === 1 ? 'whole' : { zoom, column, row }, width: size, height: size, mode: 'legacy', frames: 1 })

const anyAsk = fc.record({
  zoom: fc.constantFrom(1, 1, 1.1, 2, 3.3, 4, 10),
  column: fc.double({ min: -2, max: 6, noNaN: true }),
  row: fc.double({ min: -2, max: 6, noNaN: true }),
  size: fc.integer({ min: 1, max: 40 })
}).map(ask => ask.zoom === 1 ? { ...ask, column: 0, row: 0 } : ask)

t.test('the legacy mode gives what the algorithm of the LS-CAT image server gives, for any frame, tile and size', async t => {
  fc.assert(fc.property(anyFrame, anyAsk, (frame, ask) => {
    const reduced = legacy(frame, ask)
    const expected = plainReduction(frame, ask)
    const pixels = plain(reduced)
    for (const [at, each] of expected.pixels.entries()) if (pixels[at] !== each) return false
    return reduced.statistics.saturated === expected.met && pixels.length === expected.pixels.length
  }), { numRuns: sized(600, 30_000) })
  t.pass('pixel by pixel')
})

t.test('frames of a detector are reduced the same way', async t => {
  for (const depth of [16, 32] as const) {
    const frame = detectorFrame(1070, 1110, depth)
    for (const ask of [{ zoom: 1, column: 0, row: 0, size: 256 }, { zoom: 1, column: 0, row: 0, size: 333 }, { zoom: 1, column: 0, row: 0, size: 1024 }, { zoom: 2, column: 0.5, row: 1, size: 150 }, { zoom: 4, column: 3.5, row: 1.25, size: 512 }]) {
      const reduced = legacy(frame, ask)
      const expected = plainReduction(frame, ask)
      t.ok(plain(reduced).every((each, at) => each === expected.pixels[at]), `${depth} bits, ${JSON.stringify(ask)}`)
      t.equal(reduced.statistics.saturated, expected.met)
      const { n, mean, rms, stddev, min, max } = plainStatistics(expected.pixels)
      t.match(reduced.statistics, { n, mean, rms, stddev, min, max })
    }
  }
})

t.test('a part that is enlarged repeats its last pixels, and one outside of the frame is masked', async t => {
  const frame = frameOf(3, [1, 2, 3, 4, 5, 6, 7, 8, 9], 32)
  const whole = reduce(frame, { part: 'whole', width: 12, height: 12, mode: 'legacy', frames: 1 })
  t.equal(whole.pixels.at(-1), 9)
  t.equal(whole.mask, undefined)
  const beyond = reduce(frame, { part: { zoom: 3, column: 2.5, row: 7 }, width: 8, height: 8, mode: 'legacy', frames: 1 })
  t.ok(beyond.pixels.every(each => each === 0))
  t.ok(beyond.mask?.every(each => each === 1))
  const edge = reduce(frame, { part: { x: 2, y: 2, width: 2, height: 2 }, width: 2, height: 2, mode: 'max', frames: 1 })
  t.same([...edge.pixels], [9, 0, 0, 0])
  t.same([...edge.mask ?? []], [0, 1, 1, 1])
})

/** What each mode says of the counts of a box, overloads among them, and of none. */
const modes: Record<Exclude<ReductionMode, 'legacy' | 'nearest'>, (counts: Plain[]) => Plain> = {
  max: counts => counts.includes('overload') ? 'overload' : Math.max(...counts as number[]),
  sum: counts => counts.includes('overload') ? 'overload' : Math.min((counts as number[]).reduce((sum, each) => sum + each, 0), 0xfffffffe),
  mean: counts => counts.includes('overload') ? 'overload' : Math.fround((counts as number[]).reduce((sum, each) => sum + each, 0) / counts.length)
}

t.test('the other modes take each pixel of a window once, and leave those out that do not count', async t => {
  const anyWindow = fc.record({ x: fc.integer({ min: -20, max: 80 }), y: fc.integer({ min: -20, max: 80 }), width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 90 }) })
  const anySize = fc.record({ width: fc.integer({ min: 1, max: 30 }), height: fc.integer({ min: 1, max: 30 }) })
  fc.assert(fc.property(anyFrame, anyWindow, anySize, fc.constantFrom(...Object.keys(modes) as (keyof typeof modes)[]), (frame, window, { width, height }, mode) => {
    const reduced = reduce(frame, { part: window, width, height, mode, frames: 1 })
    const found = plain(reduced)
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at++) {
        const counts = countsOf(frame, window, { width, height }, row, column)
        if ((reduced.mask?.[at] ?? 0) !== (counts.length === 0 ? 1 : 0)) return false
        if (found[at] !== (counts.length === 0 ? 0 : modes[mode](counts))) return false
      }
    }
    return true
  }), { numRuns: sized(300, 10_000) })
  t.pass('pixel by pixel')
})

t.test('shares come to the same, in whatever order they are done', async t => {
  const anyReduction = fc.record({
    part: fc.oneof(fc.constant('whole' as const), fc.record({ zoom: fc.integer({ min: 2, max: 5 }), column: fc.integer({ min: -1, max: 5 }), row: fc.integer({ min: -1, max: 5 }) })),
    width: fc.integer({ min: 1, max: 30 }),
    height: fc.integer({ min: 1, max: 30 }),
    mode: fc.constantFrom<ReductionMode>('legacy', 'max', 'mean', 'sum', 'nearest'),
    frames: fc.constant(1)
  })
  fc.assert(fc.property(anyFrame, anyReduction, fc.integer({ min: 1, max: 5 }), (frame, reduction, shares) => {
    const used = memoryForReduced(frame, reduction)
    for (const memory of [used.pixels, used.mask]) new Uint8Array(memory).fill(1)
    const spare = { pixels: new Uint16Array(used.pixels), mask: new Uint8Array(used.mask) }
    // In any order, and in memory of another.
    const memory = memoryForReduced(frame, reduction, spare)
    const done = Array.from({ length: shares }, (_, index) => reduceShare(frame, reduction, shares - 1 - index, shares, memory))
    t.strictSame(joinShares(frame, reduction, memory, done), reduce(frame, reduction))
    t.ok(memory.pixels === used.pixels && memory.mask === used.mask)
  }), { numRuns: sized(300, 10_000) })
})

function countsOf ({ width, height, pixels, mask }: Frame, window: Window, size: { width: number, height: number }, row: number, column: number): Plain[] {
  const range = (index: number, length: number, count: number) => {
    const start = Math.floor(index * length / count)
    return [start, Math.max(start + 1, Math.floor((index + 1) * length / count))] as const
  }
  const [top, bottom] = range(row, window.height, size.height)
  const [left, right] = range(column, window.width, size.width)
  const counts: Plain[] = []
  for (let y = window.y + top; y < window.y + bottom; y++) {
    for (let x = window.x + left; x < window.x + right; x++) {
      if (x < 0 || y < 0 || x >= width || y >= height || mask?.[y * width + x] === 1) continue
      const count = pixels[y * width + x]!
      counts.push(count === overloadOf(pixels) ? 'overload' : count)
    }
  }
  return counts
}

t.test('the nearest pixel is the one under the middle', async t => {
  const frame = frameOf(4, [0, 1, 2, 3, 4, 5, 6, 7], 16, [0, 0, 0, 0, 0, 1, 0, 0])
  const { pixels, mask } = reduce(frame, { part: 'whole', width: 2, height: 2, mode: 'nearest', frames: 1 })
  t.same([...pixels], [1, 3, 0, 7])
  t.same([...mask ?? []], [0, 0, 1, 0])
  t.equal(pixels.BYTES_PER_ELEMENT, 2)
})

t.test('a picture without pixels is refused', async t => {
  const frame = frameOf(2, [1, 2], 16)
  for (const wrong of [{ width: 0 }, { height: 0 }, { width: 1.5 }, { height: NaN }, { part: { zoom: NaN, column: 0, row: 0 } }, { part: { zoom: 2, column: NaN, row: 0 } }, { part: { x: 0, y: 0, width: 0, height: 1 } }]) {
    t.throws(() => reduce(frame, { part: 'whole', width: 8, height: 8, mode: 'legacy', frames: 1, ...wrong }), DiffractionError, JSON.stringify(wrong))
  }
})

t.test('windows are as wide as the frame divided by the zoom', async t => {
  t.same(windowOf({ zoom: 4, column: 1, row: 2 }, 3072, 3070), { x: 768, y: 1534, width: 768, height: 767 })
  t.same(windowOf({ zoom: 2, column: -0.5, row: 0.25 }, 101, 101), { x: -25, y: 12, width: 50, height: 50 })
  t.same(windowOf({ zoom: 1000, column: 0, row: 0 }, 100, 100), { x: 0, y: 0, width: 1, height: 1 })
  t.equal(heightOf(1024, { width: 4150, height: 4371 }), 1079)
  t.equal(heightOf(8, { width: 10000, height: 1 }), 1)
})

t.test('frames are added up: overloads stay, masked pixels of either do not count, sums have an end', async t => {
  const a = frameOf(2, [1, 65535, 3, 4, 5, 6], 16, [0, 0, 1, 0, 0, 0])
  const b = frameOf(2, [10, 20, 30, 0xffffffff, 0xfffffffe, 60], 32, [0, 0, 0, 0, 0, 1])
  const sum = addFrames(a, b)
  t.same([...sum.pixels], [11, 0xffffffff, 33, 0xffffffff, 0xfffffffe, 66])
  t.same([...sum.mask ?? []], [0, 0, 1, 0, 0, 1])
  const again = addFrames(sum, frameOf(2, [1, 1, 1, 1, 1, 1], 16), sum.pixels as Uint32Array<SharedArrayBuffer>)
  t.equal(again.pixels, sum.pixels)
  t.same([...again.pixels], [12, 0xffffffff, 34, 0xffffffff, 0xfffffffe, 67])
  t.throws(() => addFrames(a, frameOf(3, [1, 2, 3], 16)), { code: 'FILE_BROKEN' })
})
