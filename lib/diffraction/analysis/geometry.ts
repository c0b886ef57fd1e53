// Reads from metadata where rays hit the detector, whatever names and units the format has for it.
import type { Metadata, MetadataValue } from '../metadata.ts'
import type { Geometry } from '../view.ts'

/** Where the beam would hit the detector, in pixels of the frame; the middle of its first pixel is 0, 0. */
export interface Beam {
  readonly x: number
  readonly y: number
}

/** Planck's constant times the speed of light, in electronvolts times ångström: exact since 2019 (https://physics.nist.gov/cuu/Constants/). */
const energyTimesWavelength = 12398.41984332

/** Metres in a unit of length, as formats and UCUM write them. */
const lengths: Readonly<Record<string, number>> = {
  __proto__: null as never,
  m: 1,
  cm: 1e-2,
  mm: 1e-3,
  um: 1e-6,
  µm: 1e-6,
  micron: 1e-6,
  nm: 1e-9,
  Ao: 1e-10,
  Å: 1e-10,
  A: 1e-10,
  angstrom: 1e-10,
  Angstrom: 1e-10,
  angstroms: 1e-10,
  pm: 1e-12,
  fm: 1e-15
}

/** Electronvolts in a unit of energy. */
const energies: Readonly<Record<string, number>> = { __proto__: null as never, eV: 1, keV: 1e3, MeV: 1e6 }

/**
 * Where rays hit the detector: from `wavelength` or `photon_energy`, `detector_distance` or `distance`, `beam_center_x`, `beam_center_y`, `x_pixel_size` and `y_pixel_size`.
 * Without a unit a wavelength is in ångström, an energy in electronvolts, a beam in pixels, all else in metres.
 * @returns undefined where one of these is missing, or is no number, not finite, or 0 or less (of the beam: both numbers)
 */
export function geometryOf (metadata: Metadata): Geometry | undefined {
  const wavelength = wavelengthOf(metadata)
  const distance = lengthOf(metadata, 'detector_distance') ?? lengthOf(metadata, 'distance')
  const pixelWidth = lengthOf(metadata, 'x_pixel_size')
  const pixelHeight = lengthOf(metadata, 'y_pixel_size')
  const beam = beamOf(metadata)
  if (wavelength === undefined || distance === undefined || pixelWidth === undefined || pixelHeight === undefined || beam === undefined) return undefined
  return { wavelength, distance, beamX: beam.x, beamY: beam.y, pixelWidth, pixelHeight }
}

/** Where the beam would hit, from `beam_center_x` and `beam_center_y` alone; undefined where they are missing, no finite numbers, or both 0 or less, which is how programs write that they do not know. */
export function beamOf (metadata: Metadata): Beam | undefined {
  const x = inPixels(metadata, 'beam_center_x', 'x_pixel_size')
  const y = inPixels(metadata, 'beam_center_y', 'y_pixel_size')
  if (x === undefined || y === undefined || (x <= 0 && y <= 0)) return undefined
  return { x, y }
}

function wavelengthOf (metadata: Metadata): number | undefined {
  const wavelength = lengthOf(metadata, 'wavelength', 1e-10)
  if (wavelength !== undefined) return wavelength * 1e10
  const energy = positive(numberOf(metadata, 'photon_energy'))
  const scale = unitOf(metadata, 'photon_energy', energies, 1)
  return energy === undefined || scale === undefined ? undefined : positive(energyTimesWavelength / (energy * scale))
}

/** A length in metres that is above 0. */
function lengthOf (metadata: Metadata, name: string, standard = 1): number | undefined {
  const length = positive(numberOf(metadata, name))
  const scale = unitOf(metadata, name, lengths, standard)
  return length === undefined || scale === undefined ? undefined : positive(length * scale)
}

/** A place on the detector in pixels, which some formats give as a length. */
function inPixels (metadata: Metadata, name: string, pixel: string): number | undefined {
  const place = numberOf(metadata, name)
  const unit = metadata[name]?.unit
  if (place === undefined || unit === undefined || /^(px|pixels?)$/.test(unit)) return place
  const scale = lengths[unit]
  const size = lengthOf(metadata, pixel)
  if (scale === undefined || size === undefined) return undefined
  const pixels = place * scale / size
  return Number.isFinite(pixels) ? pixels : undefined
}

/** What an item is in the unit wanted is its number times this; undefined for a unit that is not known. */
function unitOf (metadata: Metadata, name: string, units: Readonly<Record<string, number>>, standard: number): number | undefined {
  const unit = metadata[name]?.unit
  return unit === undefined || unit === '' ? standard : units[unit]
}

/** The number of an item, or the first of its list. */
function numberOf (metadata: Metadata, name: string): number | undefined {
  let value: MetadataValue | undefined = metadata[name]?.value
  while (typeof value === 'object') value = value[0]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function positive (number: number | undefined): number | undefined {
  return number !== undefined && number > 0 && Number.isFinite(number) ? number : undefined
}
