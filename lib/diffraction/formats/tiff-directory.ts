// The first directory of a TIFF file: its fields, by tag. Directories after it are left alone, wherever they point.
// Specified in Adobe's "TIFF Revision 6.0" (1992), section 2.
import { DiffractionError } from '../diffraction-error.ts'
import type { ByteFile } from './byte-file.ts'

/** Tags that are looked at. */
export const tags = {
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  imageDescription: 270,
  make: 271,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  dateTime: 306,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339
} as const

/** A directory. */
export interface TiffDirectory {
  readonly isLittleEndian: boolean
  /** The first number of a field; undefined where there is no such field. @throws DiffractionError FILE_BROKEN where the field is no number */
  number (tag: number): number | undefined
  /**
   * The numbers of a field; undefined where there is no such field.
   * @param count - how many there must be
   * @throws DiffractionError FILE_BROKEN where there are fewer, or they are no whole numbers
   */
  numbers (tag: number, count: number): number[] | undefined
  /** The text of a field, up to 64 kB of it; undefined where there is none. */
  text (tag: number): string | undefined
}

/** A field as it lies in the directory. */
interface Field { readonly type: number, readonly count: number, readonly offset: number }

const fieldSize = 12
const longestText = 64 * 1024

/** Bytes of whole numbers by type: BYTE, SHORT, LONG. */
const numberSizes: ReadonlyMap<number, number> = new Map([[1, 1], [3, 2], [4, 4]])
const asciiType = 2

/** The byte order of a TIFF file by its first four bytes; undefined where it is none. */
export function tiffByteOrder (head: Uint8Array): 'little' | 'big' | undefined {
  const [a, b, c, d] = head
  if (a === 0x49 && b === 0x49 && c === 42 && d === 0) return 'little'
  return a === 0x4d && b === 0x4d && c === 0 && d === 42 ? 'big' : undefined
}

/**
 * Reads the first directory.
 * @throws DiffractionError FILE_BROKEN
 */
export function readDirectory (file: ByteFile): TiffDirectory {
  const head = file.read(0, Math.min(8, file.size))
  const order = tiffByteOrder(head)
  if (order === undefined || head.length < 8) throw new DiffractionError('FILE_BROKEN', 'The file is called TIFF, but is none.')
  const isLittleEndian = order === 'little'
  const word = (bytes: Buffer, at: number) => isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
  const half = (bytes: Buffer, at: number) => isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
  const start = word(head, 4)
  const length = half(file.read(start, 2), 0)
  const entries = file.read(start + 2, length * fieldSize)
  const fields = new Map<number, Field>()
  for (let at = 0; at < entries.length; at += fieldSize) {
    const tag = half(entries, at)
    // Values of up to four bytes lie where the offset of longer ones is.
    if (!fields.has(tag)) fields.set(tag, { type: half(entries, at + 2), count: word(entries, at + 4), offset: start + 2 + at + 8 })
  }

  const bytesOf = ({ offset }: Field, length: number, isLong: boolean) => file.read(isLong ? word(file.read(offset, 4), 0) : offset, length)
  const numbers = (tag: number, count: number) => {
    const field = fields.get(tag)
    if (field === undefined) return undefined
    const size = numberSizes.get(field.type)
    if (size === undefined || field.count < count) throw new DiffractionError('FILE_BROKEN', `Field ${tag} of the TIFF file has not the ${count} numbers that it must have.`)
    const bytes = bytesOf(field, count * size, field.count * size > 4)
    return Array.from({ length: count }, (_, index) => size === 4 ? word(bytes, 4 * index) : size === 2 ? half(bytes, 2 * index) : bytes.readUInt8(index))
  }
  return {
    isLittleEndian,
    numbers,
    number: tag => numbers(tag, 1)?.[0],
    text (tag) {
      const field = fields.get(tag)
      if (field?.type !== asciiType) return undefined
      return bytesOf(field, Math.min(field.count, longestText), field.count > 4).toString('latin1').replace(/\0[^]*$/, '')
    }
  }
}
