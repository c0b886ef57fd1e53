// What distance of lattice planes a place on the detector shows, and where one shows: Bragg's law for a flat detector that stands square to the beam.
import type { Geometry } from '../view.ts'

/** Rings that are drawn where nobody says which, as d-spacings in ångström. */
export const usualRings: readonly number[] = [20, 10, 6, 4, 3, 2.5, 2, 1.75, 1.5, 1.25, 1, 0.8]

/**
 * The d-spacing that a ray to a place has: wavelength / (2 sin θ), where tan 2θ is its distance from the beam over that of the detector.
 * @param x - pixels of the frame, from the middle of its first pixel
 * @returns ångström; Infinity where the beam itself would hit
 */
export function spacingAt (geometry: Geometry, x: number, y: number): number {
  return spacingOf(geometry, Math.hypot((x - geometry.beamX) * geometry.pixelWidth, (y - geometry.beamY) * geometry.pixelHeight))
}

/**
 * The d-spacing at a distance from the beam.
 * @param radius - metres on the detector
 * @returns ångström; Infinity for 0
 */
export function spacingOf ({ distance, wavelength }: Geometry, radius: number): number {
  return wavelength / (2 * Math.sin(Math.atan2(radius, distance) / 2))
}

/**
 * How far from the beam a d-spacing is seen.
 * @param d - ångström
 * @returns metres on the detector; undefined where such a ray never meets the plane of the detector, or for what is no d-spacing
 */
export function radiusOf ({ distance, wavelength }: Geometry, d: number): number | undefined {
  const sine = wavelength / (2 * d)
  // Beyond 45° the ray goes sideways or back.
  if (!(d > 0) || !(sine < Math.SQRT1_2)) return undefined
  const radius = distance * Math.tan(2 * Math.asin(sine))
  return Number.isFinite(radius) ? radius : undefined
}
