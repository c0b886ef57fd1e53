// A complete service, as an example: a preprocessor that says how bright a graphic is.
import { Type } from '@sinclair/typebox'
import { preprocessor, serve } from './index.ts'
import { openPicture } from './picture.ts'

const Brightness = Type.Object({
  brightness: Type.Number({ description: 'Mean brightness, from 0 for black to 1 for white.', minimum: 0, maximum: 1 })
})

/** Says how bright the graphic is; not applicable to anything that is no picture. */
export const brightness = preprocessor({
  service: 'brightness',
  name: 'org.example.preprocessor.brightness',
  data: Brightness,
  concurrency: 1,
  async run (request) {
    const picture = await openPicture(request.graphic)
    if (picture === undefined) return undefined
    const [grey = 0] = await picture.decode().flatten().resize(1, 1, { fit: 'fill' }).greyscale().raw().toBuffer()
    return { brightness: grey / 255 }
  }
})

if (import.meta.main) await serve(brightness)
