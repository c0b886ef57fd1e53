// What a WebAssembly module needs and gives, read from its binary format and never run: https://webassembly.github.io/spec/core/binary/modules.html
import type { Analysis, ExportedFunction, Requirement, Signature } from '../wasm-module.ts'
import { broken, readBinary } from './binary.ts'
import type { Binary } from './binary.ts'
import { noTypes, readTypes } from './types.ts'

/** Sections by number. Of those that are not here (element, code, data, data count, custom) nothing is asked. */
const sections = { type: 1, import: 2, function: 3, table: 4, memory: 5, tag: 13, global: 6, export: 7, start: 8 }

/** Sections in the order in which they stand; the engine looks at the others. */
const order: readonly number[] = Object.values(sections)

/**
 * How much may be in a module: functions as many as engines allow, and of what is kept of it for as long as the module is there much less.
 * `names` is in characters, of all imports and exports together; `values` counts parameters and results of theirs.
 */
const most = { functions: 1_000_000, imports: 1000, exports: 10_000, memories: 100, names: 200_000, values: 20_000 }

/** Kinds of what is imported and exported, by their first byte. */
const kinds = ['function', 'table', 'memory', 'global', 'tag'] as const

/** Sizes of one memory, in pages. */
interface Limits { readonly initial: number, readonly maximum: number | undefined }

/**
 * Reads a module.
 * @param bytes - all of it
 * @throws DevicesError MODULE_BROKEN where it is none, is one that no device could run, or is larger than is sensible. Code is not looked at: `WebAssembly.validate` does that.
 */
export function analyse (bytes: Uint8Array): Analysis {
  const binary = readBinary(bytes)
  readHeader(bytes)
  binary.part(8)

  const requirements: Requirement[] = []
  const exports: ExportedFunction[] = []
  const memories: Limits[] = []
  // Of each function of the module, imported ones first: the number of its type.
  let functions = new Uint32Array()
  let types = noTypes
  let hasStart = false
  let names = 0
  let values = 0
  let last = -1

  const counted = <Named extends { readonly name: string }>(named: Named, signature: Signature | undefined, module = ''): Named => {
    names += named.name.length + module.length
    values += (signature?.parameters.length ?? 0) + (signature?.results.length ?? 0)
    if (names > most.names) throw broken(`names of what it imports and exports have more than ${most.names} characters`)
    if (values > most.values) throw broken(`functions that it imports and exports have more than ${most.values} parameters and results`)
    return named
  }

  const readImport = (section: Binary, indices: number[]) => {
    const module = section.name()
    const name = section.name()
    const kind = kinds[section.byte()]
    if (kind === undefined) throw broken('it imports something unknown')
    let signature: Signature | undefined
    if (kind === 'function') {
      const index = section.u32()
      indices.push(index)
      signature = types.signature(index, quoted('The import', `${module}.${name}`))
    } else if (kind === 'memory') {
      memories.push(readLimits(section))
    } else if (kind === 'tag') {
      section.byte()
      section.u32()
    } else {
      passValueType(section)
      if (kind === 'table') readLimits(section)
      else section.byte()
    }
    requirements.push(counted({ module, name, kind, signature }, signature, module))
  }

  const readExport = (section: Binary) => {
    const name = section.name()
    const kind = kinds[section.byte()]
    const index = section.u32()
    if (kind === undefined) throw broken('it exports something unknown')
    if (kind !== 'function') return
    const type = functions[index]
    if (type === undefined) throw broken('it exports a function that is not there')
    const signature = types.signature(type, quoted('The export', name))
    exports.push(counted({ name, ...signature }, signature))
  }

  const read = (id: number, section: Binary) => {
    if (id === sections.type) {
      types = readTypes(section)
    } else if (id === sections.import) {
      const indices: number[] = []
      for (let count = section.count('imports', most.imports); count > 0; count--) readImport(section, indices)
      functions = Uint32Array.from(indices)
    } else if (id === sections.function) {
      const imported = functions
      const count = section.count('functions', most.functions)
      functions = new Uint32Array(imported.length + count)
      functions.set(imported)
      for (let index = imported.length; index < functions.length; index++) functions[index] = section.u32()
    } else if (id === sections.memory) {
      for (let count = section.count('memories', most.memories); count > 0; count--) memories.push(readLimits(section))
    } else if (id === sections.export) {
      for (let count = section.count('exports', most.exports); count > 0; count--) readExport(section)
    } else if (id === sections.start) {
      section.u32()
      hasStart = true
    }
  }

  while (!binary.isAtEnd()) {
    const id = binary.byte()
    const section = binary.part(binary.u32())
    const place = order.indexOf(id)
    if (place === -1) continue
    if (place <= last) throw broken('its sections are not in order')
    last = place
    read(id, section)
  }
  return { requirements, exports, memory: total(memories), hasStart }
}

function readHeader (bytes: Uint8Array): void {
  const [magic, version, layer] = [Buffer.from(bytes.subarray(0, 4)).toString('latin1'), bytes[4], bytes[6]]
  if (magic !== '\0asm') {
    throw broken(bytes.length === 0 ? 'it is empty' : /^\s*\(module/.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1')) ? 'it is in text format; make a binary of it (wat2wasm)' : 'it does not begin as one')
  }
  // https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md: the second half of the version tells components from modules.
  if (layer === 1) throw broken('it is a component; send the core module instead (built for wasm32-wasip1, or wasm32-unknown-unknown)')
  if (bytes.length < 8) throw broken('it ends in the middle')
  if (version !== 1 || bytes[5] !== 0 || layer !== 0 || bytes[7] !== 0) throw broken('it is of a version other than 1')
}

/** Sizes of a table or memory: whether there is a greatest one, and whether they have 64 bits. */
function readLimits (binary: Binary): Limits {
  const flags = binary.byte()
  if (flags > 7) throw broken('a memory or table in it is of an unknown kind')
  const next = (flags & 4) === 0 ? binary.u32 : binary.u64
  const initial = next()
  return { initial, maximum: (flags & 1) === 0 ? undefined : next() }
}

function passValueType (binary: Binary): void {
  const type = binary.byte()
  if (type === 0x63 || type === 0x64) binary.skipSigned()
}

function total (memories: readonly Limits[]): Limits | undefined {
  if (memories.length === 0) return undefined
  return {
    initial: memories.reduce((sum, { initial }) => sum + initial, 0),
    maximum: memories.reduce<number | undefined>((sum, { maximum }) => sum === undefined || maximum === undefined ? undefined : sum + maximum, 0)
  }
}

/** What a message says of a name from outside. */
function quoted (what: string, name: string): string {
  return `${what} ${JSON.stringify(name.slice(0, 100))}`
}
