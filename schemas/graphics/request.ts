// The request: a graphic, a map position, a place or a chart, with what the client can present. What /render and every service receive.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Capability, DIALECT, Renderer, RequestUuid, SCHEMA_BASE, Timestamp } from './definitions.ts'
import { IMAGE_DATA_URL_PATTERN, REVERSE_DOMAIN_PATTERN, WEB_ADDRESS_PATTERN } from './patterns.ts'
import { tuple } from './tuple.ts'

const pixels = (description: string) => Type.Integer({ exclusiveMinimum: 0, description })
const fraction = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const FollowUp = Type.Object({
  query: Type.String({ description: 'The question, in the language of the request.' }),
  focus: Type.Optional(tuple<[number, number, number, number]>([
    fraction('Left edge, as a fraction of the width of the graphic.'),
    fraction('Top edge, as a fraction of the height of the graphic.'),
    fraction('Right edge, as a fraction of the width of the graphic.'),
    fraction('Bottom edge, as a fraction of the height of the graphic.')
  ], 'The part of the graphic that the question is about: left, top, right, bottom.')),
  previous: Type.Optional(Type.Array(
    tuple<[string, string | Record<string, unknown>]>([
      Type.String({ description: 'An earlier question.' }),
      Type.Unsafe<string | Record<string, unknown>>({
        oneOf: [
          Type.String({ description: 'The answer as text.' }),
          Type.Unsafe<Record<string, unknown>>({ type: 'object', description: 'The answer as structured data.' })
        ],
        description: 'The answer that was given to it.'
      })
    ], 'An earlier question and its answer.'),
    { description: 'What was asked and answered before, oldest first.' }
  ))
}, { description: 'A question about a graphic that was sent before.' })

const members = Type.Object({
  request_uuid: Type.Optional(RequestUuid),
  timestamp: Type.Optional(Timestamp),
  graphic: Type.Optional(Type.String({ pattern: IMAGE_DATA_URL_PATTERN, description: 'The graphic as a base64 data URL.' })),
  highChartsData: Type.Optional(Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'The axes and series of a Highcharts chart, taken from the page.'
  })),
  dimensions: Type.Optional(tuple<[number, number]>([
    pixels('Width in pixels.'),
    pixels('Height in pixels.')
  ], 'Width and height of the graphic as it is shown on the page, in pixels.')),
  coordinates: Type.Optional(Type.Object({
    latitude: Type.Number({ minimum: -90, maximum: 90, description: 'Degrees north of the equator (WGS 84).' }),
    longitude: Type.Number({ minimum: -180, maximum: 180, description: 'Degrees east of Greenwich (WGS 84).' })
  }, { description: 'The position that a map shows.' })),
  placeID: Type.Optional(Type.String({ description: 'A place that a map shows, as a name or as the identifier that the map service uses.' })),
  followup: Type.Optional(FollowUp),
  context: Type.Optional(Type.String({ description: 'The part of the page that holds the graphic, as serialised HTML.' })),
  URL: Type.Optional(Type.String({ pattern: WEB_ADDRESS_PATTERN, description: 'Web address of the page that holds the graphic.' })),
  language: Type.Optional(Type.String({ minLength: 2, maxLength: 2, description: 'Language of the answers, as a two-letter code (ISO 639-1).' })),
  capabilities: Type.Optional(Type.Array(Capability, { uniqueItems: true, description: 'What the client can do, besides presenting renderings.' })),
  renderers: Type.Optional(Type.Array(Renderer, { uniqueItems: true, description: 'Which kinds of rendering the client can present.' })),
  preprocessors: Type.Optional(Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    propertyNames: { pattern: REVERSE_DOMAIN_PATTERN },
    description: 'What preprocessors have found so far: reverse domain name of each to its data.'
  }))
})

/** What every branch of a valid request holds; the schema states it in its branches only, so that a refused request is told which branches it misses. */
type Always = 'request_uuid' | 'timestamp' | 'language' | 'capabilities' | 'renderers'
type Members = Static<typeof members>

/**
 * The request schema, `request.schema.json`. A request is about exactly one thing: a graphic, coordinates, a place or a chart. Unknown members
 * are allowed and travel on unchanged.
 */
export const GraphicRequest = Type.Unsafe<Members & Required<Pick<Members, Always>> & Record<string, unknown>>({
  ...members,
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}request.schema.json`,
  description: 'A graphic, a map position, a place or a chart, with what the client can present.',
  oneOf: [
    { required: ['request_uuid', 'language', 'timestamp', 'graphic', 'dimensions', 'context', 'capabilities', 'renderers'] },
    { required: ['request_uuid', 'language', 'timestamp', 'coordinates', 'context', 'capabilities', 'renderers'] },
    { required: ['request_uuid', 'language', 'timestamp', 'placeID', 'context', 'capabilities', 'renderers'] },
    { required: ['request_uuid', 'language', 'timestamp', 'highChartsData', 'capabilities', 'renderers'] }
  ]
})

/** A request that has passed validation. Members beyond the schema are there as `unknown`. */
export type GraphicRequest = Static<typeof GraphicRequest>
