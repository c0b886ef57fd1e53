// Bragg spots on frames of which it is known where they are.
import t from 'tap'
import fc from 'fast-check'
import { findSpots } from '../../../../lib/diffraction/analysis/spot-finder.ts'
import { iceSpacings } from '../../../../lib/diffraction/analysis/ice.ts'
import { radiusOf, spacingAt } from '../../../../lib/diffraction/analysis/resolution.ts'
import type { Frame } from '../../../../lib/diffraction/frame.ts'
import type { Spot } from '../../../../lib/diffraction/task.ts'
import { figure, sized } from '../../../long.ts'
import { addSpots, frameOf, geometryFor, photons, randomFrom, scattered } from './synthetic-frame.ts'
import type { Known } from './synthetic-frame.ts'

/** A frame as a crystal gives it: background that falls outwards, a ring of ice, and spots. */
function crystal (seed: number, width: number, height: number, count: number, strength: (random: () => number) => number, bits: 16 | 32 = 32): { frame: Frame, known: Known[] } {
  const random = randomFrom(seed)
  const { beamX, beamY } = geometryFor(width, height)
  const frame = frameOf(width, height, (x, y) => {
    const radius = Math.hypot(x - beamX, y - beamY)
    return photons(random, 2 + 8 * Math.exp(-((radius / (0.28 * width)) ** 2)) + 6 * Math.exp(-(((radius - 0.22 * width) / 30) ** 2)))
  }, { bits })
  const known = scattered(random, width, height, count, 14).map(place => ({ ...place, photons: strength(random) }))
  addSpots(frame, random, known)
  return { frame, known }
}

const nearest = (spots: readonly Spot[], { x, y }: { x: number, y: number }) =>
  spots.reduce<{ spot: Spot | undefined, away: number }>((best, spot) => {
    const away = Math.hypot(spot.x - x, spot.y - y)
    return away < best.away ? { spot, away } : best
  }, { spot: undefined, away: Infinity })

t.test('spots are found where they are, as strong as they are, and hardly any others', async t => {
  const geometry = geometryFor(1030, 1065)
  const { frame, known } = crystal(11, 1030, 1065, 300, random => 150 * 10 ** (2 * random()))
  const { found, spots } = findSpots(frame, geometry, 1000)
  const missed = known.filter(place => nearest(spots, place).away > 1)
  const strange = spots.filter(spot => nearest(known.map(each => ({ ...each, intensity: 0, snr: 0, pixels: 0, d: 0 })), spot).away > 2)
  t.ok(missed.length <= known.length / 50, `${missed.length} of ${known.length} were missed`)
  t.ok(strange.length <= 3, `${strange.length} are none`)
  t.equal(found, spots.length)
  t.same(spots.map(({ intensity }) => intensity), spots.map(({ intensity }) => intensity).toSorted((one, other) => other - one), 'strongest first')
  for (const place of known.filter(({ photons }) => photons > 2000)) {
    const { spot } = nearest(spots, place)
    t.ok(spot !== undefined && Math.abs(spot.intensity / place.photons - 1) < 0.15, `${spot?.intensity} of ${place.photons} photons`)
    t.equal(spot?.d, spacingAt(geometry, spot?.x ?? 0, spot?.y ?? 0))
  }
})

t.test('background alone has next to no spots, however low or high it is', async t => {
  for (const expected of [0, 0.01, 0.1, 0.5, 2, 20, 500, 20000]) {
    const random = randomFrom(Math.round(100 * expected) + 1)
    const { found } = findSpots(frameOf(700, 700, () => photons(random, expected)), undefined, 100)
    t.ok(found <= 1, `${found} of a mean of ${expected}`)
  }
})

t.test('the limit cuts off the weakest, not what is found', async t => {
  const { frame } = crystal(5, 600, 600, 120, random => 400 + 4000 * random())
  const all = findSpots(frame, undefined, 10_000)
  const few = findSpots(frame, undefined, 10)
  t.equal(few.found, all.found)
  t.same(few.spots, all.spots.slice(0, 10))
  t.equal(few.ice, undefined)
  t.same(all.spots.map(({ d }) => d).filter(d => d !== undefined), [])
})

t.test('masked pixels are no spots, and spots beside them are found', async t => {
  const random = randomFrom(8)
  const isMasked = (x: number) => x >= 200 && x < 216
  const frame = frameOf(400, 300, () => photons(random, 4), { isMasked })
  addSpots(frame, random, [{ x: 194, y: 150, photons: 900 }, { x: 221, y: 80, photons: 900 }])
  for (let at = 0; at < frame.pixels.length; at++) if (frame.mask?.[at] === 1) frame.pixels[at] = 0xffffffff
  const { spots } = findSpots(frame, undefined, 100)
  t.equal(spots.length, 2)
  t.ok(nearest(spots, { x: 194, y: 150 }).away < 1)
  t.ok(nearest(spots, { x: 221, y: 80 }).away < 1)
  const all = frameOf(100, 100, () => 0xffff, { bits: 16, isMasked: () => true })
  t.match(findSpots(all, undefined, 10), { spots: [], found: 0 })
})

