// Requests of the IIIF Image API 3 (https://iiif.io/api/image/3.0/): what part of a picture, how large, how turned, in which quality and format.
import { DiffractionError } from '../diffraction-error.ts'
import type { Window } from '../view.ts'

/** Formats by the ending that they have in addresses. `raw` is Tutti's own: the reduced counts. */
export const formats = { jpg: 'jpeg', png: 'png', webp: 'webp', raw: 'raw' } as const

/** Qualities that a request may ask for. */
export const qualities = ['default', 'color', 'gray', 'bitonal'] as const

/** Largest picture that is made. */
export interface Bounds {
  readonly width: number
  readonly height: number
  /** Pixels in all. */
  readonly area: number
}

/** The segments of a request after its identifier, decoded. */
export interface Segments {
  readonly region: string
  readonly size: string
  readonly rotation: string
  /** Quality and format: `default.jpg`. */
  readonly name: string
}

/** What is asked for. */
export interface ImageRequest {
  /** Part of the frame, in its pixels. */
  readonly window: Window
  /** Pixels in a row of the picture, before it is turned. */
  readonly width: number
  /** Rows of the picture, before it is turned. */
  readonly height: number
  readonly turn: { readonly mirror: boolean, readonly rotation: 0 | 90 | 180 | 270 }
  readonly quality: typeof qualities[number]
  readonly format: keyof typeof formats
  /** The segments in their canonical form (section 4.7), joined by slashes. */
  readonly canonical: string
}

type Size = Pick<ImageRequest, 'width' | 'height'>

const wrong = (message: string) => new DiffractionError('REQUEST', message)

/** A decimal number as IIIF writes it; NaN for what is none. */
function decimal (text: string | undefined): number {
  return text !== undefined && /^(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})$/.test(text) ? Number(text) : NaN
}

/**
 * Reads a request.
 * @param frame - pixels of the whole frame
 * @throws DiffractionError REQUEST where it is none, or asks for what there is not, or for a picture larger than the bounds (section 4.2)
 */
export function readImageRequest ({ region, size, rotation, name }: Segments, frame: Size, bounds: Bounds): ImageRequest {
  const window = readRegion(region, frame)
  const { width, height } = readSize(size, window, bounds)
  const turn = readRotation(rotation)
  const { quality, format } = readName(name)
  const isWhole = window.x === 0 && window.y === 0 && window.width === frame.width && window.height === frame.height
  const isEnlarged = width > window.width || height > window.height
  const usual = largestSize(window, bounds, false)
  const isUsual = !isEnlarged && width === usual.width && height === usual.height
  const canonical = [
    isWhole ? 'full' : `${window.x},${window.y},${window.width},${window.height}`,
    isUsual ? 'max' : `${isEnlarged ? '^' : ''}${width},${height}`,
    `${turn.mirror ? '!' : ''}${turn.rotation}`,
    `${quality === 'color' ? 'default' : quality}.${format}`
  ].join('/')
  return { window, width, height, turn, quality, format, canonical }
}

function readRegion (text: string, { width, height }: Size): Window {
  if (text === 'full') return { x: 0, y: 0, width, height }
  if (text === 'square') {
    const side = Math.min(width, height)
    return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), width: side, height: side }
  }
  const isPercent = text.startsWith('pct:')
  const parts = (isPercent ? text.slice(4) : text).split(',')
  const [x = NaN, y = NaN, w = NaN, h = NaN] = parts.map(decimal)
  const isWhole = [x, y, w, h].every(each => isPercent ? each >= 0 : Number.isSafeInteger(each))
  if (parts.length !== 4 || !isWhole) throw wrong('The region must be full, square, x,y,w,h or pct:x,y,w,h.')
  const [left, top, right, bottom] = isPercent
    ? [Math.round(x / 100 * width), Math.round(y / 100 * height), Math.round((x + w) / 100 * width), Math.round((y + h) / 100 * height)]
    : [x, y, x + w, y + h]
  const window = { x: left, y: top, width: Math.min(right, width) - left, height: Math.min(bottom, height) - top }
  if (w === 0 || h === 0 || window.x >= width || window.y >= height) throw wrong(`The region is outside of the frame, which is ${width} pixels wide and ${height} high.`)
  // A part of a pixel is one.
  return { ...window, width: Math.max(1, window.width), height: Math.max(1, window.height) }
}

