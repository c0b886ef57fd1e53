// A JPEG that several threads have written a share of each. After a restart marker an encoder begins as it does at the beginning, so shares that end at whole units (MCU) are joined by
// markers alone, and the pixels are those of a picture written in one go (ITU-T T.81, https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1 and E.1.4).
import type { Drawing } from '../view.ts'

/** Rows of a picture: the first, and the one after the last. */
export type Rows = readonly [from: number, to: number]

/** Highest unit there is in our files, in pixels. */
const unitHeight = 16

/** Most units between two restart markers. */
const longestInterval = 0xffff

/** Codes of markers, after 0xff. */
const marker = { startOfImage: 0xd8, endOfImage: 0xd9, frame: 0xc0, restartInterval: 0xdd, restart: 0xd0, scan: 0xda }

/** The rows of each share of a picture; all of them in one where there is no way to join shares of it. */
export function rowsOfShares ({ width, height }: { readonly width: number, readonly height: number }, drawing: Pick<Drawing, 'format' | 'label' | 'overlays' | 'turn' | 'tone'>, shares: number): Rows[] {
  const { format, label, overlays, tone = 'colour', turn = { mirror: false, rotation: 0 } } = drawing
  const rows = Math.ceil(height / shares / unitHeight) * unitHeight
  const isSimple = format === 'jpeg' && label === undefined && overlays === undefined && tone === 'colour' && !turn.mirror && turn.rotation === 0
  if (!isSimple || rows >= height || Math.ceil(width / 8) * (rows / 8) > longestInterval) return [[0, height]]
  return Array.from({ length: Math.ceil(height / rows) }, (_, share) => [share * rows, Math.min(height, (share + 1) * rows)])
}

/** Joins baseline JPEGs of the rows that `rowsOfShares` gives, from the topmost on, all written with the same settings. */
export function joinJpegs (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const opened = parts.map(openJpeg)
  const [first] = opened
  if (first === undefined) throw new RangeError('There is no JPEG to join')
  const head = Uint8Array.from(first.head)
  const view = new DataView(head.buffer)
  view.setUint16(first.heightAt, opened.reduce((height, part) => height + part.height, 0))
  const interval = Uint8Array.of(0xff, marker.restartInterval, 0, 4, first.units >> 8, first.units & 0xff)
  const pieces: Uint8Array[] = [head.subarray(0, first.scanAt), interval, head.subarray(first.scanAt)]
  for (const [share, { scan }] of opened.entries()) {
    if (share > 0) pieces.push(Uint8Array.of(0xff, marker.restart + (share - 1) % 8))
    pieces.push(scan)
  }
  pieces.push(Uint8Array.of(0xff, marker.endOfImage))
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** A JPEG, taken apart. */
interface OpenedJpeg {
  /** All before the entropy-coded data. */
  readonly head: Uint8Array
  /** Where in the head the height is, and where the header of the scan begins. */
  readonly heightAt: number
  readonly scanAt: number
  readonly height: number
  /** Units (MCU) of the scan. */
  readonly units: number
  /** The entropy-coded data. */
  readonly scan: Uint8Array
}

/** Takes a baseline JPEG with one scan apart. @throws RangeError where it is none */
function openJpeg (bytes: Uint8Array): OpenedJpeg {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let frame: Pick<OpenedJpeg, 'heightAt' | 'height' | 'units'> | undefined
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const next = at + 2 + view.getUint16(at + 2)
    if (bytes[at + 1] === marker.frame) frame = readFrame(view, at)
    if (bytes[at + 1] === marker.scan && frame !== undefined) return { ...frame, head: bytes.subarray(0, next), scanAt: at, scan: bytes.subarray(next, bytes.length - 2) }
    at = next
  }
  throw new RangeError('The encoder has not written a baseline JPEG')
}

function readFrame (view: DataView, at: number): Pick<OpenedJpeg, 'heightAt' | 'height' | 'units'> {
  const heightAt = at + 5
  const height = view.getUint16(heightAt)
  const width = view.getUint16(heightAt + 2)
  const samplings = Array.from({ length: view.getUint8(heightAt + 4) }, (_, component) => view.getUint8(heightAt + 6 + 3 * component))
  // Of one component alone each block is a unit, whatever its sampling.
  const size = (shift: number) => 8 * (samplings.length === 1 ? 1 : Math.max(...samplings.map(sampling => sampling >> shift & 0xf)))
  return { heightAt, height, units: Math.ceil(width / size(4)) * Math.ceil(height / size(0)) }
}
