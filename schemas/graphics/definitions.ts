// The parts that the five wire schemas share (definitions.json), and references to them. Wire schemas refer to them instead of repeating them, because
// the schemaPath of an error answer tells which way the validator went.
import { Type } from '@sinclair/typebox'
import { REVERSE_DOMAIN_PATTERN, UUID_PATTERN, WEB_ADDRESS_PATTERN } from './patterns.ts'
import { Metadata, Rendering } from './rendering.ts'

/** The JSON Schema dialect of every graphics schema. */
export const DIALECT = 'http://json-schema.org/draft-07/schema'

/** Where the identifiers of the graphics schemas begin; they name the published IMAGE formats. */
export const SCHEMA_BASE = 'https://image.a11y.mcgill.ca/'

/** The shared definitions, known to the other schemas as `definitions.json`. */
export const Definitions = Type.Unsafe<Record<string, unknown>>({
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}definitions.json`,
  type: 'object',
  description: 'Parts that the graphics schemas share.',
  definitions: {
    request_uuid: Type.String({ pattern: UUID_PATTERN, description: 'Version 4 UUID of the request; it stays the same through all answers to it.' }),
    timestamp: Type.Integer({ minimum: 0, description: 'When the message was made, in whole seconds since 1970-01-01T00:00:00Z.' }),
    capability: Type.String({ pattern: REVERSE_DOMAIN_PATTERN, description: 'Reverse domain name of something that the client can do.' }),
    renderer: Type.String({ pattern: REVERSE_DOMAIN_PATTERN, description: 'Reverse domain name of a way to present a graphic.' }),
    data_schema: Type.String({ pattern: WEB_ADDRESS_PATTERN, description: 'Web address of a JSON Schema.' }),
    metadata: Metadata,
    rendering: Rendering,
    segmentOffsetSamples: Type.Object({
      offset: Type.Integer({ minimum: 0, description: 'Where the segment begins, in samples from the start of the recording.' }),
      duration: Type.Integer({ minimum: 0, description: 'How long the segment is, in samples.' })
    }, { description: 'A stretch of a recording, counted in samples.' })
  }
})

/** Reference to the UUID of a request. */
export const RequestUuid = Type.Unsafe<string>({
  $ref: 'definitions.json#/definitions/request_uuid',
  description: 'Version 4 UUID of the request.'
})

/** Reference to a time in whole seconds since 1970. */
export const Timestamp = Type.Unsafe<number>({
  $ref: 'definitions.json#/definitions/timestamp',
  description: 'When this message was made, in whole seconds since 1970-01-01T00:00:00Z.'
})

/** Reference to the name of a capability. */
export const Capability = Type.Unsafe<string>({
  $ref: 'definitions.json#/definitions/capability',
  description: 'Reverse domain name of something that the client can do.'
})

/** Reference to the name of a renderer. */
export const Renderer = Type.Unsafe<string>({
  $ref: 'definitions.json#/definitions/renderer',
  description: 'Reverse domain name of a way to present a graphic.'
})

/** Reference to the web address of a schema. */
export const SchemaAddress = Type.Unsafe<string>({
  $ref: 'definitions.json#/definitions/data_schema',
  description: 'Web address of the JSON Schema that the data follows.'
})

/** Reference to a rendering. */
export const RenderingReference = Type.Unsafe<Rendering>({
  $ref: 'definitions.json#/definitions/rendering',
  description: 'A graphic in a form that one kind of client software can present.'
})
