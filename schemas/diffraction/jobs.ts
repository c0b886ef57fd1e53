// Requests that the LS-CAT image server understands, and what Tutti adds to them: for the OpenAPI document. They are read by lib/diffraction/jobs, with the rules of that server.
import { Type } from '@sinclair/typebox'

const integer = (description: string) => Type.Optional(Type.Integer({ description }))
const number = (description: string) => Type.Optional(Type.Number({ description }))
const text = (description: string) => Type.Optional(Type.String({ description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const choice = (description: string, values: readonly string[]) => Type.Optional(Type.Union(values.map(value => Type.Literal(value)), { description }))
const colour = (description: string) => Type.Optional(Type.Union([Type.String(), Type.Array(Type.Integer(), { minItems: 3, maxItems: 3 })], { description: `${description} As rrggbb, or as a list of red, green and blue from 0 to 255.` }))

const members = {
  pid: text('Token of the session, where Authorization does not carry it.'),
  esaf: Type.Integer({ description: 'Number of the ESAF whose files are looked at.' }),
  tag: Type.Optional(Type.Unknown({ description: 'Comes back in the job, as all members do that are not known.' }))
}
const frame = {
  fn: text('Path of the file, absolute or below the first folder of the ESAF. A picture without it is blank.'),
  frame: integer('Number of the frame, from 1; less counts as 1.')
}

/** The body of POST /diffraction/jpeg. */
export const JpegJob = Type.Object({
  ...members,
  ...frame,
  xsize: integer('Pixels in a row of the picture; less than 8 counts as 8. The picture is as high as it is wide, unless `ysize` or `keepAspect` say otherwise.'),
  zoom: number('The frame is so many tiles wide and high; 1 for all of it.'),
  segcol: number('Column of the tile, from 0; fractions move the view.'),
  segrow: number('Row of the tile, from 0.'),
  contrast: integer('Count that is black; 0 or less for mean and standard deviation to decide.'),
  wval: integer('Count that is white; 0 where it is left out, less than 0 for mean and standard deviation to decide.'),
  label: text('Text above the picture.'),
  labelHeight: integer('Height of its band, from 0 to 64 pixels.'),
  ysize: integer('Tutti\'s own: rows of the picture; with `keepAspect` at most so many.'),
  keepAspect: flag('Tutti\'s own: as high as the frame makes it.'),
  mode: choice('Tutti\'s own: what becomes of several pixels that are one in the picture.', ['legacy', 'max', 'mean', 'sum', 'nearest']),
  frames: integer('Tutti\'s own: frames that are added up.'),
  scale: choice('Tutti\'s own: how counts between white and black are spread.', ['linear', 'sqrt', 'log']),
  percentiles: Type.Optional(Type.Array(Type.Number(), { description: 'Tutti\'s own: levels by percentile, lower and upper.', minItems: 2, maxItems: 2 })),
  invert: flag('Tutti\'s own: high counts light.'),
  palette: choice('Tutti\'s own: colours.', ['grey', 'viridis', 'inferno', 'cividis', 'heat']),
  maskColour: colour('Tutti\'s own: pixels that do not count.'),
  overloadColour: colour('Tutti\'s own: pixels that the detector could not count further.'),
  quality: integer('Tutti\'s own: quality of JPEG and WebP, from 1 to 100.'),
  chroma: choice('Tutti\'s own: resolution of colours in JPEG.', ['4:2:0', '4:4:4']),
  format: choice('Tutti\'s own: format of the picture.', ['jpeg', 'webp', 'png', 'raw']),
  rings: Type.Optional(Type.Union([Type.Boolean(), Type.Array(Type.Number())], { description: 'Tutti\'s own: circles of equal d-spacing, in ångström.' })),
  ice: flag('Tutti\'s own: marks the rings of ice.'),
  beam: flag('Tutti\'s own: a cross where the beam would hit.')
})

/** The body of POST /diffraction/spots. */
export const SpotsJob = Type.Object({
  ...members,
  ...frame,
  xsize: integer('Pixels in a row of the picture that spots are counted on; 384 without it.')
})

/** The body of POST /diffraction/index. */
export const IndexJob = Type.Object({
  ...members,
  fn1: Type.String({ description: 'Path of the first file.' }),
  fn2: text('Path of the second file; the first without it.'),
  frame1: integer('Frame of the first file.'),
  frame2: integer('Frame of the second file.'),
  progressPublisher: text('Channel of Redis that progress is published on.'),
  progressAddress: text('Host of that Redis: that of the sessions, or one of DIFFRACTION_PROGRESS_HOSTS.'),
  progressPort: integer('Its port.')
})

const job = Type.Record(Type.String(), Type.Unknown(), { description: 'The request as it was understood, with what was used, without the token.' })
const metadata = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], { description: 'What the file says, and statistics of the picture; null for a picture without a frame.' })

/** The answer of POST /diffraction/jpeg where Accept asks for JSON. */
export const JpegAnswer = Type.Object({
  job,
  metadata,
  picture: Type.Object({
    mediaType: Type.String({ description: 'Media type of the picture.' }),
    width: Type.Integer({ description: 'Pixels in a row, of the picture.' }),
    height: Type.Integer({ description: 'Rows, its label included.' }),
    depth: Type.Optional(Type.Integer({ description: 'Bits of a number where it is raw; -32 for floating point.' })),
    base64: Type.String({ description: 'The picture.' })
  })
})

/** The answer of POST /diffraction/spots. */
export const SpotsJobAnswer = Type.Object({ job, metadata })

/** The answer of POST /diffraction/index. */
export const IndexAnswer = Type.Object({ job, result: Type.Unknown({ description: 'What the program found; null where it found nothing.' }) })
