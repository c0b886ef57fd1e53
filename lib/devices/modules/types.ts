// The type section of a module: what functions take and give. https://webassembly.github.io/spec/core/binary/types.html
import type { Signature, ValueType } from '../wasm-module.ts'
import { broken } from './binary.ts'
import type { Binary } from './binary.ts'

/** Types of a module by index. */
export interface Types {
  /**
   * Types of one function. Only those that are asked for are made.
   * @param what - the function, for the message
   * @throws DevicesError MODULE_BROKEN where there is no such type, or it has references that nobody outside can give
   */
  signature (index: number, what: string): Signature
}

/** Values and fields as the JavaScript interface lets engines allow (https://webassembly.github.io/spec/js-api/#limits); types and their bytes far above what compilers write. */
const most = { types: 100_000, values: 1000, fields: 10_000, bytes: 4 * 1024 * 1024 }

/** First bytes of definitions. */
const forms = { func: 0x60, struct: 0x5f, array: 0x5e, sub: 0x50, subFinal: 0x4f, rec: 0x4e }

/** Value types of one byte that functions may have towards the outside. */
const plain: Readonly<Record<number, ValueType>> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128', 0x70: 'funcref', 0x6f: 'externref' }

/** References to a heap type, which follows. */
const references: ReadonlySet<number> = new Set([0x63, 0x64])

/** Fields of one byte that are not values: i8, i16. */
const packed: ReadonlySet<number> = new Set([0x77, 0x78])

/** Types without a byte of the section: for modules that have none. */
export const noTypes: Types = {
  signature: () => { throw broken('a function has a type that is not there') }
}

/** Reads the section. */
export function readTypes (section: Binary): Types {
  if (section.left() > most.bytes) throw broken(`its types take more than ${most.bytes} bytes`)
  const functions = new Map<number, number>()
  let index = 0
  for (let count = section.count('types', most.types); count > 0; count--) {
    const start = section.position()
    const form = section.byte()
    // A group of types that refer to each other counts as many.
    const group = form === forms.rec ? section.count('types', most.types) : 1
    for (let each = 0; each < group; each++) {
      const at = form === forms.rec ? section.position() : start
      if (passType(section, form === forms.rec ? section.byte() : form)) functions.set(index, at)
      index += 1
      if (index > most.types) throw broken(`it has more than ${most.types} types`)
    }
  }
  return {
    signature (index, what) {
      const position = functions.get(index)
      if (position === undefined) throw broken(`${what} has a type that is not there`)
      const binary = section.from(position)
      passSupertypes(binary, binary.byte())
      return { parameters: readValues(binary, what), results: readValues(binary, what) }
    }
  }
}

/** Goes past what a definition says of its supertypes. @returns the form of the type itself */
function passSupertypes (binary: Binary, form: number): number {
  if (form !== forms.sub && form !== forms.subFinal) return form
  for (let count = binary.count('supertypes', most.values); count > 0; count--) binary.u32()
  return binary.byte()
}

/** Goes past a definition. @returns whether it is that of a function */
function passType (binary: Binary, first: number): boolean {
  const form = passSupertypes(binary, first)
  if (form === forms.func) {
    for (const what of ['parameters', 'results']) {
      for (let count = binary.count(what, most.values); count > 0; count--) passValue(binary)
    }
    return true
  }
  if (form !== forms.struct && form !== forms.array) throw broken('a type in it is unknown')
  for (let count = form === forms.struct ? binary.count('fields', most.fields) : 1; count > 0; count--) {
    passValue(binary)
    binary.byte()
  }
  return false
}

function passValue (binary: Binary): void {
  const type = binary.byte()
  if (references.has(type)) binary.skipSigned()
  else if (!packed.has(type) && (type < 0x69 || type > 0x7f)) throw broken('a type of a value in it is unknown')
}

function readValues (binary: Binary, what: string): ValueType[] {
  const values: ValueType[] = []
  for (let count = binary.count('values', most.values); count > 0; count--) {
    const type = plain[binary.byte()]
    if (type === undefined) throw broken(`${what} has references that no device can give`)
    values.push(type)
  }
  return values
}
