// Where rays hit the detector, from what different formats say of it.
import t from 'tap'
import type { Test } from 'tap'
import fc from 'fast-check'
import { beamOf, geometryOf } from '../../../../lib/diffraction/analysis/geometry.ts'
import type { Metadata, MetadataItem, MetadataValue } from '../../../../lib/diffraction/metadata.ts'

const real = (value: MetadataValue, unit?: string): MetadataItem => ({ kind: 'real', value, ...unit !== undefined && { unit } })

const metadataOf = (items: Record<string, MetadataItem>): Metadata => Object.assign(Object.create(null) as Record<string, MetadataItem>, items)

const eiger = {
  wavelength: real(0.97919, 'Ao'),
  photon_energy: real(12662, 'eV'),
  detector_distance: real(0.25, 'm'),
  beam_center_x: real(2086.5, 'px'),
  beam_center_y: real(2178.25, 'px'),
  x_pixel_size: real(7.5e-5, 'm'),
  y_pixel_size: real(7.5e-5, 'm')
}

const expected = { wavelength: 0.97919, distance: 0.25, beamX: 2086.5, beamY: 2178.25, pixelWidth: 7.5e-5, pixelHeight: 7.5e-5 }

const isNear = (t: Test, geometry: object | undefined, wanted: Record<string, number>) => {
  t.same(Object.keys(geometry ?? {}).sort(), Object.keys(wanted).sort())
  for (const [name, value] of Object.entries(geometry ?? {})) t.ok(Math.abs(value - wanted[name]!) <= 1e-6 * Math.abs(wanted[name]!), `${name}: ${value}`)
}

t.test('an Eiger says all in the usual units', async t => {
  isNear(t, geometryOf(metadataOf(eiger)), expected)
})

t.test('without units the usual ones are meant', async t => {
  isNear(t, geometryOf(metadataOf(Object.fromEntries(Object.entries(eiger).map(([name, { value }]) => [name, real(value)])))), expected)
})

t.test('other units are converted, and a beam as a length becomes pixels', async t => {
  isNear(t, geometryOf(metadataOf({
    wavelength: real(97.919, 'pm'),
    detector_distance: real(250, 'mm'),
    beam_center_x: real(2086.5 * 0.075, 'mm'),
    beam_center_y: real(2178.25 * 0.075, 'mm'),
    x_pixel_size: real(75, 'um'),
    y_pixel_size: real(0.075, 'mm')
  })), expected)
})

t.test('the energy stands in for a missing wavelength, and NXmx calls the distance otherwise', async t => {
  const { wavelength, detector_distance: distance, ...others } = eiger
  isNear(t, geometryOf(metadataOf({ ...others, distance, photon_energy: real(12.39841984, 'keV') })), { ...expected, wavelength: 1 })
  isNear(t, geometryOf(metadataOf({ ...others, distance, wavelength: real(0) })), { ...expected, wavelength: 12398.41984 / 12662 })
})

t.test('lists of one stand for what is in them', async t => {
  isNear(t, geometryOf(metadataOf({ ...eiger, detector_distance: real([[0.25]], 'm') })), expected)
})

t.test('what is missing, no number, not finite, 0 or less makes the geometry unknown', async t => {
  for (const name of ['detector_distance', 'beam_center_x', 'beam_center_y', 'x_pixel_size', 'y_pixel_size']) {
    t.equal(geometryOf(metadataOf(Object.fromEntries(Object.entries(eiger).filter(([each]) => each !== name)))), undefined, `no ${name}`)
    for (const value of ['0.25', NaN, Infinity, []]) t.equal(geometryOf(metadataOf({ ...eiger, [name]: real(value) })), undefined, `${name} is ${JSON.stringify(value)}`)
  }
  for (const name of ['detector_distance', 'x_pixel_size', 'y_pixel_size']) {
    for (const value of [0, -1]) t.equal(geometryOf(metadataOf({ ...eiger, [name]: real(value) })), undefined, `${name} is ${value}`)
  }
  t.equal(geometryOf(metadataOf({ ...eiger, detector_distance: real(0.25, 'furlong') })), undefined)
  t.equal(geometryOf(metadataOf({ ...eiger, detector_distance: real(0.25, 'constructor') })), undefined)
  t.equal(geometryOf(metadataOf({ ...eiger, beam_center_x: real(0), beam_center_y: real(0) })), undefined)
  t.equal(geometryOf(metadataOf({})), undefined)
})

t.test('the beam alone is known where the rest is not, also beside the detector', async t => {
  t.same(beamOf(metadataOf({ beam_center_x: real(-20), beam_center_y: real(7) })), { x: -20, y: 7 })
  t.equal(beamOf(metadataOf({ beam_center_x: real(-1), beam_center_y: real(-1) })), undefined)
})

t.test('whatever the metadata say, a geometry has only finite numbers, and lengths above 0', async () => {
  const item = fc.record({ kind: fc.constant('real' as const), value: fc.oneof(fc.double(), fc.string(), fc.array(fc.double(), { maxLength: 2 })), unit: fc.option(fc.constantFrom('m', 'mm', 'Ao', 'px', 'eV', 'keV', '__proto__', ''), { nil: undefined }) })
  fc.assert(fc.property(fc.record(Object.fromEntries(Object.keys(eiger).map(name => [name, item]))), items => {
    const geometry = geometryOf(metadataOf(items as Record<string, MetadataItem>))
    if (geometry === undefined) return true
    const { distance, pixelHeight, pixelWidth, wavelength } = geometry
    return Object.values(geometry).every(Number.isFinite) && [distance, pixelHeight, pixelWidth, wavelength].every(each => each > 0)
  }))
})
