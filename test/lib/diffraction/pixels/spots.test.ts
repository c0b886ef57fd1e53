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

t.test('rings are those that each pixel is found in by itself', async t => {
  const next = numbers(11)
  for (const [width, height] of [[64, 48], [33, 65], [1, 7], [5, 1]] as const) {
    for (const beam of [{ x: width / 2, y: height / 2 }, { x: 0, y: 0 }, { x: width * 3, y: -height }, { x: -7.5, y: height / 3 }, { x: width - 0.25, y: height - 0.75 }, { x: NaN, y: 3 }]) {
      const counts = Array.from({ length: width * height }, () => next() % 97 === 0 ? 0xffffffff : next() % 40 === 0 ? next() % 3000 : next() % 9)
      const reduced = reduce(frameOf(width, counts, 32), { part: 'whole', width, height, mode: 'nearest', frames: 1 })
      t.equal(countSpots(reduced, beam), countOneByOne(counts, width, height, beam), `${width} × ${height}, beam at ${beam.x}, ${beam.y}`)
    }
  }
})

/** The same count, in which each pixel finds its ring by itself. */
function countOneByOne (counts: readonly number[], width: number, height: number, { x, y }: { x: number, y: number }): number {
  const squares = (place: number, size: number) => {
    const [first, last] = [place * place, (size - place) * (size - place)]
    return { near: place >= 0 && place < size ? 0 : Math.min(first, last), far: Math.max(first, last) }
  }
  const [across, down] = [squares(x, width), squares(y, height)]
  const near = across.near + down.near
  const area = (across.far + down.far - near) / 16
  const rings = counts.map((_, at) => {
    const ring = ((at % width - x) ** 2 + (Math.floor(at / width) - y) ** 2 - near) / area
    return ring >= 16 ? 15 : ring >= 0 ? Math.trunc(ring) : 0
  })
  const levels = Array.from({ length: 16 }, (_, ring) => {
    const seen = counts.filter((count, at) => rings[at] === ring && count !== 0xffffffff)
    const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length
    return seen.length === 0 ? 0 : mean(seen) + 1.5 * Math.sqrt(mean(seen.map(each => each * each)))
  })
  return counts.filter((count, at) => count > levels[rings[at]!]!).length
}
