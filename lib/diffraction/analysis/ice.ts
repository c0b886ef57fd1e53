// Rings of hexagonal ice, which frozen water around a crystal leaves on frames.
import type { Spot } from '../task.ts'

/**
 * d-spacings of the ten rings of hexagonal ice that matter, in ångström: those that the documentation of XDS lists for EXCLUDE_RESOLUTION_RANGE
 * (https://xds.mr.mpg.de/html_doc/xds_parameters.html). They follow from a cell of a = 4.4998 Å and c = 7.338 Å.
 */
export const iceSpacings: readonly number[] = [3.897, 3.669, 3.441, 2.671, 2.249, 2.072, 1.948, 1.918, 1.883, 1.721]

/** Half the width of a ring, in 1/d²: per square ångström. */
const halfWidth = 0.001

/** From which to which d-spacing the rings reach, in ångström. In 1/d² all are of one width. */
export const iceBands: ReadonlyArray<readonly [inner: number, outer: number]> = iceSpacings.map(d => [
  1 / Math.sqrt(1 / (d * d) - halfWidth),
  1 / Math.sqrt(1 / (d * d) + halfWidth)
])

/** Whether a d-spacing is on a ring of ice. */
export function isOnIce (d: number): boolean {
  return iceBands.some(([inner, outer]) => d <= inner && d >= outer)
}

/**
 * Share of spots that lie on rings of ice, from 0 to 1. Without ice some 6 % lie there by chance.
 * @returns 0 where no d-spacing is known
 */
export function iceShare (spots: ReadonlyArray<Pick<Spot, 'd'>>): number {
  const known = spots.filter(({ d }) => d !== undefined)
  if (known.length === 0) return 0
  return known.filter(({ d }) => isOnIce(d ?? 0)).length / known.length
}
