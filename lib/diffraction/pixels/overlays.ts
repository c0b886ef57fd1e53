// Draws over a picture what helps to read it: circles of equal d-spacing, bands where ice would show, a cross where the beam would hit.
import { iceBands } from '../analysis/ice.ts'
import { radiusOf } from '../analysis/resolution.ts'
import type { Colour, Drawing, Geometry, Window } from '../view.ts'
import type { Canvas } from './canvas.ts'
import { characterHeight, characterWidth } from './font.ts'
import { drawText } from './label.ts'

/** Most circles that are drawn. */
const mostRings = 64

// Colours with about the same contrast to black and to white (4.5:1), since pictures have both.
const ringColour: Colour = [0, 120, 215]
const iceColour: Colour = [0, 130, 140]
const beamColour: Colour = [215, 0, 175]

/** Names of rings are darker: they have a light ground of their own. */
const nameColour: Colour = [0, 80, 160]

/** What lies under lines and texts, so that they can be told from spots. */
const haloColour: Colour = [255, 255, 255]

/** How much of a colour covers what was there: 0 nothing, 1 all. */
const iceShade = 0.4
const lineHalo = 0.4
const textHalo = 0.85

/** Half the width of a line, in pixels of the picture, and how far its halo reaches beyond it. */
const halfLine = 0.6
const haloWidth = 1

/** How far a band of ice is drawn beyond its borders, in pixels of the picture: in small ones it would be too narrow to be seen. */
const iceMargin = 1

/** Length of each arm of the cross, and what is left free around the beam itself. */
const arm = 12
const free = 3

/** Space around a text, in pixels. */
const padding = 2

/** Where names of circles are tried, in degrees clockwise from the right: corners first, where a circle is seen longest. */
const places = [-45, 45, 135, -135, 0, 90, 180, -90, -22, 22, 67, 112, 157, -157, -112, -67]