t.test('a spot whose middle is overloaded is one spot at its place; overloads alone are none', async t => {
  for (const bits of [16, 32] as const) {
    const random = randomFrom(9)
    const overload = bits === 16 ? 0xffff : 0xffffffff
    const frame = frameOf(200, 200, () => photons(random, 5), { bits })
    addSpots(frame, random, [{ x: 60.3, y: 70.6, photons: 30000 }], 2)
    for (let at = 0; at < frame.pixels.length; at++) if (frame.pixels[at]! > 900) frame.pixels[at] = overload
    for (const [x, y] of [[150, 150], [151, 150], [150, 151], [151, 151]] as const) frame.pixels[y * 200 + x] = overload
    const { spots } = findSpots(frame, undefined, 100)
    t.equal(spots.length, 1, `${bits} bit`)
    t.ok(Math.hypot(spots[0]!.x - 60.3, spots[0]!.y - 70.6) < 0.5)
    t.ok(spots[0]!.intensity > 10000 && spots[0]!.intensity < 30000, String(spots[0]!.intensity))
  }
})

t.test('single hot pixels, large patches and edges are no spots', async t => {
  const random = randomFrom(12)
  const frame = frameOf(500, 500, (x, y) => photons(random, x > 250 ? 400 : Math.hypot(x - 100, y - 100) < 40 ? 3000 : 6))
  for (let hot = 0; hot < 50; hot++) frame.pixels[(10 * hot + 3) * 500 + 350] = 100000
  const { found, spots } = findSpots(frame, undefined, 100)
  t.equal(found, 0, JSON.stringify(spots.slice(0, 3)))
})

t.test('spots on rings of ice are told by their share', async t => {
  const geometry = { ...geometryFor(1000, 1000), distance: 0.1, pixelWidth: 1.72e-4, pixelHeight: 1.72e-4 }
  const share = (spacings: readonly number[]) => {
    const random = randomFrom(21)
    const frame = frameOf(1000, 1000, () => photons(random, 3))
    const known = spacings.flatMap(d => Array.from({ length: 12 }, (_, spot) => {
      const radius = (radiusOf(geometry, d) ?? NaN) / geometry.pixelWidth
      const angle = 2 * Math.PI * (spot + 0.3) / 12
      return { x: geometry.beamX + radius * Math.cos(angle), y: geometry.beamY + radius * Math.sin(angle), photons: 2000 }
    }))
    addSpots(frame, random, known)
    return findSpots(frame, geometry, 1000).ice ?? NaN
  }
  t.ok(share(iceSpacings.slice(0, 6)) > 0.95)
  t.ok(share([10, 6, 5, 3.1, 2.5, 2.15]) < 0.05)
})

t.test('frames of any size and content are looked at, and every spot is in the frame', async () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 80 }), fc.integer(), fc.double({ min: 0, max: 0.2, noNaN: true }), (width, height, seed, share) => {
    const random = randomFrom(seed)
    const frame = frameOf(width, height, () => random() < share ? Math.floor(random() * 2 ** 32) : photons(random, 3), { isMasked: () => random() < 0.1 })
    const { found, spots } = findSpots(frame, geometryFor(width, height), 50)
    return spots.length === Math.min(found, 50) && spots.every(({ intensity, pixels, snr, x, y }) =>
      x >= 0 && x <= width - 1 && y >= 0 && y <= height - 1 && Number.isFinite(intensity) && intensity > 0 && snr >= 3 && pixels >= 3)
  }), { numRuns: sized(100, 5000) })
})

t.test('no spots, and too many, cannot be asked for', async t => {
  for (const limit of [0, -1, 0.5, NaN, 100_001]) t.throws(() => findSpots(frameOf(3, 3, () => 0), undefined, limit), { code: 'REQUEST' }, String(limit))
})

t.test('a hostile frame takes not much longer than one of a crystal', async t => {
  const [width, height] = [sized(1040, 4150), sized(1090, 4371)]
  const random = randomFrom(3)
  const frames = {
    crystal: crystal(2, width, height, sized(60, 600), each => 300 + 3000 * each()).frame,
    chessboard: frameOf(width, height, (x, y) => (x + y) % 2 * 4e9),
    // As many as can stand out, in combs that all join in the last row.
    combs: frameOf(width, height, (x, y) => x % 12 === 0 || y % 64 === 63 ? 1000 : 0),
    dust: frameOf(width, height, () => random() < 0.08 ? 1e6 : 0)
  }
  const times = Object.fromEntries(Object.entries(frames).map(([name, frame]) => {
    findSpots(frame, undefined, 1000)
    const start = performance.now()
    findSpots(frame, undefined, 1000)
    return [name, performance.now() - start]
  }))
  figure(t, 'spots', Object.entries(times).map(([name, time]) => `${name} ${Math.round(time)} ms`).join(', '))
  // Something quadratic would take hundreds of times as long.
  for (const [name, time] of Object.entries(times)) t.ok(time < 25 * times.crystal!, `${name}: ${(time / times.crystal!).toFixed(1)} times`)
})
