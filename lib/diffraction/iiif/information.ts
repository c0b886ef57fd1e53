// What the IIIF Image API 3 says of a frame in its info.json (https://iiif.io/api/image/3.0/#5-image-information).
import { largestSize, qualities } from './request.ts'
import type { Bounds } from './request.ts'

/** Pixels on each side of a tile. */
export const tileSide = 512

/** The document, `sizes` from the smallest. */
export function imageInformation (id: string, frame: { readonly width: number, readonly height: number }, bounds: Bounds): Record<string, unknown> {
  const { width, height } = frame
  const scaleFactors: number[] = [1]
  while (Math.max(width, height) / (scaleFactors.at(-1) ?? 1) > tileSide) scaleFactors.push(2 * (scaleFactors.at(-1) ?? 1))
  const whole = largestSize(frame, bounds, false)
  const sizes = scaleFactors
    .map(factor => ({ width: Math.ceil(width / factor), height: Math.ceil(height / factor) }))
    .filter(size => size.width <= whole.width && size.height <= whole.height)
  return {
    '@context': 'http://iiif.io/api/image/3/context.json',
    id,
    type: 'ImageService3',
    protocol: 'http://iiif.io/api/image',
    profile: 'level2',
    width,
    height,
    maxWidth: bounds.width,
    maxHeight: bounds.height,
    maxArea: bounds.area,
    sizes: sizes.toReversed(),
    tiles: [{ width: tileSide, height: tileSide, scaleFactors }],
    preferredFormats: ['jpg', 'webp', 'png'],
    extraQualities: qualities.filter(each => each !== 'default'),
    extraFormats: ['webp', 'raw'],
    extraFeatures: ['canonicalLinkHeader', 'mirroring', 'profileLinkHeader', 'sizeUpscaling']
  }
}