/** An ellipse on a picture: a circle whose picture may be squashed. */
interface Ellipse {
  readonly x: number
  readonly y: number
  readonly radiusX: number
  readonly radiusY: number
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * Draws over a picture that is neither turned nor mirrored yet. Nothing is drawn where the geometry is not known, and nothing that lies outside.
 * @param canvas - red, green and blue
 * @param window - what part of the frame it shows
 */
export function drawOverlays (canvas: Canvas, window: Window, geometry: Geometry | undefined, { beam = false, ice = false, rings = [] }: NonNullable<Drawing['overlays']>): void {
  if (geometry === undefined || canvas.width === 0 || canvas.height === 0) return
  const ellipseOf = onPicture(canvas, window, geometry)
  if (ice) {
    for (const [inner, outer] of iceBands) {
      const [small, large] = [ellipseOf(inner), ellipseOf(outer)]
      if (small !== undefined && large !== undefined) shade(canvas, small, large, iceColour, iceShade)
    }
  }
  const names: Array<{ text: string, ellipse: Ellipse }> = []
  for (const d of rings.filter(Number.isFinite).slice(0, mostRings)) {
    const ellipse = ellipseOf(d)
    if (ellipse === undefined) continue
    drawEllipse(canvas, ellipse)
    names.push({ text: `${d.toFixed(2)} A`, ellipse })
  }
  const taken: Box[] = []
  for (const { ellipse, text } of names) drawName(canvas, ellipse, text, taken)
  if (beam) drawCross(canvas, ellipseOf(Infinity))
}

/** Gives a function that says where a d-spacing is on a picture: undefined where it is nowhere, or less than a pixel large. Infinity is the beam itself. */
function onPicture ({ height, width }: Canvas, window: Window, geometry: Geometry): (d: number) => Ellipse | undefined {
  const scaleX = width / window.width
  const scaleY = height / window.height
  // Middles of pixels are at whole numbers, of the frame as of the picture.
  const x = (geometry.beamX + 0.5 - window.x) * scaleX - 0.5
  const y = (geometry.beamY + 0.5 - window.y) * scaleY - 0.5
  if (!Number.isFinite(x) || !Number.isFinite(y)) return () => undefined
  return d => {
    const radius = d === Infinity ? 0 : radiusOf(geometry, d)
    if (radius === undefined) return undefined
    const radiusX = radius / geometry.pixelWidth * scaleX
    const radiusY = radius / geometry.pixelHeight * scaleY
    if (d !== Infinity && !(radiusX >= 1 && radiusY >= 1 && Number.isFinite(radiusX * radiusY))) return undefined
    return { x, y, radiusX, radiusY }
  }
}

/** How far an ellipse reaches to each side of its middle in a row; below 0 where the row does not meet it. */
function reach (y: number, radiusX: number, radiusY: number, row: number): number {
  const v = (row - y) / radiusY
  return Math.abs(v) < 1 && radiusX > 0 && radiusY > 0 ? radiusX * Math.sqrt(1 - v * v) : -1
}

/** Calls for the pixels of each row that lie in one ellipse but not in another one with the same middle. */
function betweenEllipses ({ height, width }: Canvas, { x, y }: Ellipse, inner: readonly [number, number], outer: readonly [number, number], onSpan: (row: number, from: number, to: number) => void): void {
  const first = Math.max(0, Math.ceil(y - outer[1]))
  const last = Math.min(height - 1, Math.floor(y + outer[1]))
  for (let row = first; row <= last; row++) {
    const far = reach(y, outer[0], outer[1], row)
    if (far < 0) continue
    const near = reach(y, inner[0], inner[1], row)
    const left = Math.max(0, Math.ceil(x - far))
    const right = Math.min(width - 1, Math.floor(x + far))
    if (near < 0) {
      onSpan(row, left, right)
      continue
    }
    onSpan(row, left, Math.min(width - 1, Math.floor(x - near)))
    onSpan(row, Math.max(0, Math.floor(x - near) + 1, Math.ceil(x + near)), right)
  }
}

function shade (canvas: Canvas, small: Ellipse, large: Ellipse, colour: Colour, share: number): void {
  betweenEllipses(canvas, large, [small.radiusX - iceMargin, small.radiusY - iceMargin], [large.radiusX + iceMargin, large.radiusY + iceMargin], (row, from, to) => {
    for (let column = from; column <= to; column++) blend(canvas, column, row, colour, share)
  })
}

function drawEllipse (canvas: Canvas, ellipse: Ellipse): void {
  const { radiusX, radiusY, x, y } = ellipse
  const around = halfLine + haloWidth + 0.5
  betweenEllipses(canvas, ellipse, [radiusX - around, radiusY - around], [radiusX + around, radiusY + around], (row, from, to) => {
    const v = (row - y) / radiusY
    for (let column = from; column <= to; column++) {
      const u = (column - x) / radiusX
      // Distance from the line to first order: how far the equation is from true, over how fast that changes.
      const size = Math.hypot(u, v)
      const slope = Math.hypot(u / radiusX, v / radiusY) / size
      const away = Math.abs(size - 1) / slope
      blend(canvas, column, row, haloColour, lineHalo * covered(away, halfLine + haloWidth))
      blend(canvas, column, row, ringColour, covered(away, halfLine))
    }
  })
}

/** How much of a pixel a line covers whose middle is so far away. */
function covered (away: number, half: number): number {
  return Math.min(1, Math.max(0, half + 0.5 - away))
}

/** Writes the name of a circle at the first place of it where the whole text is in the picture and covers no other. */
function drawName (canvas: Canvas, { radiusX, radiusY, x, y }: Ellipse, text: string, taken: Box[]): void {
  const width = text.length * characterWidth + 2 * padding
  const height = characterHeight + 2 * padding
  for (const degrees of places) {
    const angle = degrees * Math.PI / 180
    const left = Math.round(x + radiusX * Math.cos(angle) - width / 2)
    const top = Math.round(y + radiusY * Math.sin(angle) - height / 2)
    const box = { left, top, right: left + width, bottom: top + height }
    if (left < 0 || top < 0 || box.right > canvas.width || box.bottom > canvas.height) continue
    if (taken.some(other => other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom)) continue
    taken.push(box)
    for (let row = top; row < box.bottom; row++) {
      for (let column = left; column < box.right; column++) blend(canvas, column, row, haloColour, textHalo)
    }
    drawText(canvas, left + padding, top + padding, text, nameColour)
    return
  }
}

function drawCross (canvas: Canvas, middle: Ellipse | undefined): void {
  if (middle === undefined) return
  const x = Math.round(middle.x)
  const y = Math.round(middle.y)
  for (const { colour, half, share } of [{ colour: haloColour, half: 2, share: lineHalo }, { colour: beamColour, half: 1, share: 1 }]) {
    for (let along = free; along <= arm; along++) {
      for (let across = -half; across <= half; across++) {
        blend(canvas, x + along, y + across, colour, share)
        blend(canvas, x - along, y + across, colour, share)
        blend(canvas, x + across, y + along, colour, share)
        blend(canvas, x + across, y - along, colour, share)
      }
    }
  }
}

/** Covers a pixel with a share of a colour; outside the picture nothing happens. */
function blend ({ height, pixels, width }: Canvas, x: number, y: number, colour: Colour, share: number): void {
  if (!(share > 0) || x < 0 || y < 0 || x >= width || y >= height) return
  const at = (y * width + x) * 3
  for (let channel = 0; channel < 3; channel++) {
    const was = pixels[at + channel]!
    pixels[at + channel] = Math.round(was + (colour[channel]! - was) * share)
  }
}
