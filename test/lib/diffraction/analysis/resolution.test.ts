// Bragg's law on a flat detector, there and back.
import t from 'tap'
import fc from 'fast-check'
import { radiusOf, spacingAt, spacingOf, usualRings } from '../../../../lib/diffraction/analysis/resolution.ts'
import { geometryFor } from './synthetic-frame.ts'

const geometry = geometryFor(4150, 4371)

t.test('a place has the d-spacing that the definition gives', async t => {
  const [x, y] = [geometry.beamX + 1200, geometry.beamY - 900]
  const twoTheta = Math.atan(1500 * 7.5e-5 / 0.25)
  t.ok(Math.abs(spacingAt(geometry, x, y) - 0.97919 / (2 * Math.sin(twoTheta / 2))) < 1e-12)
  t.equal(spacingAt(geometry, geometry.beamX, geometry.beamY), Infinity)
})

t.test('pixels that are not square count with their own lengths', async t => {
  const oblong = { ...geometry, pixelHeight: 3 * geometry.pixelWidth }
  t.ok(Math.abs(spacingAt(oblong, oblong.beamX + 300, oblong.beamY) - spacingAt(oblong, oblong.beamX, oblong.beamY + 100)) < 1e-9)
})

t.test('a ring lies where its d-spacing is', async t => {
  fc.assert(fc.property(fc.double({ min: 0.7, max: 500, noNaN: true }), fc.double({ min: 0.05, max: 2, noNaN: true }), (d, distance) => {
    const at = { ...geometry, distance }
    const radius = radiusOf(at, d)
    return radius !== undefined && Math.abs(spacingOf(at, radius) / d - 1) < 1e-9
  }))
  const radii = usualRings.map(d => radiusOf(geometry, d) ?? NaN)
  t.same(radii, radii.toSorted((one, other) => one - other))
})

t.test('what no detector in front can see has no ring, nor has what is no d-spacing', async t => {
  for (const d of [0.97919 / 2, 0.97919 / Math.SQRT2, 0, -1, NaN]) t.equal(radiusOf(geometry, d), undefined, String(d))
  t.equal(radiusOf(geometry, Infinity), 0)
})
