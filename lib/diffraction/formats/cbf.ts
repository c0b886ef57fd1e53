// CBF, the crystallographic binary file: text in CIF, then one frame, compressed. DECTRIS write it with a header of their own (miniCBF), others with the
// categories of imgCIF. Specified in International Tables for Crystallography G, 2.3 and 5.6 (https://www.bernstein-plus-sons.com/software/CBF/).
import { createHash } from 'node:crypto'
import { DiffractionError } from '../diffraction-error.ts'
import type { Frame } from '../frame.ts'
import type { Metadata } from '../metadata.ts'
import { decodeByteOffset, longestDifference } from './byte-offset.ts'
import type { ByteFile } from './byte-file.ts'
import { checkSize, frameOf, memoryOfCounts, pixelsFor, toHostOrder } from './counts.ts'
import type { CountType, FrameSize } from './counts.ts'
import { firstValue, readCif } from './cif.ts'
import { dectrisItems } from './dectris-header.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { imgCifItems } from './imgcif.ts'
import { frameItems, metadataOf, text } from './items.ts'
import { singleFrame } from './single-frame.ts'

/** What begins the binary section, and what its bytes begin after. */
const sectionMark = '--CIF-BINARY-FORMAT-SECTION--'
const bytesMark = Buffer.from([0x0c, 0x1a, 0x04, 0xd5])

/** Bytes at the beginning that are read at once, where nearly all headers end, and at most. */
const usualHeader = 16 * 1024
const longestHeader = 4 * 1024 * 1024

/** The binary section as its header says. */
interface Section extends FrameSize {
  readonly type: CountType
  readonly isCompressed: boolean
  readonly isLittleEndian: boolean
  /** Where its bytes begin in the file, and how many they are. */
  readonly start: number
  readonly length: number
  /** MD5 of the bytes in base64; undefined where the file has none. */
  readonly digest: string | undefined
}

/**
 * Opens a CBF file.
 * @throws DiffractionError FILE_BROKEN, TOO_LARGE; FORMAT_UNKNOWN where pixels are compressed in another way or are no whole numbers
 */
export function openCbf (file: ByteFile, { maxPixels }: Pick<OpenOptions, 'maxPixels'>): ImageFile {
  const { cif, fields, start } = readHeader(file)
  const section = sectionOf(fields, start, file.size, maxPixels)
  return singleFrame(file, { format: 'cbf', width: section.width, height: section.height, metadata: metadataFrom(cif, file.name, section), read: spare => readFrame(file, section, spare) })
}

/** Finds the text before the binary section, the fields of that, and where its bytes begin. */
function readHeader (file: ByteFile): { cif: string, fields: Map<string, string>, start: number } {
  for (const length of [usualHeader, longestHeader]) {
    const head = file.read(0, Math.min(file.size, length))
    const mark = head.indexOf(sectionMark)
    const end = mark < 0 ? -1 : head.indexOf(bytesMark, mark)
    if (end >= 0) return { cif: head.toString('latin1', 0, mark), fields: readFields(head.toString('latin1', mark + sectionMark.length, end)), start: end + bytesMark.length }
    if (file.size <= length) break
  }
  throw new DiffractionError('FILE_BROKEN', 'The CBF file has no binary section, or it does not begin within the first 4 MB.')
}

/** Reads fields as in mail (RFC 5322): lines that begin with a space go on with the one before. */
function readFields (header: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of header.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
  }
  return fields
}

