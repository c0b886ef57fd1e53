// What the OpenAPI document says of the operations of module `diffraction` beyond the schemas of their routes.
import { DiffractionRefusal, FilesAnswer, HistogramAnswer, InformationAnswer, LinkAnswer, MetaAnswer, PixelAnswer, RadialAnswer, SpotsAnswer } from '../diffraction/answers.ts'
import { IndexAnswer, IndexJob, JpegAnswer, JpegJob, SpotsJob, SpotsJobAnswer } from '../diffraction/jobs.ts'
import { MetaBody } from '../diffraction/requests.ts'
import { toOpenApi } from './components.ts'
import type { Json, JsonObject } from './components.ts'

const json = (schema: unknown, example?: Json): JsonObject => ({ 'application/json': { schema: toOpenApi(schema), ...example === undefined ? {} : { example } } })

const bytes = (description: string): JsonObject => ({ schema: { type: 'string', description } })

const header = (description: string): JsonObject => ({ description, schema: { type: 'string' } })

/** What is said of statuses that mean the same everywhere. */
const meanings = {
  400: 'The request, or a member of it, is not what it must be.',
  401: 'No token of a session was sent, or the session has ended or cannot be trusted.',
  403: 'The session is not for this ESAF, or the link is not good any more.',
  404: 'There is no such file or frame, or none that the session may see.',
  413: 'The frame or the picture has more pixels than the server allows, or the body is too long.',
  415: 'The file is in no format that is known, or the body in no encoding that is.',
  422: 'The file is broken.',
  429: 'Too many tokens of no session came from this address.',
  502: 'The worker process that looked at the file has ended.',
  503: 'Too much is waiting, sessions cannot be looked up, or what is asked for is not set up here.',
  504: 'The answer was not ready in time.'
} as const

const refusal = (description: string): JsonObject => ({ description, content: json(DiffractionRefusal) })

const refusals = Object.fromEntries(Object.entries(meanings).map(([status, description]) => [status, refusal(description)]))

const common: JsonObject = { tags: ['diffraction'], security: [{ session: [] }] }

const body = (schema: unknown, example: Json): JsonObject => ({ required: true, content: json(schema, example) })

const picture = {
  'image/jpeg': bytes('The picture.'),
  'image/webp': bytes('The picture.'),
  'image/png': bytes('The picture.'),
  'application/octet-stream': bytes('Reduced counts, row by row, little-endian; Diffraction-Depth and Diffraction-Size say how many.')
}

const rawHeaders: JsonObject = {
  'Diffraction-Depth': header('Of raw counts: bits of a number, 16 or 32; -32 for floating point.'),
  'Diffraction-Size': header('Of raw counts: how many in a row, and rows, such as 512x512.')
}

const cached: JsonObject = {
  ETag: header('Send it as If-None-Match to be answered 304 as long as the file has not changed.'),
  Link: header('The profile of IIIF, and of a picture its canonical address.')
}

const identifier = {
  name: 'id', in: 'path', required: true, description: 'The frame: `esaf:file:frame`, percent-encoded, or the same as base64url, or an id of POST /diffraction/links.', schema: { type: 'string' }, example: '1%3Ademo_master.h5%3A1'
}

const segment = (name: string, description: string, example: string): JsonObject => ({ name, in: 'path', required: true, description, schema: { type: 'string' }, example })

const asked = { esaf: 1, fn: 'demo_master.h5', frame: 1 }

