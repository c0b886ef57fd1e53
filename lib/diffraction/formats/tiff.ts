// TIFF with one frame of whole numbers, as Eiger and Pilatus detectors write it for their monitors, and as many programs do: 8, 16 or 32 bits, signed or not,
// in strips or tiles, as they are or deflated. Fractions are refused: counts are whole. Specified in Adobe's "TIFF Revision 6.0" (1992); deflation in its
// "TIFF Technical Notes" (2002).
import { inflateSync } from 'node:zlib'
import { DiffractionError } from '../diffraction-error.ts'
import type { Frame } from '../frame.ts'
import type { MetadataItem } from '../metadata.ts'
import type { ByteFile } from './byte-file.ts'
import { checkSize, frameOf, memoryOfCounts, toHostOrder } from './counts.ts'
import type { CountType, FrameSize } from './counts.ts'
import { dectrisItems } from './dectris-header.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { frameItems, metadataOf } from './items.ts'
import { singleFrame } from './single-frame.ts'
import { readDirectory, tags } from './tiff-directory.ts'
import type { TiffDirectory } from './tiff-directory.ts'

/** Strips or tiles of a file at most; one for each row is usual. */
const mostPieces = 65536

/** Numbers that stand for how pieces are compressed. */
const uncompressed = 1
const deflated: ReadonlySet<number> = new Set([8, 32946])

/** Where the pixels of a TIFF file are: pieces in rows, all of one size, of which those at the right and below may reach beyond the frame. */
export interface TiffLayout extends FrameSize {
  readonly type: CountType
  readonly isLittleEndian: boolean
  readonly isDeflated: boolean
  /** Pixels of a piece. */
  readonly piece: FrameSize
  /** Whether a piece beyond the lower border has all its rows, as tiles do and strips do not. */
  readonly isPadded: boolean
  /** Where pieces are in the file, and how many bytes each has, row by row. */
  readonly offsets: readonly number[]
  readonly lengths: readonly number[]
}

/**
 * Opens a TIFF file.
 * @throws DiffractionError FILE_BROKEN, TOO_LARGE; FORMAT_UNKNOWN where pixels are colours, fractions, or compressed in another way
 */
export function openTiff (file: ByteFile, { maxPixels }: Pick<OpenOptions, 'maxPixels'>): ImageFile {
  const directory = readDirectory(file)
  const layout = readLayout(directory, maxPixels)
  const { width, height, type } = layout
  return singleFrame(file, { format: 'tiff', width, height, metadata: metadataOf({ ...describedIn(directory), ...frameItems(layout, type) }), read: spare => readPieces(file, layout, spare) })
}

/** What detectors of DECTRIS write into the description. */
function describedIn (directory: TiffDirectory): Record<string, MetadataItem | undefined> {
  const description = directory.text(tags.imageDescription)
  return description === undefined || !/^\s*#/.test(description) ? {} : dectrisItems(description)
}

/**
 * Reads where the pixels are.
 * @throws DiffractionError as `openTiff`
 */
export function readLayout (directory: TiffDirectory, maxPixels: number): TiffLayout {
  const size = { width: directory.number(tags.imageWidth) ?? NaN, height: directory.number(tags.imageLength) ?? NaN }
  checkSize(size, maxPixels)
  if ((directory.number(tags.samplesPerPixel) ?? 1) !== 1) throw new DiffractionError('FORMAT_UNKNOWN', 'The TIFF file is a picture in colours; frames have one count for each pixel.')
  const type = typeOf(directory.number(tags.bitsPerSample) ?? 1, directory.number(tags.sampleFormat) ?? 1)
  const compression = directory.number(tags.compression) ?? uncompressed
  const isDeflated = deflated.has(compression)
  if (compression !== uncompressed && !(isDeflated && (directory.number(tags.predictor) ?? 1) === 1)) throw new DiffractionError('FORMAT_UNKNOWN', 'The TIFF file is compressed in a way that is not known here. Write it uncompressed, or deflated without predictor.')
  const tileWidth = directory.number(tags.tileWidth)
  const isPadded = tileWidth !== undefined
  const piece = isPadded
    ? { width: tileWidth, height: directory.number(tags.tileLength) ?? 0 }
    : { width: size.width, height: Math.min(size.height, directory.number(tags.rowsPerStrip) ?? size.height) }
  if (piece.width < 1 || piece.height < 1) throw new DiffractionError('FILE_BROKEN', 'The TIFF file has strips or tiles without pixels.')
  const [across, down] = [Math.ceil(size.width / piece.width), Math.ceil(size.height / piece.height)]
  if (across * down > mostPieces) throw new DiffractionError('FILE_BROKEN', `The TIFF file has ${across * down} strips or tiles; up to ${mostPieces} are read.`)
  checkSize({ width: across * piece.width, height: isPadded ? down * piece.height : size.height }, Math.max(maxPixels, 4 * size.width * size.height))
  const offsets = directory.numbers(isPadded ? tags.tileOffsets : tags.stripOffsets, across * down)
  if (offsets === undefined) throw new DiffractionError('FILE_BROKEN', 'The TIFF file does not say where its pixels are.')
  const full = piece.width * piece.height * type.bytes
  // Some programs leave out how many bytes an uncompressed strip has.
  const lengths = directory.numbers(isPadded ? tags.tileByteCounts : tags.stripByteCounts, across * down) ?? offsets.map(() => full)
  return { ...size, type, isLittleEndian: directory.isLittleEndian, isDeflated, piece, isPadded, offsets, lengths }
}

