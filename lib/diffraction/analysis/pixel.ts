// One pixel of a frame.
import { overloadOf } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Pixel } from '../task.ts'
import type { Geometry } from '../view.ts'
import { checkWhole } from './bounds.ts'
import { spacingAt } from './resolution.ts'

/**
 * Looks at a pixel. Its d-spacing is undefined also where the beam itself would hit.
 * @throws DiffractionError REQUEST where the frame has no such pixel
 */
export function pixelOf (frame: Frame, geometry: Geometry | undefined, x: number, y: number): Pixel {
  checkWhole('x', x, 0, frame.width - 1)
  checkWhole('y', y, 0, frame.height - 1)
  const at = y * frame.width + x
  const count = frame.pixels[at]!
  const isMasked = frame.mask !== undefined && frame.mask[at] !== 0
  const d = geometry === undefined ? undefined : spacingAt(geometry, x, y)
  return {
    count: isMasked ? undefined : count,
    isOverload: !isMasked && count === overloadOf(frame.pixels),
    isMasked,
    d: d !== undefined && Number.isFinite(d) ? d : undefined
  }
}
