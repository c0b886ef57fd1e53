// The data of object detection: the things seen in a photograph and where they are.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'
import { tuple } from '../tuple.ts'

const fraction = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

/** One thing seen. Every position is a fraction of the width or height of the graphic, counted from its top left corner. */
export const DetectedObject = Type.Object({
  ID: Type.Integer({ description: 'Number of the object, unique in this list; later services refer to it.' }),
  type: Type.String({ description: 'What the object is, as a common English noun.' }),
  dimensions: tuple<[number, number, number, number]>([
    fraction('Left edge, as a fraction of the width.'),
    fraction('Top edge, as a fraction of the height.'),
    fraction('Right edge, as a fraction of the width.'),
    fraction('Bottom edge, as a fraction of the height.')
  ], 'The bounding box: left, top, right, bottom.'),
  area: Type.Optional(fraction('Area of the bounding box, as a fraction of the area of the graphic.')),
  centroid: Type.Optional(tuple<[number, number]>([
    fraction('Horizontal position, as a fraction of the width.'),
    fraction('Vertical position, as a fraction of the height.')
  ], 'The middle of the object: horizontal, vertical.')),
  confidence: fraction('How sure the detector is, from 0 (not at all) to 1 (certain).')
}, { description: 'One thing seen in the graphic.' })

/** One thing seen in a graphic. */
export type DetectedObject = Static<typeof DetectedObject>

/** The data of `ca.mcgill.a11y.image.preprocessor.objectDetection`. */
export const ObjectDetection = Type.Object({
  objects: Type.Array(
    Type.Unsafe<DetectedObject>({ $ref: '#/definitions/object', description: 'One thing seen in the graphic.' }),
    { description: 'The things seen; empty when nothing was recognised.' }
  )
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}preprocessors/object-detection.schema.json`,
  description: 'The things seen in a graphic and where they are.',
  definitions: { object: DetectedObject }
})

/** The things seen in a graphic and where they are. */
export type ObjectDetection = Static<typeof ObjectDetection>
