// What a handler answers: the renderings that it made of a request.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, RenderingReference, RequestUuid, SCHEMA_BASE, Timestamp } from './definitions.ts'

/** The schema of a handler's answer, `handler-response.schema.json`. */
export const HandlerReply = Type.Object({
  request_uuid: RequestUuid,
  timestamp: Timestamp,
  renderings: Type.Array(RenderingReference, { description: 'The renderings that this handler made; may be empty.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}handler-response.schema.json`,
  description: 'The renderings that one handler made of a request.'
})

/** What a handler answers. */
export type HandlerReply = Static<typeof HandlerReply>
