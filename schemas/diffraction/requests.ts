// What is asked of the routes of module `diffraction` besides what the LS-CAT image server understands.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const esaf = Type.Integer({ description: 'Number of the ESAF whose files are looked at.', minimum: 1, maximum: 999_999_999, examples: [1] })
const file = Type.String({ description: 'Path of the file, absolute or below the first folder of the ESAF; for HDF5 that of the master.', minLength: 1, maxLength: 4096, examples: ['demo_master.h5'] })
const frame = Type.Integer({ description: 'Number of the frame in the file, from 1.', minimum: 1, maximum: 999_999_999, default: 1 })
const switched = (description: string) => Type.Union([Type.Literal('on'), Type.Literal('off')], { description, default: 'off' })
const level = (description: string) => Type.Number({ description, minimum: 0, maximum: 4294967295 })
const colour = (description: string) => Type.String({ description, pattern: '^[0-9a-fA-F]{6}$' })

/** The query of GET /diffraction/files. */
export const FilesQuery = Type.Object({
  esaf,
  folder: Type.String({ description: 'Path of the folder, absolute or below the first folder of the ESAF; empty for that folder itself.', maxLength: 4096, default: '' }),
  limit: Type.Integer({ description: 'Most entries of the answer.', minimum: 1, maximum: 10_000, default: 1000 })
})
/** The query of GET /diffraction/files. */
export type FilesQuery = Static<typeof FilesQuery>

/** The query of GET /diffraction/pixel. */
export const PixelQuery = Type.Object({
  esaf,
  file,
  frame,
  x: Type.Integer({ description: 'Column, in pixels from the left, the first is 0.', minimum: 0, maximum: 1_000_000_000, examples: [100] }),
  y: Type.Integer({ description: 'Row, in pixels from the top, the first is 0.', minimum: 0, maximum: 1_000_000_000, examples: [100] })
})
/** The query of GET /diffraction/pixel. */
export type PixelQuery = Static<typeof PixelQuery>

/** The query of GET /diffraction/histogram and /diffraction/radial. */
export const BinsQuery = Type.Object({
  esaf,
  file,
  frame,
  bins: Type.Integer({ description: 'Classes of the histogram, or rings of the profile.', minimum: 1, maximum: 10_000, default: 256 })
})
/** The query of GET /diffraction/histogram and /diffraction/radial. */
export type BinsQuery = Static<typeof BinsQuery>

/** The query of GET /diffraction/bragg-spots. */
export const SpotsQuery = Type.Object({
  esaf,
  file,
  frame,
  limit: Type.Integer({ description: 'Most spots of the answer, the strongest first.', minimum: 1, maximum: 10_000, default: 1000 })
})
/** The query of GET /diffraction/bragg-spots. */
export type SpotsQuery = Static<typeof SpotsQuery>

/** The query of pictures: how they are painted. What is left out is as the LS-CAT image server has it. */
export const PictureQuery = Type.Object({
  black: Type.Optional(level('Count that is black, and those above it; without it mean and standard deviation of the picture, or `percentiles`, decide.')),
  white: Type.Optional(level('Count that is white, and those below it; without it as for `black`.')),
  percentiles: Type.Optional(Type.String({ description: 'Levels by percentile of the pixels: lower and upper, from 0 to 100, such as `1,99`.', pattern: '^\\d{1,3}(\\.\\d{1,6})?,\\d{1,3}(\\.\\d{1,6})?$' })),
  scale: Type.Union(['linear', 'sqrt', 'log'].map(each => Type.Literal(each)), { description: 'How counts between white and black are spread.', default: 'linear' }),
  invert: switched('`on` paints high counts light.'),
  palette: Type.Union(['grey', 'viridis', 'inferno', 'cividis', 'heat'].map(each => Type.Literal(each)), { description: 'Colours.', default: 'grey' }),
  rings: Type.Optional(Type.String({ description: 'Circles of equal d-spacing: `on`, or up to 32 d-spacings in ångström such as `3.9,2.5`.', pattern: '^(on|off|\\d{1,4}(\\.\\d{1,6})?(,\\d{1,4}(\\.\\d{1,6})?){0,31})$' })),
  ice: switched('`on` marks the rings of hexagonal ice.'),
  beam: switched('`on` draws a cross where the beam would hit.'),
  mask: Type.Optional(colour('Colour of pixels that do not count, as rrggbb; without it they are painted as a count of 0.')),
  overload: Type.Optional(colour('Colour of pixels that the detector could not count further, as rrggbb; red without it.')),
  mode: Type.Union(['max', 'mean', 'sum', 'nearest'].map(each => Type.Literal(each)), { description: 'What becomes of several pixels that are one in the picture.', default: 'max' }),
  frames: Type.Integer({ description: 'Frames that are added up, the one asked for and those after it.', minimum: 1, maximum: 1000, default: 1 }),
  quality: Type.Integer({ description: 'Quality of JPEG and WebP.', minimum: 1, maximum: 100, default: 90 })
})
/** The query of pictures. */
export type PictureQuery = Static<typeof PictureQuery>

/** The body of POST /diffraction/links. */
export const LinkBody = Type.Object({
  esaf,
  fn: file,
  frame,
  seconds: Type.Integer({ description: 'Time that the link is good for.', minimum: 1, maximum: 604800, default: 3600 }),
  pid: Type.Optional(Type.String({ description: 'Token of the session, where Authorization does not carry it.', maxLength: 256 }))
})
/** The body of POST /diffraction/links. */
export type LinkBody = Static<typeof LinkBody>

/** The body of POST /diffraction/meta. */
export const MetaBody = Type.Object({
  esaf,
  fn: file,
  frame,
  pid: Type.Optional(Type.String({ description: 'Token of the session, where Authorization does not carry it.', maxLength: 256 }))
})
/** The body of POST /diffraction/meta. */
export type MetaBody = Static<typeof MetaBody>
