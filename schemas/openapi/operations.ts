// What the OpenAPI document says of each operation beyond the schemas of its route: what it is for, examples, refusals.
import { DataRefusal, ObjectIdsAnswer, TimelinesAnswer } from '../tracking/timelines.ts'
import { devicesOperations } from './devices-operations.ts'
import { diffractionOperations } from './diffraction-operations.ts'
import { toOpenApi } from './components.ts'
import type { JsonObject } from './components.ts'

const json = (schema: string, example?: JsonObject): JsonObject => ({ 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, ...example === undefined ? {} : { example } } })

const refusals = (names: Record<number, string>): JsonObject => Object.fromEntries(Object.entries(names).map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }]))

const requestUuid = '1c9b9f0e-6a57-4a8e-9d3c-2f4b5a6c7d8e'

/** A picture of one pixel. */
const graphicRequest: JsonObject = {
  request_uuid: requestUuid,
  timestamp: 1790000000,
  language: 'en',
  capabilities: [],
  renderers: ['ca.mcgill.a11y.image.renderer.Text'],
  graphic: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  dimensions: [1, 1],
  context: ''
}

const renderRefusals: JsonObject = {
  400: { description: 'The request is not as its schema says, or cannot be read.', content: { ...json('ValidationErrors'), 'text/plain': { schema: { type: 'string' } } } },
  ...refusals({ 413: 'TooLarge', 415: 'UnsupportedMediaType', 429: 'TooManyRequests', 503: 'Unavailable' }),
  500: { description: 'Something went wrong in the server.', content: { ...json('ValidationErrors'), 'text/plain': { schema: { type: 'string' } } } }
}

const serverTiming: JsonObject = { description: 'How each service did and how long it took, in milliseconds.', schema: { type: 'string' } }

const operatorOnly: JsonObject = { security: [{ operator: [] }] }
const operatorRefusals = refusals({ 401: 'Unauthorized', 403: 'Forbidden', 429: 'TooManyRequests', 503: 'Unavailable' })

const authenticated = (description: string): JsonObject => ({ description: `${description} The body is empty.` })

/** What TrackTech answers as text/html is JSON all the same. */
const htmlText = (description: string): JsonObject => ({ 'text/html': { schema: { type: 'string', description } } })

const dataHeaders: JsonObject = {
  'Access-Control-Allow-Origin': { description: 'Pages of any origin may read this.', schema: { type: 'string' } },
  ETag: { description: 'Send it as If-None-Match to be answered 304 where nothing has changed.', schema: { type: 'string' } }
}

const dataRefusal = (description: string, words: string): JsonObject => ({
  description,
  content: { ...htmlText(words), 'text/plain': { schema: { type: 'string' } }, 'application/json': { schema: toOpenApi(DataRefusal) } }
})

const dataRefusals: JsonObject = {
  304: { description: 'The client has this already.' },
  401: dataRefusal('A token of a client is asked for (TRACKING_PROTECT_HTTP), and none came that will do.', 'The refusal in words.'),
  503: dataRefusal('The server has too much to do, is stopping, or cannot check tokens now.', 'The refusal in words.')
}

