// The data of a modifier: members to be put into the request before any other service sees it.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from './definitions.ts'

/** The data of a preprocessor named `ca.mcgill.a11y.image.request`: any members of a request except the three that belong to the server. */
export const ModifyRequest = Type.Unsafe<Record<string, unknown>>({
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}preprocessors/modify-request.schema.json`,
  type: 'object',
  description: 'Members to be put into the request. The identity, the time and the findings of the request cannot be changed.',
  not: {
    anyOf: [
      { required: ['request_uuid'] },
      { required: ['timestamp'] },
      { required: ['preprocessors'] }
    ]
  }
})

/** Members that a modifier puts into the request. */
export type ModifyRequest = Static<typeof ModifyRequest>
