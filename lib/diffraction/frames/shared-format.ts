// How reduced frames are written for others to read: the letters TDR1, the length of a header (32 bits), the header (JSON), pixels, mask, and the CRC-32 of all that. Numbers are
// little-endian. What is read is believed in nothing: it may be damaged, of another program, or forged.
import { crc32 } from 'node:zlib'
import type { Reduced, Reduction, Statistics } from '../view.ts'

const magic = 'TDR1'

/** Where the header begins. */
const prefix = 8

/** Longest header that is read, in bytes. */
const longestHeader = 4096

const depths = { u16: 2, u32: 4, f32: 4 } as const

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: keyof typeof depths
  readonly isMasked: boolean
  readonly window: readonly [x: number, y: number, width: number, height: number]
  readonly statistics: Statistics
  readonly spots?: number
}

/** Writes a reduced frame. */
export function writeReduced ({ width, height, pixels, mask, window, statistics, spots }: Reduced): Uint8Array {
  const depth = pixels instanceof Float32Array ? 'f32' : pixels instanceof Uint16Array ? 'u16' : 'u32'
  const header: Header = {
    width,
    height,
    depth,
    isMasked: mask !== undefined,
    window: [window.x, window.y, window.width, window.height],
    statistics,
    ...spots !== undefined && { spots }
  }
  const text = Buffer.from(JSON.stringify(header))
  const bytes = Buffer.allocUnsafe(prefix + text.length + pixels.byteLength + (mask?.byteLength ?? 0) + 4)
  bytes.write(magic, 'latin1')
  bytes.writeUInt32LE(text.length, magic.length)
  text.copy(bytes, prefix)
  let at = prefix + text.length
  bytes.set(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength), at)
  at += pixels.byteLength
  if (mask !== undefined) bytes.set(mask, at)
  at += mask?.byteLength ?? 0
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at)
  return bytes
}

/**
 * Reads what `writeReduced` wrote.
 * @param bytes - from anybody
 * @param expected - the size that it must have
 * @returns undefined where it is anything else
 */
export function readReduced (bytes: Uint8Array, { width, height }: Pick<Reduction, 'width' | 'height'>): Reduced | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (all.length < prefix + 4 || all.toString('latin1', 0, magic.length) !== magic) return undefined
  const end = prefix + all.readUInt32LE(magic.length)
  if (end > prefix + longestHeader || end + 4 > all.length) return undefined
  const header = parsed(all.toString('utf8', prefix, end))
  if (header === undefined || header.width !== width || header.height !== height) return undefined
  const pixelBytes = width * height * depths[header.depth]
  const maskBytes = header.isMasked ? width * height : 0
  const length = end + pixelBytes + maskBytes
  if (all.length !== length + 4 || crc32(all.subarray(0, length)) !== all.readUInt32LE(length)) return undefined
  const [x, y, windowWidth, windowHeight] = header.window
  return {
    width,
    height,
    pixels: pixelsIn(shared(all.subarray(end, end + pixelBytes)).buffer, header.depth),
    mask: header.isMasked ? shared(all.subarray(end + pixelBytes, length)) : undefined,
    window: { x, y, width: windowWidth, height: windowHeight },
    statistics: header.statistics,
    spots: header.spots
  }
}

function pixelsIn (memory: SharedArrayBuffer, depth: Header['depth']): Reduced['pixels'] {
  if (depth === 'f32') return new Float32Array(memory)
  return depth === 'u16' ? new Uint16Array(memory) : new Uint32Array(memory)
}

function shared (bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

function parsed (text: string): Header | undefined {
  try {
    const header: Record<keyof Header, unknown> = JSON.parse(text)
    const { width, height, depth, isMasked, window, spots } = header
    const statistics = statisticsIn(header.statistics)
    if (!isNumber(width) || !isNumber(height) || typeof isMasked !== 'boolean' || statistics === undefined) return undefined
    if (depth !== 'u16' && depth !== 'u32' && depth !== 'f32') return undefined
    const [x, y, across, down]: unknown[] = Array.isArray(window) ? window : []
    if (!isNumber(x) || !isNumber(y) || !isNumber(across) || !isNumber(down) || across < 1 || down < 1) return undefined
    if (spots !== undefined && !isNumber(spots)) return undefined
    return { width, height, depth, isMasked, window: [x, y, across, down], statistics, ...spots !== undefined && { spots } }
  } catch {
    return undefined
  }
}

function statisticsIn (value: unknown): Statistics | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { n, mean, rms, stddev, min, max, saturated } = value as Record<keyof Statistics, unknown>
  if (!isNumber(n) || !isNumber(saturated)) return undefined
  const others = { mean, rms, stddev, min, max }
  const isSound = Object.values(others).every(each => each === undefined || isNumber(each))
  return isSound ? { n, saturated, ...others as Pick<Statistics, 'mean' | 'rms' | 'stddev' | 'min' | 'max'> } : undefined
}

function isNumber (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
