// Writes SMV files as detectors of ADSC write them, for tests.
import { writeFileSync } from 'node:fs'

/** What is written. */
export interface SmvFrame {
  readonly width: number
  readonly height: number
  /** Counts of 16 bits, or of what TYPE says, row by row. */
  readonly counts: ArrayLike<number>
  readonly isBigEndian?: boolean
  /** Fields instead of, and besides, the usual ones; undefined leaves one out. */
  readonly fields?: Readonly<Record<string, string | undefined>>
}

/** The bytes of an SMV file. */
export function smvBytes ({ width, height, counts, isBigEndian = false, fields = {} }: SmvFrame): Buffer {
  const all = {
    HEADER_BYTES: '  512',
    DIM: '2',
    BYTE_ORDER: isBigEndian ? 'big_endian' : 'little_endian',
    TYPE: 'unsigned_short',
    SIZE1: String(width),
    SIZE2: String(height),
    PIXEL_SIZE: '0.102592',
    BIN: '2x2',
    DETECTOR_SN: '926',
    DATE: 'Thu Jan  1 00:00:00 2026',
    TIME: '0.5',
    DISTANCE: '200.000',
    OSC_RANGE: '0.250',
    OSC_START: '12.500',
    TWOTHETA: '0.00',
    WAVELENGTH: '0.97946',
    BEAM_CENTER_X: '157.59',
    BEAM_CENTER_Y: '153.888',
    CCD_IMAGE_SATURATION: '65535',
    ...fields
  }
  const text = `{\n${Object.entries(all).flatMap(([name, value]) => value === undefined ? [] : [`${name}=${value};\n`]).join('')}}\n\f`
  const bits = Number(/char|short|long|int/.exec(all.TYPE ?? '')?.[0].replace('char', '8').replace('short', '16').replace(/long|int/, '32'))
  const size = (Number.isNaN(bits) ? 16 : bits) / 8
  const bytes = Buffer.alloc(counts.length * size)
  for (let index = 0; index < counts.length; index++) {
    const count = ((counts[index] as number) + 2 ** (8 * size)) % 2 ** (8 * size)
    isBigEndian ? bytes.writeUIntBE(count, index * size, size) : bytes.writeUIntLE(count, index * size, size)
  }
  return Buffer.concat([Buffer.concat([Buffer.from(text, 'latin1')], Math.max(text.length, Number(all.HEADER_BYTES) || 512)), bytes])
}

/** Writes an SMV file. */
export function writeSmv (file: string, frame: SmvFrame): void {
  writeFileSync(file, smvBytes(frame))
}
