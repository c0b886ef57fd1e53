// MarCCD, as CCD detectors of Rayonix (formerly mar) write it: a TIFF file of 16-bit counts whose first 4096 bytes are 1024 of TIFF and 3072 of a header of
// numbers at fixed places, in the byte order of the machine that wrote it. Specified by Rayonix as the "frame header" of the program marccd.
import type { Metadata } from '../metadata.ts'
import type { ByteFile } from './byte-file.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { beamItems, frameItems, integer, metadataOf, positive, real, text } from './items.ts'
import { singleFrame } from './single-frame.ts'
import { openTiff, readLayout, readPieces } from './tiff.ts'
import type { TiffLayout } from './tiff.ts'
import { readDirectory } from './tiff-directory.ts'

/** Where the header begins, and how long it is. */
const headerStart = 1024
const headerLength = 3072

/** Where its blocks begin, from its own beginning. */
const [statistics, goniostat, detector, source, fileBlock] = [256, 640, 768, 896, 1024]

/** The number that says which byte order the header has, and where it is. */
const orderMark = 1234
const orderPlace = 28

/** The header, by place. */
interface Header {
  /** A number without sign, and one with. */
  count (place: number): number
  signed (place: number): number
  text (place: number, length: number): string
}

/**
 * Opens a MarCCD file. One without its header, or whose header is of other pixels, is opened as the TIFF file that it is.
 * @throws DiffractionError as `openTiff`
 */
export function openMarccd (file: ByteFile, options: Pick<OpenOptions, 'maxPixels'>): ImageFile {
  const layout = readLayout(readDirectory(file), options.maxPixels)
  const header = readHeader(file, layout)
  if (header === undefined) return openTiff(file, options)
  const { width, height } = layout
  return singleFrame(file, { format: 'marccd', width, height, metadata: metadataFrom(header, layout), read: spare => readPieces(file, layout, spare) })
}

/** Reads the header; undefined where there is none. */
function readHeader (file: ByteFile, { width, height, type, offsets }: TiffLayout): Header | undefined {
  if (file.size < headerStart + headerLength || offsets.some(offset => offset < headerStart + headerLength)) return undefined
  const bytes = file.read(headerStart, headerLength)
  const isLittleEndian = bytes.readUInt32LE(orderPlace) === orderMark || (bytes.readUInt32BE(orderPlace) !== orderMark && isLike(bytes, true))
  const header: Header = {
    count: place => isLittleEndian ? bytes.readUInt32LE(place) : bytes.readUInt32BE(place),
    signed: place => isLittleEndian ? bytes.readInt32LE(place) : bytes.readInt32BE(place),
    text: (place, length) => bytes.toString('latin1', place, place + length).replace(/\0[^]*$/, '')
  }
  return header.count(80) === width && header.count(84) === height && header.count(88) === type.bytes ? header : undefined

  function isLike (bytes: Buffer, little: boolean): boolean {
    return (little ? bytes.readUInt32LE(80) : bytes.readUInt32BE(80)) === width
  }
}

function metadataFrom (header: Header, { width, height, type }: TiffLayout): Metadata {
  const thousandths = (place: number) => header.signed(place) / 1000
  const comment = header.text(fileBlock + 416, 512)
  return metadataOf({
    filename: text(header.text(fileBlock + 256, 64)),
    filepath: text(header.text(fileBlock + 128, 128)),
    comment: text(comment),
    detector: text(inComment(comment, 'detector') ?? modelOf(height)),
    beamline: text(inComment(comment, 'LS_CAT_Beamline')),
    detector_distance: positive(header.signed(goniostat) / 1e6, 'm'),
    rotationRange: real(thousandths(goniostat + 96), 'deg'),
    startPhi: real(thousandths(goniostat + 44), 'deg'),
    ...beamItems(header.signed(source + 12) / 1e5),
    beam_center_x: real(thousandths(goniostat + 4), 'px'),
    beam_center_y: real(thousandths(goniostat + 8), 'px'),
    x_pixel_size: positive(header.signed(detector + 4) / 1e9, 'm'),
    y_pixel_size: positive(header.signed(detector + 8) / 1e9, 'm'),
    integrationTime: real(thousandths(goniostat + 12), 's'),
    exposureTime: real(thousandths(goniostat + 16), 's'),
    readoutTime: real(thousandths(goniostat + 20), 's'),
    meanValue: real(header.count(statistics + 32) / 1000),
    rmsValue: real(header.count(statistics + 36) / 1000),
    nSaturated: integer(header.count(statistics + 44)),
    saturation: integer(header.count(204)),
    minValue: integer(header.count(statistics + 24)),
    maxValue: integer(header.count(statistics + 28)),
    ...frameItems({ width, height }, type)
  })
}

/** The value of `name='value'` in a comment. */
function inComment (comment: string, name: 'detector' | 'LS_CAT_Beamline'): string | undefined {
  return new RegExp(`\\b${name}='([^']*)'`).exec(comment)?.[1]
}

/** The detector by its rows, binned or not, as the LS-CAT image server takes it where the comment does not say. */
function modelOf (rows: number): string {
  if ([3072, 1536, 768].includes(rows)) return 'Rayonix MX-225'
  return [4096, 2048, 1024].includes(rows) ? 'Rayonix MX-300' : 'Unknown'
}
