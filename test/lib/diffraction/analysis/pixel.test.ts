// One pixel: its count, whether it counts, and its d-spacing.
import t from 'tap'
import { pixelOf } from '../../../../lib/diffraction/analysis/pixel.ts'
import { spacingAt } from '../../../../lib/diffraction/analysis/resolution.ts'
import { frameOf } from './synthetic-frame.ts'

const geometry = { wavelength: 1, distance: 0.1, beamX: 3, beamY: 2, pixelWidth: 1e-4, pixelHeight: 1e-4 }

t.test('a pixel that counts has its count and its d-spacing', async t => {
  const frame = frameOf(8, 5, (x, y) => 10 * y + x)
  t.same(pixelOf(frame, geometry, 6, 4), { count: 46, isOverload: false, isMasked: false, d: spacingAt(geometry, 6, 4) })
  t.same(pixelOf(frame, undefined, 0, 0), { count: 0, isOverload: false, isMasked: false, d: undefined })
  t.equal(pixelOf(frame, geometry, 3, 2).d, undefined, 'the beam itself has none')
})

t.test('overloads and masked pixels say so, whatever is larger', async t => {
  for (const [bits, overload] of [[16, 0xffff], [32, 0xffffffff]] as const) {
    const frame = frameOf(4, 4, () => overload, { bits, isMasked: x => x === 1 })
    t.match(pixelOf(frame, geometry, 0, 0), { count: overload, isOverload: true, isMasked: false })
    t.match(pixelOf(frame, geometry, 1, 0), { count: undefined, isOverload: false, isMasked: true })
  }
})

t.test('a pixel that the frame does not have is refused', async t => {
  const frame = frameOf(4, 3, () => 0)
  for (const [x, y] of [[-1, 0], [4, 0], [0, 3], [0.5, 0], [NaN, 0], [0, Infinity]] as const) t.throws(() => pixelOf(frame, geometry, x, y), { code: 'REQUEST' }, `${x}, ${y}`)
})
