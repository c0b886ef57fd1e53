// What the routes of module `diffraction` answer.
import { Type } from '@sinclair/typebox'

const perhaps = (description: string) => Type.Optional(Type.Number({ description: `${description} Absent where the file does not say enough.` }))

/** A refusal or failure. */
export const DiffractionRefusal = Type.Object({
  code: Type.String({ description: 'What is wrong, for programs: begins with TUTTI_.', examples: ['TUTTI_DIFFRACTION_FILE_MISSING'] }),
  message: Type.String({ description: 'What is wrong and what to do about it, for people.' })
})

/** The answer of GET /diffraction/files. */
export const FilesAnswer = Type.Object({
  entries: Type.Array(Type.Object({
    name: Type.String({ description: 'Name in the folder.' }),
    kind: Type.Union([Type.Literal('file'), Type.Literal('folder')], { description: 'What it is.' }),
    size: Type.Number({ description: 'Bytes.' }),
    modified: Type.String({ description: 'When it was last changed, in nanoseconds since 1970.' })
  }), { description: 'Files and folders in the order of their names.' }),
  more: Type.Boolean({ description: 'Whether there are more than the limit.' })
})

/** The answer of GET /diffraction/pixel. */
export const PixelAnswer = Type.Object({
  count: Type.Optional(Type.Number({ description: 'The count; absent where the pixel does not count.' })),
  isOverload: Type.Boolean({ description: 'Whether the detector could not count further.' }),
  isMasked: Type.Boolean({ description: 'Whether the pixel does not count: a gap between modules, or broken.' }),
  d: perhaps('Its d-spacing in ångström.')
})

/** The answer of GET /diffraction/histogram. */
export const HistogramAnswer = Type.Object({
  borders: Type.Array(Type.Number(), { description: 'Borders of the classes, one more than there are classes.' }),
  counts: Type.Array(Type.Number(), { description: 'Pixels of each class.' }),
  overloads: Type.Number({ description: 'Pixels that the detector could not count further.' }),
  masked: Type.Number({ description: 'Pixels that do not count.' })
})

/** The answer of GET /diffraction/radial. */
export const RadialAnswer = Type.Object({
  radii: Type.Array(Type.Number(), { description: 'Middle of each ring, in pixels from the beam.' }),
  d: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.Null()]), { description: 'The same as d-spacings in ångström, null for what is beyond any; absent where the file does not say enough.' })),
  means: Type.Array(Type.Union([Type.Number(), Type.Null()]), { description: 'Mean count of each ring; null where no pixel of it counts.' })
})

/** The answer of GET /diffraction/bragg-spots. */
export const SpotsAnswer = Type.Object({
  spots: Type.Array(Type.Object({
    x: Type.Number({ description: 'Centre of mass, in pixels from the left.' }),
    y: Type.Number({ description: 'Centre of mass, in pixels from the top.' }),
    intensity: Type.Number({ description: 'Counts above the background.' }),
    snr: Type.Number({ description: 'Signal to noise.' }),
    pixels: Type.Number({ description: 'Pixels that it has.' }),
    d: perhaps('Its d-spacing in ångström.')
  }), { description: 'Spots, strongest first.' }),
  found: Type.Number({ description: 'All that were found, also those beyond the limit.' }),
  ice: perhaps('Share of the strongest spots that lie on rings of hexagonal ice, from 0 to 1.')
})

/** The answer of POST /diffraction/meta. */
export const MetaAnswer = Type.Object({
  job: Type.Record(Type.String(), Type.Unknown(), { description: 'The request as it was understood, without the token.' }),
  metadata: Type.Record(Type.String(), Type.Unknown(), { description: 'What the file says, under the names of DECTRIS and of the LS-CAT image server.' }),
  units: Type.Record(Type.String(), Type.String(), { description: 'Unit of each item that has one, as in UCUM: m, s, eV, Ao (ångström), deg, px.' }),
  description: Type.Object({
    frames: Type.Integer({ description: 'Frames of the file.' }),
    width: Type.Integer({ description: 'Pixels in a row.' }),
    height: Type.Integer({ description: 'Rows.' }),
    format: Type.String({ description: 'Format of the file, such as hdf5 or cbf.' }),
    geometry: Type.Optional(Type.Object({
      wavelength: Type.Number({ description: 'Ångström.' }),
      distance: Type.Number({ description: 'Metres from the sample to the detector.' }),
      beamX: Type.Number({ description: 'Where the beam would hit, in pixels from the left.' }),
      beamY: Type.Number({ description: 'Where the beam would hit, in pixels from the top.' }),
      pixelWidth: Type.Number({ description: 'Metres.' }),
      pixelHeight: Type.Number({ description: 'Metres.' })
    }, { description: 'Absent where the file does not say enough.' }))
  }, { description: 'What is known of the frame without its pixels.' })
})

/** The answer of POST /diffraction/links. */
export const LinkAnswer = Type.Object({
  id: Type.String({ description: 'Identifier of the frame in IIIF addresses: /iiif/3/{id}/info.json, and pictures below it, need no session.' }),
  path: Type.String({ description: 'Path of its info.json.' }),
  expires: Type.String({ description: 'When it ends, ISO 8601 in UTC.' })
})

/** What the IIIF Image API 3 says of a frame (https://iiif.io/api/image/3.0/#5-image-information). */
export const InformationAnswer = Type.Object({
  '@context': Type.String(),
  id: Type.String({ description: 'Address that pictures are below.' }),
  type: Type.Literal('ImageService3'),
  protocol: Type.String(),
  profile: Type.Literal('level2'),
  width: Type.Integer({ description: 'Pixels in a row of the frame.' }),
  height: Type.Integer({ description: 'Rows of the frame.' }),
  maxWidth: Type.Integer({ description: 'Most pixels in a row of a picture.' }),
  maxHeight: Type.Integer({ description: 'Most rows of a picture.' }),
  maxArea: Type.Integer({ description: 'Most pixels of a picture.' }),
  sizes: Type.Array(Type.Object({ width: Type.Integer(), height: Type.Integer() }), { description: 'Sizes of the whole frame that are quickly made.' }),
  tiles: Type.Array(Type.Object({ width: Type.Integer(), height: Type.Integer(), scaleFactors: Type.Array(Type.Integer()) }), { description: 'Tiles that cover the frame.' }),
  preferredFormats: Type.Array(Type.String()),
  extraQualities: Type.Array(Type.String()),
  extraFormats: Type.Array(Type.String()),
  extraFeatures: Type.Array(Type.String())
})
