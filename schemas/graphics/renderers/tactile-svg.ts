// The data of the TactileSVG renderer: a drawing for embossers, swell paper and refreshable tactile displays.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'
import { SVG_DATA_URL_PATTERN } from '../patterns.ts'

/** The data of `ca.mcgill.a11y.image.renderer.TactileSVG`. */
export const TactileSvg = Type.Object({
  graphic: Type.Unsafe<string>({ $ref: '#/definitions/svg', description: 'The drawing as an SVG data URL.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}renderers/tactilesvg.schema.json`,
  description: 'A graphic as a drawing to be felt.',
  definitions: {
    svg: Type.String({ pattern: SVG_DATA_URL_PATTERN, description: 'An SVG document as a data URL, base64 or percent-encoded.' })
  }
})

/** A graphic as a drawing to be felt. */
export type TactileSvg = Static<typeof TactileSvg>