/** Method and path, as routes name it, to the members of its operation object (OpenAPI 3.1, 4.8.10). */
export const operations: Readonly<Record<string, JsonObject>> = {
  'POST /render': {
    operationId: 'render',
    tags: ['graphics'],
    summary: 'Renderings of a graphic',
    description: 'Runs the graphic through the services and answers with every rendering that is ready in time and that the client can present. Unknown members of the request travel on to the services.',
    requestBody: { required: true, content: json('GraphicRequest', graphicRequest) },
    responses: {
      200: {
        description: 'The renderings; none where no service has one.',
        headers: { 'Server-Timing': serverTiming, 'Tutti-Incomplete': { description: 'What is missing and why; absent where nothing is.', schema: { type: 'string' } } },
        content: {
          ...json('GraphicResponse', {
            request_uuid: requestUuid,
            timestamp: 1790000001,
            renderings: [{
              type_id: 'ca.mcgill.a11y.image.renderer.Text', description: 'A cup', data: { text: 'A cup in the centre, taking up about a quarter of the picture.' }
            }]
          }),
          'text/event-stream': { schema: { type: 'string', description: 'Where Accept asks for it: what happens as it happens, and the same answer at the end.' } }
        }
      },
      ...renderRefusals
    }
  },
  'POST /render/preprocess': {
    operationId: 'preprocess',
    tags: ['graphics'],
    summary: 'Preprocessor results of a graphic',
    description: 'Runs the preprocessors alone, and gives the request back with what they found.',
    requestBody: { required: true, content: json('GraphicRequest', graphicRequest) },
    responses: {
      200: {
        description: 'The request, with what the preprocessors found in `preprocessors`.',
        headers: { 'Server-Timing': serverTiming },
        content: json('GraphicRequest', { ...graphicRequest, preprocessors: { 'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects: [] } } })
      },
      ...renderRefusals
    }
  },
  'GET /authenticate/:uuid/:check': {
    operationId: 'authenticate',
    tags: ['graphics'],
    summary: 'Keep a stored request',
    description: 'Whoever holds a request that was stored, and so knows its hash, has it kept for longer.',
    parameters: [
      { name: 'uuid', in: 'path', required: true, description: 'request_uuid of the stored request.', schema: { type: 'string' }, example: requestUuid },
      { name: 'check', in: 'path', required: true, description: 'Hash of the stored request.', schema: { type: 'string' }, example: '0000000000000000000000000000000000000000' }
    ],
    responses: {
      200: authenticated('The request is kept.'),
      400: authenticated('The uuid is none.'),
      401: authenticated('There is no such request, or the hash is another one.'),
      500: authenticated('The request cannot be read or marked.'),
      503: authenticated('Requests are not stored, or the server has too much to do.')
    }
  },
  'GET /timelines': {
    operationId: 'timelines',
    tags: ['tracking'],
    summary: 'When an object was seen, and by which processors',
    description: 'All sightings in the order in which they came, or page by page with `limit` and `cursor`. Refusals are JSON where Accept asks for it.',
    responses: {
      200: {
        description: 'The sightings. JSON, also where the media type is that of HTML, as TrackTech has it.',
        headers: dataHeaders,
        content: {
          ...htmlText('JSON text of the schema that application/json has here.'),
          'application/json': { schema: toOpenApi(TimelinesAnswer), example: { data: [{ timeStamp: '2026-11-22T10:00:00.123Z', processorId: 'hall' }], next: '78.1795341600456.0' } }
        }
      },
      400: dataRefusal('No object is named, it was never seen, or another parameter cannot be read.', 'The refusal in the words of TrackTech, which are its reason phrase too.'),
      ...dataRefusals
    }
  },
  'GET /objectIds': {
    operationId: 'objectIds',
    tags: ['tracking'],
    summary: 'Numbers of all objects that were ever tracked',
    description: 'Not all of them were seen: /timelines answers 400 for those that were not.',
    responses: {
      200: {
        description: 'The numbers. JSON, although the media type is that of HTML, as TrackTech has it.',
        headers: dataHeaders,
        content: { 'text/html': { schema: { type: 'string', contentMediaType: 'application/json', contentSchema: toOpenApi(ObjectIdsAnswer) }, example: '{"data":[1, 2, 3]}' } }
      },
      ...dataRefusals
    }
  },
  'GET /tracking/state': {
    operationId: 'trackingState',
    tags: ['tracking'],
    summary: 'Who is connected, and how fast things go',
    description: 'Processors and clients that are connected, with what they follow, what waits for them and what they missed; nothing of what is seen or sent. Rates are counted over the second before, for which the answer waits. With several processes each knows its own connections, and the one that answers tells of those.',
    ...operatorOnly,
    responses: {
      200: {
        description: 'What is so now.',
        content: {
          'text/event-stream': { schema: { type: 'string', description: 'Where Accept asks for it: the same as a `state` event every second. Who reads too slowly misses some.' } }
        }
      },
      ...operatorRefusals
    }
  },
  ...diffractionOperations,
  ...devicesOperations,
  'GET /health': { operationId: 'health', tags: ['operations'], summary: 'Whether the process answers', responses: { 200: { description: 'It does.' } } },
  'GET /health/live': { operationId: 'live', tags: ['operations'], summary: 'Whether the process answers', responses: { 200: { description: 'It does.' } } },
  'GET /health/ready': {
    operationId: 'ready',
    tags: ['operations'],
    summary: 'Whether requests can be answered now',
    responses: { 200: { description: 'They can.' }, 503: { description: 'They cannot; what stands in the way.' } }
  },
  'GET /topology': {
    operationId: 'topology',
    tags: ['operations'],
    summary: 'Services, what is wrong, and what a request leads to',
    ...operatorOnly,
    responses: {
      200: {
        description: 'The services and plans.',
        content: {
          'text/vnd.mermaid': { schema: { type: 'string', description: 'With format=mermaid: the plan of POST /render as a flowchart.' } },
          'text/event-stream': { schema: { type: 'string', description: 'Where Accept asks for it: the same as a `topology` event at once and whenever services, plans or troubles change; between, `replicas` events with `{"services":[{"name":…,"replicas":[…]}]}` of the services whose replicas do otherwise than before. At most two a second.' } }
        }
      },
      400: { $ref: '#/components/responses/Malformed' },
      ...operatorRefusals
    }
  },
  'GET /requests': {
    operationId: 'recentRequests',
    tags: ['operations'],
    summary: 'What became of the last requests to services',
    description: 'Which services were asked, how each ended and how long it took; nothing of what was sent, found or answered. With several processes each knows its own requests, and the one that answers tells of those.',
    ...operatorOnly,
    responses: {
      200: {
        description: 'The requests.',
        content: {
          'text/event-stream': { schema: { type: 'string', description: 'Where Accept asks for it: the same as a `recent` event at once, and then what happens: `started` with number, id, path, route and time of a request that has been read, `step` with the number of the request and a step whenever a service is asked (kind `running`) or has settled, and `ended` with the whole entry. Who reads too slowly is cut off.' } }
        }
      },
      ...operatorRefusals
    }
  },
  'GET /metrics': {
    operationId: 'metrics',
    tags: ['operations'],
    summary: 'Numbers for Prometheus',
    ...operatorOnly,
    responses: {
      200: { description: 'Everything that is counted, in the text format of Prometheus.', content: { 'text/plain': { schema: { type: 'string' } } } },
      ...operatorRefusals
    }
  },
  'GET /configuration': {
    operationId: 'configuration',
    tags: ['operations'],
    summary: 'What the server runs with',
    description: 'Every variable of the server and of the modules in use with its value, but for secrets; versions; when it was started.',
    ...operatorOnly,
    responses: { 200: { description: 'The configuration.' }, ...operatorRefusals }
  },
  'GET /docs': {
    operationId: 'docs',
    tags: ['operations'],
    summary: 'The operations as a page',
    responses: { 200: { description: 'A page without scripts.', content: { 'text/html': { schema: { type: 'string' } } } } }
  },
  'GET /docs/openapi.json': {
    operationId: 'openapi',
    tags: ['operations'],
    summary: 'This document',
    responses: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object', required: ['openapi', 'info', 'paths'] } } } } }
  },
  'GET /docs/tracking': {
    operationId: 'trackingDocs',
    tags: ['tracking'],
    summary: 'The messages of /client and /processor as a page',
    responses: { 200: { description: 'A page without scripts.', content: { 'text/html': { schema: { type: 'string' } } } } }
  },
  'GET /docs/asyncapi.json': {
    operationId: 'asyncapi',
    tags: ['tracking'],
    summary: 'The messages of /client and /processor, for programs',
    responses: { 200: { description: 'AsyncAPI 3.0.', content: { 'application/json': { schema: { type: 'object', required: ['asyncapi', 'info', 'channels', 'operations'] } } } } }
  }
}

/** What every path answers to OPTIONS. */
export const optionsOperation: JsonObject = {
  tags: ['operations'],
  summary: 'Methods of this path',
  responses: {
    200: {
      description: 'The methods, in the header Allow and in the body.',
      headers: { Allow: { description: 'The methods, separated by commas.', schema: { type: 'string' } } },
      content: { 'text/html': { schema: { type: 'string' } } }
    },
    // A body is not asked for, but read where there is one.
    ...refusals({ 400: 'Malformed', 413: 'TooLarge', 415: 'UnsupportedMediaType' })
  }
}