/** The largest size of a part: its own, or one that fills the bounds. */
export function largestSize ({ width, height }: Size, bounds: Bounds, enlarged: boolean): Size {
  const most = Math.min(bounds.width / width, bounds.height / height, Math.sqrt(bounds.area / (width * height)))
  const factor = enlarged ? most : Math.min(1, most)
  return { width: Math.max(1, Math.floor(width * factor)), height: Math.max(1, Math.floor(height * factor)) }
}

function readSize (text: string, window: Window, bounds: Bounds): Size {
  const mayEnlarge = text.startsWith('^')
  const size = mayEnlarge ? text.slice(1) : text
  const most = largestSize(window, bounds, mayEnlarge)
  const asked = size === 'max' ? most : sizeOf(size, window, most)
  if (asked === undefined) throw wrong('The size must be max, w, or ,h or pct:n or w,h or !w,h, with ^ before it where the picture may be larger than the region.')
  if (!mayEnlarge && (asked.width > window.width || asked.height > window.height)) throw wrong('The size is larger than the region. Write ^ before it, or ask for a smaller one.')
  if (asked.width < 1 || asked.height < 1) throw wrong('The size is less than one pixel. Ask for a larger one.')
  if (asked.width > bounds.width || asked.height > bounds.height || asked.width * asked.height > bounds.area) {
    throw wrong(`The picture would have ${asked.width} by ${asked.height} pixels. It may have ${bounds.width} by ${bounds.height}, and ${bounds.area} in all (DIFFRACTION_MAX_PIXELS).`)
  }
  return asked
}

function sizeOf (text: string, { width, height }: Window, most: Size): Size | undefined {
  if (text.startsWith('pct:')) {
    const percent = decimal(text.slice(4))
    return percent > 0 ? { width: Math.max(1, Math.round(width * percent / 100)), height: Math.max(1, Math.round(height * percent / 100)) } : undefined
  }
  const [, fits, w, h] = /^(!?)(\d{0,9}),(\d{0,9})$/.exec(text) ?? []
  if (w === undefined || (w === '' && h === '')) return undefined
  if (fits === '!') {
    if (w === '' || h === '') return undefined
    if (Number(w) >= most.width && Number(h) >= most.height) return most
    const factor = Math.min(Number(w) / width, Number(h) / height)
    return factor > 0 ? { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) } : undefined
  }
  return {
    width: w === '' ? Math.max(1, Math.round(width * Number(h) / height)) : Number(w),
    height: h === '' ? Math.max(1, Math.round(height * Number(w) / width)) : Number(h)
  }
}

function readRotation (text: string): ImageRequest['turn'] {
  const mirror = text.startsWith('!')
  const rotation = decimal(mirror ? text.slice(1) : text)
  if (rotation !== 0 && rotation !== 90 && rotation !== 180 && rotation !== 270) {
    if (rotation === 360) return { mirror, rotation: 0 }
    throw wrong('The rotation must be 0, 90, 180 or 270, with ! before it where the picture is to be mirrored first.')
  }
  return { mirror, rotation }
}

function readName (text: string): Pick<ImageRequest, 'quality' | 'format'> {
  const [, first, last] = /^([a-z]+)\.([a-z0-9]+)$/.exec(text) ?? []
  const quality = qualities.find(each => each === first)
  if (quality === undefined) throw wrong(`The quality must be one of ${qualities.join(', ')}, with a point and the format after it.`)
  if (last === undefined || !isFormat(last)) throw wrong(`The format must be one of ${Object.keys(formats).join(', ')}.`)
  return { quality, format: last }
}

function isFormat (text: string): text is keyof typeof formats {
  return Object.hasOwn(formats, text)
}
