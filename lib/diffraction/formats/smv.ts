// SMV, as CCD detectors of ADSC write it (.img): a header of text, `{ NAME=value; … }`, padded to HEADER_BYTES, then counts row by row.
// Specified by ADSC as the "SMV file format"; where it is silent (the corner that the beam centre counts from) by what MOSFLM and DIALS take it to mean.
import { DiffractionError } from '../diffraction-error.ts'
import type { Frame } from '../frame.ts'
import type { Metadata } from '../metadata.ts'
import type { ByteFile } from './byte-file.ts'
import { checkSize, frameOf, memoryOfCounts, toHostOrder } from './counts.ts'
import type { CountType, FrameSize } from './counts.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { beamItems, frameItems, integer, metadataOf, numberIn, positive, real, text } from './items.ts'
import { singleFrame } from './single-frame.ts'

/** Bytes of the shortest header, and of the longest that is read. */
const shortestHeader = 512
const longestHeader = 64 * 1024

/** Counts by the name that TYPE has for them. */
const types: ReadonlyMap<string, CountType> = new Map<string, CountType>([
  ['unsigned_char', { bytes: 1, isSigned: false }],
  ['unsigned_short', { bytes: 2, isSigned: false }],
  ['mad', { bytes: 2, isSigned: false }],
  ['short', { bytes: 2, isSigned: true }],
  ['signed_short', { bytes: 2, isSigned: true }],
  ['unsigned_long', { bytes: 4, isSigned: false }],
  ['unsigned_int', { bytes: 4, isSigned: false }],
  ['long', { bytes: 4, isSigned: true }],
  ['signed_long', { bytes: 4, isSigned: true }],
  ['int', { bytes: 4, isSigned: true }]
])

/**
 * Opens an SMV file.
 * @throws DiffractionError FILE_BROKEN, TOO_LARGE; FORMAT_UNKNOWN where pixels are no whole numbers, or compressed
 */
export function openSmv (file: ByteFile, { maxPixels }: Pick<OpenOptions, 'maxPixels'>): ImageFile {
  const { fields, start } = readHeader(file)
  const size = { width: numberIn(fields.get('SIZE1')) ?? NaN, height: numberIn(fields.get('SIZE2')) ?? NaN }
  checkSize(size, maxPixels)
  const type = types.get(fields.get('TYPE')?.toLowerCase() ?? 'unsigned_short')
  const compression = fields.get('COMPRESSION')?.toLowerCase() ?? 'none'
  if (type === undefined || compression !== 'none') throw new DiffractionError('FORMAT_UNKNOWN', 'The pixels of the SMV file are compressed, or no whole numbers of 8, 16 or 32 bits.')
  const missing = start + size.width * size.height * type.bytes - file.size
  if (missing > 0) throw new DiffractionError('FILE_BROKEN', `The SMV file ends ${missing} bytes before its frame does. It may still be being written, or was cut off on its way.`)
  const isLittleEndian = !/^big/i.test(fields.get('BYTE_ORDER') ?? '')
  return singleFrame(file, { format: 'smv', ...size, metadata: metadataFrom(fields, file.name, size, type), read: spare => readFrame(file, start, size, type, isLittleEndian, spare) })
}

/** Reads the fields of the header, and where the counts begin. */
function readHeader (file: ByteFile): { fields: Map<string, string>, start: number } {
  const head = file.read(0, Math.min(file.size, shortestHeader)).toString('latin1')
  const start = Number(/^\{\s{0,8}HEADER_BYTES=\s{0,20}(\d{1,8})\s{0,20};/.exec(head)?.[1] ?? NaN)
  if (!(start >= shortestHeader && start <= longestHeader)) throw new DiffractionError('FILE_BROKEN', 'The file is called SMV, but does not begin with a header of SMV.')
  const header = file.read(0, start).toString('latin1')
  const fields = new Map<string, string>()
  for (const entry of header.slice(1, Math.max(1, header.indexOf('}'))).split(';')) {
    const equals = entry.indexOf('=')
    const name = entry.slice(0, equals).trim().toUpperCase()
    if (equals > 0 && !fields.has(name)) fields.set(name, entry.slice(equals + 1).trim())
  }
  return { fields, start }
}

function metadataFrom (fields: Map<string, string>, name: string, size: FrameSize, type: CountType): Metadata {
  const number = (field: string) => numberIn(fields.get(field))
  const metres = (field: string) => {
    const millimetres = number(field)
    return millimetres === undefined ? undefined : millimetres / 1000
  }
  const pixel = number('PIXEL_SIZE')
  // As in MOSFLM, X is measured down the columns and Y along the rows. The origin of XDS is in pixels of the file, and leaves no doubt.
  const pixels = (field: string) => pixel === undefined || pixel <= 0 ? undefined : (number(field) ?? NaN) / pixel
  const serial = fields.get('DETECTOR_SN')
  return metadataOf({
    filename: text(name),
    detector: text(fields.get('DETECTOR') ?? fields.get('DETECTOR_TYPE') ?? (serial === undefined ? undefined : `ADSC ${serial}`)),
    detector_number: text(serial),
    beamline: text(fields.get('BEAMLINE')),
    data_collection_date: text(fields.get('DATE')),
    detector_distance: positive(metres('DISTANCE'), 'm'),
    rotationRange: real(number('OSC_RANGE'), 'deg'),
    startPhi: real(number('OSC_START') ?? number('PHI'), 'deg'),
    two_theta: real(number('TWOTHETA'), 'deg'),
    ...beamItems(number('WAVELENGTH')),
    beam_center_x: real(number('XDS_ORGX') ?? pixels('BEAM_CENTER_Y'), 'px'),
    beam_center_y: real(number('XDS_ORGY') ?? pixels('BEAM_CENTER_X'), 'px'),
    x_pixel_size: positive(metres('PIXEL_SIZE'), 'm'),
    y_pixel_size: positive(metres('PIXEL_SIZE'), 'm'),
    integrationTime: real(number('TIME'), 's'),
    saturation: integer(number('CCD_IMAGE_SATURATION')),
    ...frameItems(size, type)
  })
}

function readFrame (file: ByteFile, start: number, size: FrameSize, type: CountType, isLittleEndian: boolean, spare: SharedArrayBuffer | undefined): Frame {
  const counts = memoryOfCounts(type, size, spare)
  file.fill(counts, start)
  toHostOrder(counts, type, isLittleEndian)
  return frameOf(counts, type, size)
}
