// The loops of simd.wat, and the memory that they work in. What they are worth, per frame of 16 megapixels of 32 bits on one core: planes become counts in 35 instead of 95 ms, and
// counts maxima in 40 instead of 90.
import { readFileSync } from 'node:fs'

/** The loops; simd.wat says what each does. Places are bytes from the beginning of the memory. */
export interface Simd {
  readonly joinPlanes: (planes: number, row: number, size: number, turned: number, out: number) => void
  readonly raise16: (rows: number, row: number, from: number, line: number) => void
  readonly raise32: (rows: number, row: number, from: number, line: number) => void
  readonly boxMaxima: (line: number, starts: number, ends: number, boxes: number, overload: number, maxima: number, overloaded: number) => void
  /** The memory, of so many bytes at least. Whoever works with it has it until they return; when it grows, what was made of it before is of no use any more. */
  readonly memory: (bytes: number) => ArrayBuffer
}

/** What simd.wasm gives. */
type Exports = Omit<Simd, 'memory'> & { readonly memory: { readonly buffer: ArrayBuffer, grow (pages: number): number } }

/** Bytes of a page of WebAssembly's memory. */
const page = 65536

// One a thread: it begins with the first frame.
let simd: Simd | undefined

/** Gives the loops, in the memory of this thread. */
export function simdOfThread (): Simd {
  return (simd ??= begin())
}

function begin (): Simd {
  // The types of Node do not know them.
  const { Module, Instance } = WebAssembly as unknown as { Module: new (bytes: Uint8Array) => object, Instance: new (module: object) => { exports: Exports } }
  const { memory, ...loops } = new Instance(new Module(readFileSync(new URL('simd.wasm', import.meta.url)))).exports
  return {
    ...loops,
    memory (bytes) {
      const missing = bytes - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / page))
      return memory.buffer
    }
  }
}

/** Rounds up to where vectors begin. */
export function aligned (bytes: number): number {
  return Math.ceil(bytes / 16) * 16
}
