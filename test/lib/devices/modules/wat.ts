// Modules for tests, made of their text by wabt.
import wabt from 'wabt'

const features = { multi_value: true, mutable_globals: true, simd: true, reference_types: true, bulk_memory: true, sign_extension: true, exceptions: true, tail_call: true, threads: true, memory64: true }

/** Makes a module of its text. */
export async function moduleOf (text: string): Promise<Buffer> {
  const { parseWat } = await wabt()
  const parsed = parseWat('module.wat', text, features)
  try {
    return Buffer.from(parsed.toBinary({}).buffer)
  } finally {
    parsed.destroy()
  }
}

/** Functions of integers and floats. */
export const primitive = `(module
  (func (export "add1") (param i32) (result i32) local.get 0 i32.const 1 i32.add)
  (func (export "half") (param f32) (result f32) local.get 0 f32.const 0.5 f32.mul)
  (func (export "pair") (param i64 f64) (result i64)  local.get 0))`

/** Bytes of a section: its number, its length and what is in it. */
export function section (id: number, ...parts: Array<number | readonly number[]>): number[] {
  const content = parts.flat()
  return [id].concat(leb(content.length), content)
}

/** A number as unsigned LEB128. */
export function leb (value: number): number[] {
  return value < 0x80 ? [value] : [value % 0x80 + 0x80, ...leb(Math.floor(value / 0x80))]
}

/** A module of sections. */
export function assembled (...sections: number[][]): Buffer {
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()])
}
