// What is asked of and answered by GET /timelines and GET /objectIds.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const moment = '^(?:\\d{1,16}|\\d{4}-\\d\\d-\\d\\d(?:T\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?(?:Z|[+ -]\\d\\d:\\d\\d)?)?)$'

/** Most sightings of one page. */
export const largestPage = 10_000

/** The query of GET /timelines. Of repeated parameters the last counts, and white space around values does not. */
export const TimelinesQuery = Type.Object({
  objectId: Type.Optional(Type.String({ description: 'Number of the object.', examples: ['1'] })),
  object_id: Type.Optional(Type.String({ description: 'The same, where objectId is left out.' })),
  from: Type.Optional(Type.String({ description: 'No sightings before this: ISO 8601, or milliseconds since 1970. A date alone is in UTC, a time without zone in that of the server.', pattern: moment })),
  to: Type.Optional(Type.String({ description: 'No sightings after this, written as `from` is.', pattern: moment })),
  limit: Type.Optional(Type.Integer({ description: 'Most sightings of the answer; without it the answer has all.', minimum: 1, maximum: largestPage })),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before this one.', maxLength: 100 })),
  times: Type.Optional(Type.Union([Type.Literal('local'), Type.Literal('iso')], { description: 'How times are written: `local` as TrackTech does, `iso` as ISO 8601 in UTC with milliseconds. The answer to `iso` has the media type of JSON.' }))
})
/** The query of GET /timelines. */
export type TimelinesQuery = Static<typeof TimelinesQuery>

/** The answer of GET /timelines. */
export const TimelinesAnswer = Type.Object({
  data: Type.Array(Type.Object({
    timeStamp: Type.String({ description: 'When it was seen: `YYYY/MM/DD | HH:MM:SS` in the time zone of the server, or ISO 8601 in UTC with milliseconds.' }),
    processorId: Type.Unknown({ description: 'Identifier of the processor that saw it; null where it had none.' })
  }), { description: 'Sightings in the order in which they came.' }),
  next: Type.Optional(Type.String({ description: '`cursor` of the next page; absent where there is none.' }))
})

/** The answer of GET /objectIds. */
export const ObjectIdsAnswer = Type.Object({
  data: Type.Array(Type.Integer({ minimum: 1 }), { description: 'Numbers of all objects that were ever tracked, ascending.' })
})

/** A refusal, where Accept asks for JSON. */
export const DataRefusal = Type.Object({
  code: Type.String({ description: 'What is wrong, for programs: begins with TUTTI_.' }),
  message: Type.String({ description: 'What is wrong and what to do about it, for people.' })
})
