// The loops of simd.wat, and the memory that they work in. Beside loops in JavaScript they take a half or less of the time, and they are as fast at the first frame of a thread
// as at the last: npm run bench:diffraction measures what comes of it.
import { readFileSync } from 'node:fs'

/** The loops; simd.wat says what each does. Places are bytes from the beginning of the memory. */
export interface Simd {
  readonly lz4: (from: number, end: number, to: number, limit: number) => number
  readonly block: (at: number, end: number, room: number, bytes: number) => number
  readonly blocksToCounts: (at: number, end: number, blocks: number, room: number, row: number, size: number, turned: number, out: number) => number
  readonly markNonZero: (planes: number, row: number, size: number, out: number) => number
  readonly joinPlanes: (planes: number, row: number, size: number, turned: number, out: number) => void
  readonly raise16: (rows: number, row: number, from: number, line: number) => void
  readonly raise32: (rows: number, row: number, from: number, line: number) => void
  readonly boxMaxima: (line: number, starts: number, ends: number, boxes: number, overload: number, maxima: number, overloaded: number) => number
  readonly spanMaxima: (line: number, columns: number, span: number, starts: number, ends: number, boxes: number, overload: number, maxima: number, overloaded: number) => number
  readonly addUp: (at: number, end: number, overload: number, totals: number) => void
  readonly countAbove: (at: number, end: number, level: number) => number
  readonly colours: (at: number, end: number, table: number, last: number, channels: number, out: number) => void
  /**
   * The memory, of so many bytes at least. Whoever works with it has it until they return; when it grows, what was made of it before is of no use any more.
   * @throws RangeError where there is not so much
   */
  readonly memory: (bytes: number) => ArrayBuffer
}

/** What simd.wasm gives. */
type Exports = Omit<Simd, 'memory'> & { readonly memory: { readonly buffer: ArrayBuffer, grow (pages: number): number } }

/** Bytes of a page of WebAssembly's memory. */
const page = 65536

/** Bytes that are kept however little is needed: a chunk of most frames fits. */
const mostKept = 32 * 1024 ** 2

// One a thread: it begins with the first frame.
let simd: Simd | undefined

/** Gives the loops, in the memory of this thread. */
export function simdOfThread (): Simd {
  return (simd ??= begin())
}

/** Gives the loops with a memory of so many bytes at least; one that was larger by far is let go, since memory of WebAssembly never shrinks. What was in it is lost. */
export function simdWith (bytes: number): { simd: Simd, memory: ArrayBuffer } {
  const { byteLength } = simdOfThread().memory(0)
  if (byteLength > mostKept && byteLength > 4 * bytes) simd = undefined
  return { simd: simdOfThread(), memory: simdOfThread().memory(bytes) }
}

function begin (): Simd {
  // The types of Node do not know them.
  const { Module, Instance } = WebAssembly as unknown as { Module: new (bytes: Uint8Array) => object, Instance: new (module: object) => { exports: Exports } }
  const { memory, ...loops } = new Instance(new Module(readFileSync(new URL('simd.wasm', import.meta.url)))).exports
  return {
    ...loops,
    memory (bytes) {
      const missing = bytes - memory.buffer.byteLength
      if (missing > 0) {
        try {
          memory.grow(Math.ceil(missing / page))
        } catch {
          throw new RangeError('Memory allocation failed')
        }
      }
      return memory.buffer
    }
  }
}

/** Rounds up to where vectors begin. */
export function aligned (bytes: number): number {
  return Math.ceil(bytes / 16) * 16
}
