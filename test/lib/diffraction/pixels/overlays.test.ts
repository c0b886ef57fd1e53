// What is drawn over pictures: where it must be, nowhere else, and to be seen on black as on white.
import t from 'tap'
import fc from 'fast-check'
import { radiusOf } from '../../../../lib/diffraction/analysis/resolution.ts'
import type { Canvas } from '../../../../lib/diffraction/pixels/canvas.ts'
import { drawOverlays } from '../../../../lib/diffraction/pixels/overlays.ts'
import { geometryFor } from '../analysis/synthetic-frame.ts'

const geometry = geometryFor(4150, 4371)
const whole = { x: 0, y: 0, width: 4150, height: 4371 }

const canvasOf = (width: number, height: number, grey: number): Canvas => ({ width, height, channels: 3, pixels: new Uint8Array(3 * width * height).fill(grey) })

/** Places that are not as they were. */
function drawn ({ pixels, width }: Canvas, grey: number): Array<{ x: number, y: number }> {
  const places = []
  for (let at = 0; at < pixels.length; at += 3) {
    if (pixels[at] !== grey || pixels[at + 1] !== grey || pixels[at + 2] !== grey) places.push({ x: at / 3 % width, y: Math.floor(at / 3 / width) })
  }
  return places
}

const colourAt = ({ pixels, width }: Canvas, x: number, y: number): [number, number, number] => {
  const at = 3 * (Math.round(y) * width + Math.round(x))
  return [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!]
}