/** What the fields say, checked against each other and against the file. */
function sectionOf (fields: Map<string, string>, start: number, fileSize: number, maxPixels: number): Section {
  const number = (name: string) => {
    const value = fields.get(name)
    return value === undefined ? undefined : /^\d{1,15}$/.test(value) ? Number(value) : NaN
  }
  const size = { width: number('x-binary-size-fastest-dimension') ?? NaN, height: number('x-binary-size-second-dimension') ?? NaN }
  checkSize(size, maxPixels)
  const pixels = size.width * size.height
  if ((number('x-binary-size-third-dimension') ?? 1) !== 1) throw new DiffractionError('FORMAT_UNKNOWN', 'The CBF file has several frames in one section; it is read with one alone.')
  if ((number('x-binary-number-of-elements') ?? pixels) !== pixels) throw new DiffractionError('FILE_BROKEN', 'The CBF file has another number of pixels than its width and height.')
  const type = typeOf(fields.get('x-binary-element-type'))
  const isCompressed = isByteOffset(fields)
  const length = number('x-binary-size') ?? NaN
  if (isCompressed ? !(length >= pixels && length <= longestDifference * pixels) : length !== pixels * type.bytes) throw new DiffractionError('FILE_BROKEN', `The binary section of the CBF file cannot have ${fields.get('x-binary-size') ?? 'no'} bytes for ${pixels} pixels.`)
  if (start + length > fileSize) throw new DiffractionError('FILE_BROKEN', `The CBF file ends ${start + length - fileSize} bytes before its frame does. It may still be being written, or was cut off on its way.`)
  // CBFlib writes dashes where it has not computed one.
  const digest = /^[A-Za-z0-9+/]{22}==$/.exec(fields.get('content-md5') ?? '')?.[0]
  return { ...size, type, isCompressed, isLittleEndian: !/big_endian/i.test(fields.get('x-binary-element-byte-order') ?? ''), start, length, digest }
}

function typeOf (named = 'unsigned 32-bit integer'): CountType {
  const [, sign = '', bits = ''] = /^"?(un)?signed (8|16|32)-bit integer"?$/i.exec(named) ?? []
  const bytes = Number(bits) / 8
  if (bytes === 1 || bytes === 2 || bytes === 4) return { bytes, isSigned: sign === '' }
  throw new DiffractionError('FORMAT_UNKNOWN', 'The pixels of the CBF file are no whole numbers of 8, 16 or 32 bits.')
}

/** Whether the section is compressed by differences; otherwise it is not compressed. */
function isByteOffset (fields: Map<string, string>): boolean {
  if (!/^binary$/i.test(fields.get('content-transfer-encoding') ?? 'binary')) throw new DiffractionError('FORMAT_UNKNOWN', 'The frame of the CBF file is written as text; only binary ones are read.')
  const [, conversion] = /conversions\s*=\s*"?([^";\s]+)/i.exec(fields.get('content-type') ?? '') ?? []
  if (conversion === undefined || /^x-cbf_none$/i.test(conversion)) return false
  if (/^x-cbf_byte_offset$/i.test(conversion)) return true
  throw new DiffractionError('FORMAT_UNKNOWN', 'The frame of the CBF file is compressed in a way that is not known here; x-CBF_BYTE_OFFSET is.')
}

function metadataFrom (source: string, name: string, { type, ...size }: Section): Metadata {
  const cif = readCif(source)
  const contents = firstValue(cif, '_array_data.header_contents')
  return metadataOf({ filename: text(name), ...frameItems(size, type), ...imgCifItems(cif), ...(contents !== undefined && known(dectrisItems(contents))) })
}

/** The items that there are, so that those of a DECTRIS header leave alone what it does not say. */
function known<Item> (items: Record<string, Item | undefined>): Record<string, Item | undefined> {
  return Object.fromEntries(Object.entries(items).filter(([, item]) => item !== undefined))
}

function readFrame (file: ByteFile, { width, height, type, isCompressed, isLittleEndian, start, length, digest }: Section, spare: SharedArrayBuffer | undefined): Frame {
  const bytes = file.read(start, length)
  if (digest !== undefined && createHash('md5').update(bytes).digest('base64') !== digest) throw new DiffractionError('FILE_BROKEN', 'The frame of the CBF file is not the one that was written: its MD5 is another.')
  if (isCompressed) {
    const pixels = pixelsFor(type, { width, height }, spare)
    return { width, height, pixels, mask: decodeByteOffset(bytes, pixels, type) }
  }
  const counts = memoryOfCounts(type, { width, height }, spare)
  counts.set(bytes)
  toHostOrder(counts, type, isLittleEndian)
  return frameOf(counts, type, { width, height })
}
