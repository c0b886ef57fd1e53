// The resize-graphic service: makes large graphics smaller before any other service sees them, so that each of those decodes and sends less.
import { Type } from '@sinclair/typebox'
import { ModifyRequest } from '../../schemas/graphics/modify-request.ts'
import { preprocessor, readEnvironment, serve } from '../kit/index.ts'
import type { ServiceDefinition } from '../kit/index.ts'
import { defaultPixelLimit, openPicture } from '../kit/picture.ts'
import { shrink } from './shrink.ts'

/** The environment of this service, beside what every service reads. */
export const ResizeEnvironment = Type.Object({
  MAX_GRAPHIC_DIMENSION: Type.Integer({ description: 'Longest side that a graphic may have before it is made smaller, in pixels.', minimum: 16, maximum: 16384, default: 1600 }),
  MAX_GRAPHIC_PIXELS: Type.Integer({ description: 'Largest graphic that is decoded at all, in pixels; a larger one is left as it is.', minimum: 1, maximum: 1_000_000_000, default: defaultPixelLimit })
})

/** Limits of the service, in pixels. */
export interface ResizeLimits {
  /** Longest side that a graphic may keep. */
  maxDimension?: number
  /** Largest graphic that is decoded. */
  maxPixels?: number
}

/**
 * Defines the service. It answers with `graphic` and `dimensions` (width and height of the new picture, in pixels) under the name of request modifiers,
 * and is not applicable to what is small enough, damaged, too large to decode or no raster picture.
 */
export function createResizeGraphic ({ maxDimension = 1600, maxPixels = defaultPixelLimit }: ResizeLimits = {}): ServiceDefinition {
  return preprocessor({
    service: 'resize-graphic',
    name: 'ca.mcgill.a11y.image.request',
    data: ModifyRequest,
    // Decoding happens on libvips' threads, two pictures at a time keep them busy and memory small.
    concurrency: 2,
    deadline: 30_000,
    async run (request, { log }) {
      const picture = await openPicture(request.graphic, maxPixels)
      if (picture === undefined || Math.max(picture.width, picture.height) <= maxDimension) return undefined
      const smaller = await shrink(picture, maxDimension)
      if (smaller === undefined) log.info({ format: picture.format }, 'the graphic cannot be decoded')
      return smaller && { graphic: smaller.graphic, dimensions: smaller.dimensions }
    }
  })
}

/** The service with its default limits. */
export const resizeGraphic = createResizeGraphic()

if (import.meta.main) {
  const { MAX_GRAPHIC_DIMENSION, MAX_GRAPHIC_PIXELS } = readEnvironment(ResizeEnvironment)
  await serve(createResizeGraphic({ maxDimension: MAX_GRAPHIC_DIMENSION, maxPixels: MAX_GRAPHIC_PIXELS }))
}
