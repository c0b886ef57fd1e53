// What a preprocessor answers: data about a request, under the name by which later services find it.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, RequestUuid, SCHEMA_BASE, SchemaAddress, Timestamp } from './definitions.ts'
import { REVERSE_DOMAIN_PATTERN } from './patterns.ts'

/** The schema of a preprocessor's answer, `preprocessor-response.schema.json`. */
export const PreprocessorReply = Type.Object({
  request_uuid: RequestUuid,
  timestamp: Timestamp,
  name: Type.String({ pattern: REVERSE_DOMAIN_PATTERN, description: 'Reverse domain name of this kind of data; the key under which later services find it.' }),
  data: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    properties: { data_schema: SchemaAddress },
    description: 'What was found; the schema that it follows belongs to the name.'
  })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}preprocessor-response.schema.json`,
  description: 'What one preprocessor found in a request.'
})

/** What a preprocessor answers. */
export type PreprocessorReply = Static<typeof PreprocessorReply>
