// Writes CBF files as detectors of DECTRIS and programs write them, for tests.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

/** What is written. */
export interface CbfFrame {
  readonly width: number
  readonly height: number
  /** Counts, row by row. */
  readonly counts: ArrayLike<number>
  /** Bits of a count; signed 32 unless told. */
  readonly type?: `${'' | 'un'}signed ${8 | 16 | 32}-bit integer`
  /** Compressed by differences unless told. */
  readonly conversion?: 'x-CBF_BYTE_OFFSET' | 'x-CBF_PACKED' | 'x-CBF_NONE'
  /** Text before the binary section; a header of a Pilatus unless told. */
  readonly header?: string
  /** Fields of the binary section instead of those that follow from the counts; undefined leaves one out. */
  readonly fields?: Readonly<Record<string, string | undefined>>
  /** The bytes of the section instead of the counts. */
  readonly bytes?: Uint8Array
}

/** A header as a Pilatus 6M writes it. */
export const pilatusHeader = [
  '###CBF: VERSION 1.5, CBFlib v0.7.8 - SLS/DECTRIS PILATUS detectors', '', 'data_frame', '', '_array_data.header_convention "PILATUS_1.2"', '_array_data.header_contents', ';',
  '# Detector: PILATUS3 6M, S/N 60-0001', '# 2026-01-01T00:00:00.000', '# Pixel_size 172e-6 m x 171e-6 m', '# Silicon sensor, thickness 0.001000 m', '# Exposure_time 0.0990000 s',
  '# Exposure_period 0.1000000 s', '# Tau = 0 s', '# Count_cutoff 1048574 counts', '# Threshold_setting: 6331 eV', '# N_excluded_pixels = 1', '# Wavelength 0.97918 A',
  '# Detector_distance 0.30000 m', '# Beam_xy (1231.50, 1263.25) pixels', '# Start_angle 10.0000 deg.', '# Angle_increment 0.1000 deg.', '# Detector_2theta 0.0000 deg.',
  '# Kappa 0.0000 deg.', '# Phi 1.5000 deg.', '# Chi 0.0000 deg.', ';', '', ''
].join('\r\n')

/** The bytes of a CBF file. */
export function cbfBytes ({ width, height, counts, type = 'signed 32-bit integer', conversion = 'x-CBF_BYTE_OFFSET', header = pilatusHeader, fields = {}, bytes }: CbfFrame): Buffer {
  const section = bytes ?? (conversion === 'x-CBF_NONE' ? rawBytes(counts, Number(/\d+/.exec(type)) / 8) : byteOffset(counts))
  const lines = Object.entries({
    'Content-Type': `application/octet-stream;\r\n     conversions="${conversion}"`,
    'Content-Transfer-Encoding': 'BINARY',
    'X-Binary-Size': String(section.length),
    'X-Binary-ID': '1',
    'X-Binary-Element-Type': `"${type}"`,
    'X-Binary-Element-Byte-Order': 'LITTLE_ENDIAN',
    'Content-MD5': createHash('md5').update(section).digest('base64'),
    'X-Binary-Number-of-Elements': String(width * height),
    'X-Binary-Size-Fastest-Dimension': String(width),
    'X-Binary-Size-Second-Dimension': String(height),
    'X-Binary-Size-Padding': '4095',
    ...fields
  }).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`])
  return Buffer.concat([
    Buffer.from(`${header}_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r\n${lines.join('\r\n')}\r\n\r\n\x0c\x1a\x04\xd5`, 'latin1'),
    section, Buffer.alloc(4095), Buffer.from('\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n')
  ])
}

/** Writes a CBF file. */
export function writeCbf (file: string, frame: CbfFrame): void {
  writeFileSync(file, cbfBytes(frame))
}

/** Counts as differences. */
export function byteOffset (counts: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(15 * counts.length)
  let at = 0
  let last = 0
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index] as number
    const difference = count - last
    last = count
    if (Math.abs(difference) < 0x80) {
      at = bytes.writeInt8(difference, at)
      continue
    }
    at = bytes.writeInt8(-0x80, at)
    if (Math.abs(difference) < 0x8000) {
      at = bytes.writeInt16LE(difference, at)
      continue
    }
    at = bytes.writeInt16LE(-0x8000, at)
    if (Math.abs(difference) < 0x80000000) {
      at = bytes.writeInt32LE(difference, at)
      continue
    }
    at = bytes.writeInt32LE(-0x80000000, at)
    at = bytes.writeBigInt64LE(BigInt(difference), at)
  }
  return bytes.subarray(0, at)
}

function rawBytes (counts: ArrayLike<number>, size: number): Buffer {
  const bytes = Buffer.alloc(counts.length * size)
  for (let index = 0; index < counts.length; index++) bytes.writeUIntLE((counts[index] as number) % 2 ** (8 * size) + ((counts[index] as number) < 0 ? 2 ** (8 * size) : 0), index * size, size)
  return bytes
}