/** Contrast of two colours (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). */
function contrast (one: readonly number[], other: readonly number[]): number {
  const luminance = (colour: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = colour.map(channel => channel / 255).map(share => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

t.test('a ring is where its d-spacing is, in a picture that keeps the aspect as in one that is squashed', async t => {
  for (const [width, height] of [[1024, 1079], [1024, 700], [2000, 300]] as const) {
    const canvas = canvasOf(width, height, 0)
    drawOverlays(canvas, whole, geometry, { rings: [2.5] })
    const radius = (radiusOf(geometry, 2.5) ?? NaN) / geometry.pixelWidth
    for (let degrees = 10; degrees < 360; degrees += 20) {
      const x = (geometry.beamX + 0.5 + radius * Math.cos(degrees * Math.PI / 180)) * width / 4150 - 0.5
      const y = (geometry.beamY + 0.5 + radius * Math.sin(degrees * Math.PI / 180)) * height / 4371 - 0.5
      t.ok(contrast(colourAt(canvas, x, y), [0, 0, 0]) > 2, `${width} x ${height}, ${degrees}°: ${colourAt(canvas, x, y)}`)
    }
    t.same(colourAt(canvas, (geometry.beamX + 0.6 * radius) * width / 4150, geometry.beamY * height / 4371), [0, 0, 0], 'nothing inside')
  }
})

t.test('lines are seen on black and on white', async t => {
  for (const grey of [0, 255]) {
    const canvas = canvasOf(1024, 1024, grey)
    drawOverlays(canvas, whole, geometry, { rings: [2.5], beam: true })
    const x = (geometry.beamX + 0.5) * 1024 / 4150 - 0.5
    const y = (geometry.beamY + 0.5) * 1024 / 4371 - 0.5
    const radius = (radiusOf(geometry, 2.5) ?? NaN) / geometry.pixelWidth * 1024 / 4371
    const ring = Math.max(...[-1, 0, 1].map(step => contrast(colourAt(canvas, x, Math.round(y + radius) + step), [grey, grey, grey])))
    t.ok(ring > 3, `ring on ${grey}: ${ring}`)
    t.ok(contrast(colourAt(canvas, Math.round(x) + 8, Math.round(y)), [grey, grey, grey]) > 4, `beam on ${grey}`)
    t.same(colourAt(canvas, x, y), [grey, grey, grey], 'the place of the beam itself is left free')
  }
})

t.test('each ring has its name, and no two names overlap', async t => {
  const canvas = canvasOf(1024, 1024, 0)
  drawOverlays(canvas, whole, geometry, { rings: [2.5] })
  const far = (() => {
    const radius = (radiusOf(geometry, 2.5) ?? NaN) / geometry.pixelWidth
    return drawn(canvas, 0).filter(({ x, y }) => Math.abs(Math.hypot(x * 4150 / 1024 - geometry.beamX, y * 4371 / 1024 - geometry.beamY) - radius) > 20)
  })()
  t.ok(far.length > 500 && far.length < 1500, `${far.length} pixels beside the line`)
  const colours = far.map(({ x, y }) => colourAt(canvas, x, y))
  const ground = colours.find(([red, green, blue]) => red === green && green === blue) ?? [0, 0, 0]
  const letters = colours.filter(([red, , blue]) => red < blue)
  t.ok(letters.length > 50 && letters.every(colour => contrast(colour, ground) > 4.5), 'and can be read even on black')
  const twice = canvasOf(1024, 1024, 0)
  drawOverlays(twice, whole, geometry, { rings: [2.5, 2.49] })
  t.ok(drawn(twice, 0).length > drawn(canvas, 0).length + 500)
})

t.test('bands of ice are translucent, and lie on ice', async t => {
  const canvas = canvasOf(1024, 1024, 200)
  canvas.pixels.fill(40, 0, canvas.pixels.length / 2)
  drawOverlays(canvas, whole, geometry, { ice: true })
  const radius = (radiusOf(geometry, 3.897) ?? NaN) / geometry.pixelWidth
  const scale = 1024 / 4371
  const x = (geometry.beamX + 0.5) * 1024 / 4150 - 0.5
  const above = colourAt(canvas, x, (geometry.beamY - radius) * scale)
  const below = colourAt(canvas, x, (geometry.beamY + radius) * scale)
  t.not(above.join(), '40,40,40')
  t.not(below.join(), '200,200,200')
  t.ok(contrast(above, below) > 2, 'what is under it is still seen')
  const between = (radiusOf(geometry, 3) ?? NaN) / geometry.pixelWidth
  t.same(colourAt(canvas, x, (geometry.beamY + between) * scale), [200, 200, 200])
})

t.test('a part of the frame shows the part of the ring that lies in it', async t => {
  const radius = (radiusOf(geometry, 2) ?? NaN) / geometry.pixelWidth
  const window = { x: Math.round(geometry.beamX + radius - 100), y: Math.round(geometry.beamY - 100), width: 200, height: 200 }
  const canvas = canvasOf(400, 400, 0)
  drawOverlays(canvas, window, geometry, { rings: [2] })
  t.ok(contrast(colourAt(canvas, 2 * (geometry.beamX + radius + 0.5 - window.x) - 0.5, 200), [0, 0, 0]) > 2)
  const empty = canvasOf(400, 400, 0)
  drawOverlays(empty, { x: 0, y: 0, width: 100, height: 100 }, geometry, { rings: [2], beam: true })
  t.same(drawn(empty, 0), [])
})

t.test('nothing is drawn where nothing is known or wanted, nor for rings that no detector sees', async t => {
  const canvas = canvasOf(300, 300, 9)
  drawOverlays(canvas, whole, undefined, { rings: [2], ice: true, beam: true })
  drawOverlays(canvas, whole, geometry, {})
  drawOverlays(canvas, whole, geometry, { rings: [0.1, -1, NaN, 0, Infinity, 1e9] })
  t.same(drawn(canvas, 9), [])
})

t.test('whatever the part and the rings, it ends soon and paints inside alone', async t => {
  const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), number, number, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), fc.array(fc.double(), { maxLength: 80 }), (width, height, x, y, size, rings) => {
    const canvas = canvasOf(width, height, 128)
    drawOverlays(canvas, { x, y, width: size, height: size }, geometry, { rings, ice: true, beam: true })
    return canvas.pixels.length === 3 * width * height
  }))
  t.pass()
})
