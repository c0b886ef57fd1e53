// Writes TIFF files as detectors and programs write them, for tests.
import { writeFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'

/** What is written. */
export interface TiffFrame {
  readonly width: number
  readonly height: number
  /** Counts, row by row. */
  readonly counts: ArrayLike<number>
  /** Bits of a count; 16 unless told. */
  readonly bits?: 8 | 16 | 32
  readonly isSigned?: boolean
  readonly isBigEndian?: boolean
  /** Rows of a strip; all unless told. */
  readonly rowsPerStrip?: number
  /** Pixels of a tile; strips unless told. */
  readonly tile?: { readonly width: number, readonly height: number }
  readonly isDeflated?: boolean
  readonly description?: string
  /** Bytes before the pixels, in which the directory lies; as many as it needs unless told. */
  readonly lead?: Buffer
  /** Where the directory after the first one is said to be. */
  readonly nextDirectory?: number
  /** Numbers of fields instead of those that follow from the counts. */
  readonly fields?: Readonly<Record<number, readonly number[]>>
}

const types = { short: 3, long: 4, ascii: 2 }

/** The bytes of a TIFF file. */
export function tiffBytes (frame: TiffFrame): Buffer {
  const { width, height, bits = 16, isSigned = false, isBigEndian = false, rowsPerStrip = height, tile, isDeflated = false, description, lead = Buffer.alloc(8), nextDirectory = 0, fields = {} } = frame
  const pieces = piecesOf(frame).map(piece => isDeflated ? deflateSync(piece) : piece)
  // Large values come after the directory, then the pixels.
  const text = description === undefined ? [] : [[270, [...Buffer.from(`${description}\0`, 'latin1')]] as const]
  const numbers = new Map<number, readonly number[]>([
    [256, [width]], [257, [height]], [258, [bits]], [259, [isDeflated ? 8 : 1]], [262, [1]], ...text, [277, [1]],
    ...(tile === undefined
      ? [[273, pieces.map(() => 0)], [278, [rowsPerStrip]], [279, pieces.map(({ length }) => length)]] as const
      : [[322, [tile.width]], [323, [tile.height]], [324, pieces.map(() => 0)], [325, pieces.map(({ length }) => length)]] as const),
    [339, [isSigned ? 2 : 1]]
  ])
  for (const [tag, values] of Object.entries(fields)) numbers.set(Number(tag), values)
  const entries = [...numbers].sort(([one], [other]) => one - other)
  const start = 8
  const directoryEnd = start + 2 + 12 * entries.length + 4
  const sizeOf = (tag: number, values: readonly number[]) => values.length * (tag === 270 ? 1 : 4)
  const valuesEnd = entries.reduce((sum, [tag, values]) => sum + (sizeOf(tag, values) > 4 ? sizeOf(tag, values) : 0), directoryEnd)
  const pixelsStart = Math.max(valuesEnd, lead.length)
  let offset = pixelsStart
  const offsets = pieces.map(({ length }) => (offset += length) - length)
  const offsetsTag = tile === undefined ? 273 : 324
  const head = Buffer.concat([lead, Buffer.alloc(pixelsStart)], pixelsStart)
  const put = (value: number, at: number, size: 1 | 2 | 4) => isBigEndian ? head.writeUIntBE(value, at, size) : head.writeUIntLE(value, at, size)
  head.write(isBigEndian ? 'MM' : 'II', 0, 'latin1')
  put(42, 2, 2)
  put(start, 4, 4)
  put(entries.length, start, 2)
  let place = directoryEnd
  for (const [index, [tag, given]] of entries.entries()) {
    const at = start + 2 + 12 * index
    const values = tag === offsetsTag && fields[tag] === undefined ? offsets : given
    const size = tag === 270 ? 1 : 4
    put(tag, at, 2)
    put(tag === 270 ? types.ascii : types.long, at + 2, 2)
    put(values.length, at + 4, 4)
    const isLong = values.length * size > 4
    if (isLong) put(place, at + 8, 4)
    values.forEach((value, each) => { put(value, (isLong ? place : at + 8) + each * size, size) })
    if (isLong) place += values.length * size
  }
  put(nextDirectory, directoryEnd - 4, 4)
  return Buffer.concat([head, ...pieces])
}

/** Writes a TIFF file. */
export function writeTiff (file: string, frame: TiffFrame): void {
  writeFileSync(file, tiffBytes(frame))
}

/** The strips or tiles of a frame. */
function piecesOf ({ width, height, counts, bits = 16, isSigned = false, isBigEndian = false, rowsPerStrip = height, tile }: TiffFrame): Buffer[] {
  const size = bits / 8
  const piece = tile ?? { width, height: rowsPerStrip }
  const pieces: Buffer[] = []
  for (let top = 0; top < height; top += piece.height) {
    const rows = tile === undefined ? Math.min(piece.height, height - top) : piece.height
    for (let left = 0; left < width; left += piece.width) {
      const bytes = Buffer.alloc(rows * piece.width * size)
      for (let row = 0; row < Math.min(rows, height - top); row++) {
        for (let column = 0; column < Math.min(piece.width, width - left); column++) {
          const count = counts[(top + row) * width + left + column] as number
          const at = (row * piece.width + column) * size
          if (isSigned) isBigEndian ? bytes.writeIntBE(count, at, size) : bytes.writeIntLE(count, at, size)
          else isBigEndian ? bytes.writeUIntBE(count, at, size) : bytes.writeUIntLE(count, at, size)
        }
      }
      pieces.push(bytes)
    }
  }
  return pieces
}