function typeOf (bits: number, format: number): CountType {
  if (format === 3) throw new DiffractionError('FORMAT_UNKNOWN', 'The pixels of the TIFF file are fractions (floating point); counts are whole numbers.')
  const bytes = bits / 8
  if ((bytes === 1 || bytes === 2 || bytes === 4) && (format === 1 || format === 2)) return { bytes, isSigned: format === 2 }
  throw new DiffractionError('FORMAT_UNKNOWN', 'The pixels of the TIFF file are no whole numbers of 8, 16 or 32 bits.')
}

/**
 * Reads the frame, piece by piece.
 * @throws DiffractionError FILE_BROKEN
 */
export function readPieces (file: ByteFile, layout: TiffLayout, spare: SharedArrayBuffer | undefined): Frame {
  const { width, height, type, isLittleEndian, isDeflated, piece, isPadded, offsets, lengths } = layout
  // Pieces that overlap would have a file read many times over.
  if (isDeflated && lengths.reduce((sum, length) => sum + length, 0) > file.size) throw new DiffractionError('FILE_BROKEN', 'The strips or tiles of the TIFF file have more bytes than the file.')
  checkEnd(file, layout)
  const counts = memoryOfCounts(type, layout, spare)
  const rowBytes = width * type.bytes
  if (isContiguous(layout)) {
    file.fill(counts, offsets[0] as number)
  } else {
    const across = Math.ceil(width / piece.width)
    const pieceRow = piece.width * type.bytes
    for (const [index, offset] of offsets.entries()) {
      const left = index % across * pieceRow
      const top = Math.floor(index / across) * piece.height
      const rows = Math.min(piece.height, height - top)
      const bytes = readPiece(file, offset, lengths[index] as number, (isPadded ? piece.height : rows) * pieceRow, isDeflated)
      const taken = Math.min(pieceRow, rowBytes - left)
      for (let row = 0; row < rows; row++) counts.set(bytes.subarray(row * pieceRow, row * pieceRow + taken), (top + row) * rowBytes + left)
    }
  }
  toHostOrder(counts, type, isLittleEndian)
  return frameOf(counts, type, { width, height })
}

/** Refuses a file that is too short before memory is taken. */
function checkEnd (file: ByteFile, { offsets, lengths, piece, type, isDeflated, height, isPadded, width }: TiffLayout): void {
  const across = Math.ceil(width / piece.width)
  for (const [index, offset] of offsets.entries()) {
    const rows = isPadded ? piece.height : Math.min(piece.height, height - Math.floor(index / across) * piece.height)
    const length = lengths[index] as number
    const needed = isDeflated ? length : rows * piece.width * type.bytes
    if (length < needed || offset + needed > file.size) throw new DiffractionError('FILE_BROKEN', 'The TIFF file ends before its pixels do, or a strip of it is too short. It may still be being written, or was cut off on its way.')
  }
}

/** Whether the frame lies in the file as it lies in memory. */
function isContiguous ({ isDeflated, isPadded, piece, type, offsets }: TiffLayout): boolean {
  const length = piece.width * piece.height * type.bytes
  return !isDeflated && !isPadded && offsets.every((offset, index) => offset === (offsets[0] as number) + index * length)
}

function readPiece (file: ByteFile, offset: number, length: number, needed: number, isDeflated: boolean): Uint8Array {
  if (!isDeflated) return file.read(offset, needed)
  const packed = file.read(offset, length)
  const bytes = inflate(packed, needed)
  if (bytes.length < needed) throw new DiffractionError('FILE_BROKEN', 'A strip or tile of the TIFF file has fewer pixels than it must have.')
  return bytes
}

function inflate (packed: Buffer, most: number): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: most })
  } catch {
    throw new DiffractionError('FILE_BROKEN', 'A strip or tile of the TIFF file cannot be inflated to the pixels that it must have.')
  }
}
