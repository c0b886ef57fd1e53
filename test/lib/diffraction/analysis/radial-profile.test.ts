// Means by distance from the beam.
import t from 'tap'
import fc from 'fast-check'
import { radialProfileOf } from '../../../../lib/diffraction/analysis/radial-profile.ts'
import { spacingOf } from '../../../../lib/diffraction/analysis/resolution.ts'
import { frameOf, geometryFor, photons, randomFrom } from './synthetic-frame.ts'

t.test('a ring on the frame is where the profile is highest', async t => {
  const random = randomFrom(4)
  const geometry = geometryFor(500, 520)
  const frame = frameOf(500, 520, (x, y) => photons(random, 3 + 20 * Math.exp(-(((Math.hypot(x - geometry.beamX, y - geometry.beamY) - 140) / 4) ** 2))))
  const { d, means, radii } = radialProfileOf(frame, geometry, 120)
  const highest = means.indexOf(Math.max(...means.map(mean => mean ?? 0)))
  t.ok(Math.abs(radii[highest]! - 140) < 4, `at ${radii[highest]}`)
  t.equal(d?.[highest], spacingOf(geometry, radii[highest]! * geometry.pixelWidth))
  t.ok(Math.abs((means[20] ?? NaN) - 3) < 0.5)
})

t.test('overloads and masked pixels are left out, and a ring without others has no mean', async t => {
  const frame = frameOf(41, 41, (x, y) => Math.hypot(x - 20, y - 20) < 10 ? 0xffff : 5, { bits: 16, isMasked: (x, y) => Math.hypot(x - 20, y - 20) > 20 })
  const { means, radii } = radialProfileOf(frame, { ...geometryFor(41, 41), beamX: 20, beamY: 20 }, 28)
  for (const [ring, radius] of radii.entries()) t.equal(means[ring], radius < 9 || radius > 21 ? null : radius > 11 && radius < 19 ? 5 : means[ring], `${radius}`)
})

t.test('with a beam alone there are radii but no d-spacings; with nothing it is refused', async t => {
  const frame = frameOf(30, 20, () => 2)
  t.match(radialProfileOf(frame, undefined, 3, { x: 0, y: 0 }), { d: undefined, means: [2, 2, 2] })
  t.throws(() => radialProfileOf(frame, undefined, 3), { code: 'REQUEST' })
  t.throws(() => radialProfileOf(frame, geometryFor(30, 20), 0), { code: 'REQUEST' })
})

t.test('a frame of one count has that mean in each ring that has pixels, wherever the beam is', async () => {
  const place = fc.double({ min: -200, max: 200, noNaN: true })
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), place, place, fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.5, max: 2, noNaN: true }), (width, height, beamX, beamY, bins, aspect) => {
    const geometry = { ...geometryFor(width, height), beamX, beamY, pixelHeight: 7.5e-5 * aspect }
    const { means, radii } = radialProfileOf(frameOf(width, height, () => 7), geometry, bins)
    return means.length === bins && radii.length === bins && means.some(mean => mean === 7) && means.every(mean => mean === null || mean === 7)
  }))
})
