// The ocr service: reads the text in a graphic, on this machine, with Tesseract. Nothing is fetched; the language models come from npm packages.
import { Type } from '@sinclair/typebox'
import { Ocr } from '../../schemas/graphics/preprocessors/ocr.ts'
import { languageOf, preprocessor, readEnvironment, serve } from '../kit/index.ts'
import type { ServiceDefinition } from '../kit/index.ts'
import { defaultPixelLimit, openPicture } from '../kit/picture.ts'
import { prepare } from './page.ts'
import { readableLines } from './lines.ts'
import { createRecognizer } from './recognizer.ts'

/** The environment of this service, beside what every service reads. */
export const OcrEnvironment = Type.Object({
  MAX_GRAPHIC_PIXELS: Type.Integer({ description: 'Largest graphic that is decoded at all, in pixels; a larger one is not read.', minimum: 1, maximum: 1_000_000_000, default: defaultPixelLimit })
})

/** Defines the service; it is not applicable to graphics without text, damaged ones and those of more than `maxPixels` pixels. */
export function createOcr ({ maxPixels = defaultPixelLimit }: { maxPixels?: number } = {}): ServiceDefinition {
  return preprocessor({
    service: 'ocr',
    name: 'ca.mcgill.a11y.image.preprocessor.ocrClouds',
    data: Ocr,
    // One recognition keeps one core busy and one set of models in memory; more throughput is more replicas.
    concurrency: 1,
    deadline: 60_000,
    async warmUp () {
      const recognizer = createRecognizer()
      await recognizer.load()
      return recognizer
    },
    async coolDown (recognizer) { await recognizer.close() },
    async run (request, { warm: recognizer, signal }) {
      const picture = await openPicture(request.graphic, maxPixels)
      const page = picture && await prepare(picture)
      if (page === undefined) return undefined
      signal.throwIfAborted()
      const lines = readableLines(await recognizer.recognize(page.png, languageOf(request), signal), page)
      return lines.length > 0 ? { lines } : undefined
    }
  })
}

/** The service with its default limits. */
export const ocr = createOcr()

if (import.meta.main) {
  const { MAX_GRAPHIC_PIXELS } = readEnvironment(OcrEnvironment)
  await serve(createOcr({ maxPixels: MAX_GRAPHIC_PIXELS }))
}