/** Method and path, as routes name it, to the members of its operation object. */
export const diffractionOperations: Readonly<Record<string, JsonObject>> = {
  'POST /diffraction/jpeg': {
    ...common,
    operationId: 'diffractionJpeg',
    summary: 'A picture of a frame',
    description: 'What the LS-CAT image server is asked by ZeroMQ, with the same members and more. The picture is the body; where Accept asks for JSON, it is a member beside the job and the metadata.',
    requestBody: body(JpegJob, { ...asked, xsize: 256 }),
    responses: {
      200: {
        description: 'The picture.',
        headers: { 'Diffraction-Job': header('The request with the levels that were used, as JSON in ASCII; absent where it is longer than 4096 characters.'), ...rawHeaders },
        content: { ...picture, ...json(JpegAnswer) }
      },
      ...refusals
    }
  },
  'POST /diffraction/spots': {
    ...common,
    operationId: 'diffractionSpots',
    summary: 'Metadata of a frame, and how many spots the LS-CAT image server would count',
    requestBody: body(SpotsJob, asked),
    responses: { 200: { description: 'Job and metadata.', content: json(SpotsJobAnswer) }, ...refusals }
  },
  'POST /diffraction/index': {
    ...common,
    operationId: 'diffractionIndex',
    summary: 'Indexes two frames',
    description: 'Runs the indexing program of the operator.',
    requestBody: { required: true, content: json(IndexJob) },
    responses: {
      200: {
        description: 'What the program found.',
        content: {
          ...json(IndexAnswer),
          'text/event-stream': { schema: { type: 'string', description: 'Where Accept asks for it: `progress` events with what the program says, as {"text":…}, and the same answer at the end, or an `error`.' } }
        }
      },
      ...refusals
    }
  },
  'POST /diffraction/meta': {
    ...common,
    operationId: 'diffractionMeta',
    summary: 'What a file says of a frame',
    requestBody: body(MetaBody, asked),
    responses: { 200: { description: 'Metadata with units, without the pixels being looked at.', content: json(MetaAnswer) }, ...refusals }
  },
  'POST /diffraction/links': {
    ...common,
    operationId: 'diffractionLinks',
    summary: 'An address of one frame that needs no session',
    description: 'Whoever has the address sees all of the frame in every form until it ends, also when the session has ended before. There is no way to take it back but a new DIFFRACTION_LINK_SECRET.',
    responses: { 201: { description: 'The address.', content: json(LinkAnswer) }, ...refusals }
  },
  'GET /diffraction/files': {
    ...common,
    operationId: 'diffractionFiles',
    summary: 'Files and folders that a session may see',
    responses: { 200: { description: 'What is in the folder.', content: json(FilesAnswer) }, ...refusals }
  },
  'GET /diffraction/pixel': {
    ...common,
    operationId: 'diffractionPixel',
    summary: 'One pixel of a frame, with its d-spacing',
    responses: { 200: { description: 'The pixel.', content: json(PixelAnswer) }, ...refusals }
  },
  'GET /diffraction/histogram': {
    ...common,
    operationId: 'diffractionHistogram',
    summary: 'How often each count occurs in a frame',
    responses: { 200: { description: 'Counts by class.', content: json(HistogramAnswer) }, ...refusals }
  },
  'GET /diffraction/radial': {
    ...common,
    operationId: 'diffractionRadial',
    summary: 'Mean count by distance from the beam',
    responses: { 200: { description: 'The profile.', content: json(RadialAnswer) }, ...refusals }
  },
  'GET /diffraction/bragg-spots': {
    ...common,
    operationId: 'diffractionBraggSpots',
    summary: 'Bragg spots of a frame',
    responses: { 200: { description: 'The spots, and how much of ice there is.', content: json(SpotsAnswer) }, ...refusals }
  },
  'GET /iiif/3/:id': {
    ...common,
    operationId: 'iiifBase',
    summary: 'Leads to info.json',
    parameters: [identifier],
    responses: { 303: { description: 'To info.json.', headers: { Location: header('Where it is.') } } }
  },
  'GET /iiif/3/:id/info.json': {
    ...common,
    operationId: 'iiifInformation',
    summary: 'Sizes and tiles of a frame, by the IIIF Image API 3',
    parameters: [identifier],
    responses: {
      200: { description: 'The document.', headers: cached, content: { ...json(InformationAnswer), 'application/ld+json': { schema: toOpenApi(InformationAnswer) } } },
      304: { description: 'The client has this already.' },
      ...refusals
    }
  },
  'GET /iiif/3/:id/:region/:size/:rotation/:name': {
    ...common,
    operationId: 'iiifPicture',
    summary: 'A picture of a part of a frame, by the IIIF Image API 3',
    parameters: [
      identifier,
      segment('region', '`full`, `square`, `x,y,w,h` or `pct:x,y,w,h`.', '0,0,512,512'),
      segment('size', '`max`, `w,`, `,h`, `pct:n`, `w,h` or `!w,h`; with `^` before it the picture may be larger than the region.', '256,'),
      segment('rotation', '0, 90, 180 or 270 degrees clockwise; with `!` before it mirrored first.', '0'),
      segment('name', '`default`, `color`, `gray` or `bitonal`, a point, and `jpg`, `png`, `webp` or `raw`.', 'default.jpg')
    ],
    responses: {
      200: { description: 'The picture.', headers: { ...cached, ...rawHeaders, 'Diffraction-Levels': header('Counts that are black and white in it.') }, content: picture },
      304: { description: 'The client has this already.' },
      ...refusals
    }
  }
}
