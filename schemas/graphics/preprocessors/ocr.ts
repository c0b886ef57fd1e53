// The data of text recognition: the lines of text in a graphic and where they stand.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'

/** One line of text. */
export const TextLine = Type.Object({
  text: Type.String({ description: 'What the line says.' }),
  bounding_box: Type.Unsafe<[number, number, number, number]>(Type.Array(
    Type.Number({ minimum: 0, maximum: 1, description: 'A position as a fraction of the width or height of the graphic.' }),
    {
      minItems: 4,
      maxItems: 4,
      description: 'Where the line stands: left and top of its upper left corner, then width and height, as fractions of the width and height of the graphic.'
    }
  ))
}, { description: 'One line of text.' })

/** One line of text. */
export type TextLine = Static<typeof TextLine>

/** The data of `ca.mcgill.a11y.image.preprocessor.ocrClouds`. */
export const Ocr = Type.Object({
  lines: Type.Array(TextLine, { description: 'The lines, in reading order.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}preprocessors/ocr.schema.json`,
  description: 'The text in a graphic.'
})

/** The text in a graphic. */
export type Ocr = Static<typeof Ocr>
