// Mean count by distance from the beam, which shows rings of ice and powder, and how the background falls.
import { DiffractionError } from '../diffraction-error.ts'
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { RadialProfile } from '../task.ts'
import type { Geometry } from '../view.ts'
import { checkWhole } from './bounds.ts'
import type { Beam } from './geometry.ts'
import { mostBins } from './histogram.ts'
import { spacingOf } from './resolution.ts'

/**
 * Means of rings of equal width, from the beam to the farthest corner; masked pixels and overloads are left out. A pixel belongs to the ring that its middle is in.
 * Where pixels are not square, distances are in widths of a pixel.
 * @param beam - where the beam would hit, where the geometry is not known
 * @throws DiffractionError REQUEST for no or too many bins, or where nothing says where the beam would hit
 */
export function radialProfileOf (frame: Frame, geometry: Geometry | undefined, bins: number, beam?: Beam): RadialProfile {
  checkWhole('bins', bins, 1, mostBins)
  const x = geometry?.beamX ?? beam?.x
  const y = geometry?.beamY ?? beam?.y
  if (x === undefined || y === undefined) throw new DiffractionError('REQUEST', 'The file does not say where the beam would hit the detector, without which there is no radial profile.')
  const aspect = geometry === undefined ? 1 : geometry.pixelHeight / geometry.pixelWidth
  const farthest = Math.hypot(Math.max(Math.abs(x), Math.abs(frame.width - 1 - x)), Math.max(Math.abs(y), Math.abs(frame.height - 1 - y)) * aspect)
  const { sums, counted } = sumRings(frame, x, y, aspect, bins, farthest)
  const radii = Array.from({ length: bins }, (_, ring) => (ring + 0.5) * farthest / bins)
  return {
    radii,
    d: geometry === undefined ? undefined : radii.map(radius => spacingOf(geometry, radius * geometry.pixelWidth)),
    means: Array.from(sums, (sum, ring) => counted[ring] === 0 ? null : sum / counted[ring]!)
  }
}

function sumRings ({ height, mask, pixels, width }: Frame, beamX: number, beamY: number, aspect: number, bins: number, farthest: number): { sums: Float64Array, counted: Uint32Array } {
  const overload = overloadOf(pixels)
  const sums = new Float64Array(bins)
  const counted = new Uint32Array(bins)
  const scale = bins / (farthest > 0 ? farthest : 1)
  const last = bins - 1
  for (let row = 0; row < height; row++) {
    const dy = (row - beamY) * aspect
    const start = row * width
    for (let column = 0; column < width; column++) {
      const count = pixels[start + column]!
      if (count === overload || (mask !== undefined && mask[start + column] !== 0)) continue
      const dx = column - beamX
      const place = Math.sqrt(dx * dx + dy * dy) * scale
      const ring = place < last ? place >>> 0 : last
      sums[ring]! += count
      counted[ring]!++
    }
  }
  return { sums, counted }
}
