// The answer of /render: every rendering that came back in time and that the client can present.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, RenderingReference, RequestUuid, SCHEMA_BASE, Timestamp } from './definitions.ts'

/** The schema of the answer, `response.schema.json`. Its members are sent in this order. */
export const GraphicResponse = Type.Object({
  request_uuid: RequestUuid,
  timestamp: Timestamp,
  renderings: Type.Array(RenderingReference, { description: 'The renderings, in the order in which to offer them to the user.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}response.schema.json`,
  description: 'The renderings of one graphic.'
})

/** The answer of /render. */
export type GraphicResponse = Static<typeof GraphicResponse>
