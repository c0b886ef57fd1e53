// Home of h5wasm, the HDF5 library in WebAssembly, and of the filters of h5wasm-plugins. What is in a file decides what the library does, so it is kept in bounds:
// it opens no file that it may not, writes none, prints nothing, and where it stumbles it is thrown away and a new one begun.
import { fstatSync, readSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Filter, Metadata as ArrayType, Module } from 'h5wasm/node'
import { DiffractionError } from '../diffraction-error.ts'
import { headerBytes, placeForChunk, readUint32 } from './lz4.ts'
import type { Chunk } from './lz4.ts'

/** A dataset without its values. */
export interface ArrayShape {
  /** Elements along each dimension, the slowest first. */
  readonly shape: readonly number[]
  readonly kind: 'integer' | 'real' | 'string' | 'other'
  /** Bytes of an element. */
  readonly size: number
  readonly signed: boolean
  readonly littleEndian: boolean
  /** Elements of a chunk along each dimension; undefined where it is not in chunks. */
  readonly chunks: readonly number[] | undefined
  /** Real paths of the files that it is put together from, where it is a virtual dataset; those that are not there are left out. */
  readonly sources: readonly string[] | undefined
  readonly filters: readonly Filter[]
}

/** Values of a dataset or attribute. */
export interface Values {
  readonly kind: 'integer' | 'real' | 'string'
  readonly shape: readonly number[]
  /** All of them, in the order of the file. Integers of 64 bits lose digits beyond 2⁵³. */
  readonly values: readonly (number | string)[]
}

/** A file that is open. Each method may throw DiffractionError FILE_BROKEN. Paths are those inside the file; links are followed. */
export interface Hdf5File {
  /** What a path is; `missing` is also a link to nothing, or to a file that is not there or may not be opened. */
  kindOf (path: string): 'group' | 'dataset' | 'missing'
  /** Names in a group, in the order of names. */
  namesIn (path: string): string[]
  /** Real paths of the other files that links lead through to a dataset; undefined where none is reached. */
  filesBehind (path: string): string[] | undefined
  /** What a dataset is. */
  shapeOf (path: string): ArrayShape
  /**
   * Values of a dataset.
   * @param most - elements; undefined is given for what has more, and for what is neither numbers nor text
   */
  valuesOf (path: string, most: number): Values | undefined
  /** Values of an attribute; undefined where there is none, or one that is neither numbers nor text, or a large one. */
  attributeOf (path: string, name: string): Values | undefined
  /**
   * Reads integers into memory, least significant byte first.
   * @param first - index of the first element along each dimension
   * @param count - elements along each dimension
   * @throws DiffractionError also FRAME_MISSING, where a file that a virtual dataset needs is missing
   */
  read (path: string, first: readonly number[], count: readonly number[], out: Uint8Array): void
  /**
   * Finds the chunk with an element and gives it as it lies in the file, compressed by a filter whose chunks begin with the number of bytes that they will be.
   * @param bytes - that number; undefined is given where there is no such chunk
   * @param place - gives memory of exactly so many bytes for it, or undefined where these are too many; without it, that of this thread's loops
   */
  chunkAt (path: string, index: readonly number[], bytes: number, place?: (length: number) => Uint8Array | undefined): Chunk | undefined
  /** Closes it, and all files that were opened for it. */
  close (): void
}

/** The library as it was built, and the file system as it sees it. */
type Library = typeof Module

interface Stream { readonly fd: number, readonly nfd: number, readonly path: string, readonly position: number }

interface FileSystem {
  open (path: string, flags: number, mode?: number): Stream
  close (stream: Stream): void
  read (stream: Stream, memory: Int8Array, offset: number, length: number, position?: number): number
  write (stream: Stream, memory: Int8Array, offset: number, length: number, position?: number): number
  readdir (path: string): string[]
  unlink (path: string): void
  cwd (): string
  readonly ErrnoError: new (number: number) => Error
}

/** On whose behalf the library works at the moment. */
interface Visit {
  readonly mayOpen: (path: string) => boolean
  readonly streams: Set<Stream>
  /** Real paths of files that it was given. */
  readonly opened: Set<string>
  /** Base names of files that it wanted and did not get. */
  readonly missed: Set<string>
  /** What is looked for, and what was found. */
  search: { readonly bytes: number, readonly place: (length: number) => Uint8Array | undefined, chunk?: Chunk } | undefined
}

/** Memory of a library: that of `WebAssembly.Memory`, which the types of Node do not know. */
interface LibraryMemory {
  readonly buffer: ArrayBuffer
  /** Adds pages of 64 KiB. @returns how many there were @throws RangeError */
  grow (pages: number): number
}

/** A library at work. */
interface Running {
  readonly library: Library
  /** Does something with it on behalf of a visit, for which it may have so many pages of memory in all. @throws DiffractionError FILE_BROKEN */
  attempt<T> (visit: Visit, work: () => T, pages?: number): T
  /** Closes a stream that the library has left open. */
  release (stream: Stream): void
  isUsable (): boolean
}

/** Numbers of errors in WebAssembly's system interface. */
const errno = { io: 29, notThere: 44, readOnly: 69 }

/** Flag of `open` that says not to follow a link at the end of the path. */
const noFollow = 131072

/** Classes of types in HDF5 that are used here: H5T_class_t. */
const typeClass = { integer: 0, float: 1, string: 3, enumeration: 8 }

/** Filters that are loaded. Others of the package are not known from detectors; each would be code more that looks at untrusted bytes. */
const plugins = ['libH5Zbshuf.so', 'libH5Zlz4.so']

/** Errors after which a library is thrown away: each costs a piece of its stack, which is of two megabytes. */
const mostErrors = 200

/** Longest chunk that is decompressed here, in bytes; the library reads longer ones. */
const mostChunk = 512 * 1024 * 1024

/** Memory beyond which a library is thrown away when a file is closed, in bytes: it never gives any back. */
const mostMemory = 96 * 1024 * 1024

/** Most memory that the library ever gets, in pages of 64 KiB: a gigabyte. The largest frames that it decompresses itself take eight bytes a pixel. */
const mostPages = 16384

/** The same while it does not read pixels, 128 megabytes: lists that lead back to where they began would fill all there is, and take seconds for it. */
const fewPages = 2048

/** Bytes of one text that are read, if it is a long one. */
const longestText = 65536

/** Bytes of the values of one dataset or attribute that are read, and texts of any length among them. */
const mostBytes = 4 * 1024 * 1024
const mostTexts = 1000

// One a thread, because it takes long to begin: the one thing here that is kept between calls.
let running: Promise<Running> | undefined

/** Begins the library of this thread, where it has not begun, so that the first file does not wait for it. */
export async function startHdf5 (): Promise<void> {
  await libraryOfThread()
}

/** Gives the library of this thread: a new one where there is none, or where the one that there was is not to be trusted any more. */
async function libraryOfThread (): Promise<Running> {
  if (running !== undefined && !(await running).isUsable()) running = undefined
  return await (running ??= begin())
}

/** Loads the library and puts its file system in bounds. */
async function begin (): Promise<Running> {
  const entry = import.meta.resolve('h5wasm/node')
  const pluginFolder = dirname(fileURLToPath(import.meta.resolve('h5wasm-plugins'))) + '/plugins'
  // The package exports a library that was begun on import, one for ever; this is what it begins it with.
  const { default: make } = await import(new URL('hdf5_util.js', entry).href) as { default: (options: object) => Promise<Library> }
  const { Memory } = WebAssembly as unknown as { Memory: new (pages: { initial: number, maximum: number }) => LibraryMemory }
  const memory = new Memory({ initial: 256, maximum: mostPages })
  let allowed = fewPages
  const grow = memory.grow.bind(memory)
  // The library takes what is thrown for want of memory.
  memory.grow = pages => {
    if (memory.buffer.byteLength / 65536 + pages > allowed) throw new RangeError('It has as much memory as it may')
    return grow(pages)
  }
  const silent = () => {}
  const library = await make({ noInitialRun: true, print: silent, printErr: silent, wasmMemory: memory })
  const files = library.FS as unknown as FileSystem
  const { open, read, close } = { open: files.open, read: files.read, close: files.close }
  let visit: Visit | undefined
  let errors = 0
  let dead = false

  const refuse = (number: number): never => { throw new files.ErrnoError(number) }
  files.open = path => {
    if (path === pluginFolder) return open(path, 0)
    const real = visit === undefined ? undefined : resolveAllowed(path, visit.mayOpen)
    if (visit === undefined || real === undefined) {
      visit?.missed.add(baseName(path))
      return refuse(errno.notThere)
    }
    const stream = open(real, noFollow)
    visit.missed.delete(baseName(path))
    visit.opened.add(real)
    visit.streams.add(stream)
    return stream
  }
  files.close = stream => {
    visit?.streams.delete(stream)
    close(stream)
  }
  files.read = (stream, memory, offset, length, position) => {
    const search = visit?.search
    if (search !== undefined && search.chunk === undefined) {
      search.chunk = readChunk(stream.nfd, position ?? stream.position, length, search)
      // It is here: the library need not decompress it.
      if (search.chunk !== undefined) return refuse(errno.io)
    }
    return read(stream, memory, offset, length, position)
  }
  // Errors of the library go to standard error, which is nobody's business: what matters is told by a status.
  files.write = (stream, _memory, _offset, length) => stream.nfd <= 2 ? length : refuse(errno.readOnly)
  files.unlink = () => refuse(errno.readOnly)
  // Names relative to where the process happens to be lead nowhere.
  files.cwd = () => '/'
  files.readdir = path => path === pluginFolder ? ['.', '..', ...plugins] : refuse(errno.notThere)
  library.insert_plugin_search_path(pluginFolder, 0)
  while (library.get_plugin_search_paths().length > 1) library.remove_plugin_search_path(1)

  return {
    library,
    attempt (on, work, pages = fewPages) {
      if (dead) throw broken()
      const before = visit
      visit = on
      allowed = pages
      try {
        return work()
      } catch (error) {
        if (error instanceof DiffractionError) throw error
        errors += 1
        // What the library says itself begins so; anything else has left it in the middle of something.
        dead = !(error instanceof Error && error.message.startsWith('error - '))
        throw broken()
      } finally {
        visit = before
      }
    },
    release: stream => { close(stream) },
    isUsable: () => !dead && errors < mostErrors && library.HEAPU8.length <= mostMemory
  }
}

/**
 * Opens a file.
 * @param path - absolute and real
 * @param mayOpen - whether files may be opened that this one names
 * @throws DiffractionError FILE_BROKEN
 */
export async function openHdf5File (path: string, mayOpen: (path: string) => boolean): Promise<Hdf5File> {
  const { library, attempt, release } = await libraryOfThread()
  const visit: Visit = { mayOpen: other => other === path || mayOpen(other), streams: new Set(), opened: new Set(), missed: new Set(), search: undefined }
  const use = <T>(work: () => T): T => attempt(visit, work)
  const usePixels = <T>(work: () => T): T => attempt(visit, work, mostPages)
  const closeStreams = () => {
    for (const stream of visit.streams) release(stream)
    visit.streams.clear()
  }

  let file = -1n
  try {
    // One that is being written says so, and is then opened as one that grows.
    for (const mode of [library.H5F_ACC_RDONLY, library.H5F_ACC_SWMR_READ]) {
      if (file < 0n) file = use(() => library.open(path, mode, false))
    }
  } catch (error) {
    closeStreams()
    throw error
  }
  if (file < 0n) {
    closeStreams()
    throw new DiffractionError('FILE_BROKEN', 'The file is not HDF5, is broken, or is still being written. Try again when it is complete.')
  }

  const typeOf = (type: ArrayType): ArrayShape['kind'] => {
    if (type.type === typeClass.integer || type.type === typeClass.enumeration) return 'integer'
    return type.type === typeClass.float ? 'real' : type.type === typeClass.string ? 'string' : 'other'
  }

  const inMemory = <T>(bytes: number, work: (at: number) => T): T => {
    if (bytes > library.MAXIMUM_MEMORY) throw broken()
    const at = library._malloc(Math.max(bytes, 8))
    if (at === 0) throw broken()
    try {
      return work(at)
    } finally {
      library._free(at)
    }
  }

  const valuesIn = (type: ArrayType, most: number, fetch: (at: number) => number, reclaim: (at: number) => void): Values | undefined => {
    const kind = typeOf(type)
    const { shape, size } = type
    if (kind === 'other' || shape === null) return undefined
    const number = shape.reduce((product, each) => product * each, 1)
    if (number > most || number * size > mostBytes || (type.vlen && number > mostTexts)) return undefined
    return inMemory(number * size, at => {
      if (fetch(at) < 0) throw broken()
      const bytes = library.HEAPU8.slice(at, at + number * size)
      if (kind !== 'string') return { kind, shape, values: numbersIn(bytes, kind, size, type.signed) }
      if (!type.vlen) return { kind, shape, values: textsIn(bytes, number, size) }
      try {
        const heap = library.HEAPU8
        return { kind, shape, values: [...new Uint32Array(bytes.buffer)].map(start => textIn(heap.subarray(start, start === 0 ? 0 : start + longestText))) }
      } finally {
        reclaim(at)
      }
    })
  }

  // As the library does: as it is where it is absolute, else, or then its last part, beside this file.
  const fileNamed = (name: string): string | undefined => {
    const folder = dirname(path)
    const candidates = name.startsWith('/') ? [name, `${folder}/${baseName(name)}`] : [`${folder}/${name}`]
    return candidates.map(candidate => resolveAllowed(candidate, visit.mayOpen)).find(real => real !== undefined)
  }

  return {
    kindOf: path => use(() => {
      const type = library.get_type(file, path)
      return type === library.H5G_GROUP ? 'group' : type === library.H5G_DATASET ? 'dataset' : 'missing'
    }),
    namesIn: path => use(() => library.get_names(file, path, false).sort()),
    filesBehind (path) {
      visit.opened.clear()
      return use(() => library.get_type(file, path)) === library.H5G_DATASET ? [...visit.opened] : undefined
    },
    shapeOf: path => use(() => {
      const type = library.get_dataset_metadata(file, path)
      return {
        shape: type.shape ?? [],
        kind: type.shape === null ? 'other' : typeOf(type),
        size: type.size,
        signed: type.signed,
        littleEndian: type.littleEndian,
        chunks: type.chunks ?? undefined,
        sources: type.virtual_sources && [...new Set(type.virtual_sources.flatMap(source => fileNamed(source.file_name) ?? []))],
        filters: type.chunks === null ? [] : library.get_dataset_filters(file, path)
      }
    }),
    valuesOf: (path, most) => use(() => {
      const type = library.get_dataset_metadata(file, path)
      return valuesIn(type, most,
        at => library.get_dataset_data(file, path, null, null, null, BigInt(at)),
        at => { library.reclaim_vlen_memory(file, path, '', BigInt(at)) })
    }),
    attributeOf: (path, name) => use(() => {
      if (!library.get_attribute_names(file, path).includes(name)) return undefined
      const type = library.get_attribute_metadata(file, path, name)
      return valuesIn(type, longestText / 8,
        at => library.get_attribute_data(file, path, name, BigInt(at)),
        at => { library.reclaim_vlen_memory(file, path, name, BigInt(at)) })
    }),
    read (path, first, count, out) {
      visit.missed.clear()
      const status = usePixels(() => inMemory(out.length, at => {
        const status = library.get_dataset_data(file, path, count.map(BigInt), first.map(BigInt), count.map(() => 1n), BigInt(at))
        if (status >= 0) out.set(library.HEAPU8.subarray(at, at + out.length))
        return status
      }))
      if (visit.missed.size > 0) throw new DiffractionError('FRAME_MISSING', 'A file that this frame is in is missing.')
      if (status < 0) throw broken()
    },
    chunkAt (path, index, bytes, place = placeForChunk) {
      const search: NonNullable<Visit['search']> = visit.search = { bytes, place }
      try {
        usePixels(() => inMemory(8, at => library.get_dataset_data(file, path, index.map(() => 1n), index.map(BigInt), index.map(() => 1n), BigInt(at))))
      } finally {
        visit.search = undefined
      }
      return search.chunk
    },
    close () {
      try {
        use(() => library.close_file(file))
      } catch {
        // What it has not closed is closed below.
      }
      closeStreams()
    }
  }
}

/** What is said where HDF5 cannot make sense of a file. */
function broken (): DiffractionError {
  return new DiffractionError('FILE_BROKEN', 'The file is broken, or is still being written. Try again when it is complete.')
}

/** Last part of a path. */
function baseName (path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Real path of a file that is there and may be opened. */
function resolveAllowed (path: string, mayOpen: (path: string) => boolean): string | undefined {
  try {
    const real = realpathSync.native(path)
    return mayOpen(real) && statSync(real).isFile() ? real : undefined
  } catch {
    return undefined
  }
}

/** Reads a chunk where what lies there begins as one that will have so many bytes; undefined where it does not. */
function readChunk (descriptor: number, position: number, length: number, { bytes, place }: NonNullable<Visit['search']>): Chunk | undefined {
  if (length <= headerBytes) return undefined
  const header = new Uint8Array(headerBytes)
  if (readSync(descriptor, header, 0, headerBytes, position) < headerBytes) return undefined
  if (readUint32(header, 0) * 2 ** 32 + readUint32(header, 4) !== bytes) return undefined
  if (length > mostChunk || position + length > fstatSync(descriptor).size) return undefined
  const blockBytes = readUint32(header, 8)
  const area = place(length)
  if (area === undefined) return undefined
  for (let done = 0; done < length;) {
    const more = readSync(descriptor, area, done, length - done, position + done)
    if (more === 0) return undefined
    done += more
  }
  return { length, blockBytes }
}

/** Numbers as they lie in memory, least significant byte first. */
function numbersIn ({ buffer }: Uint8Array<ArrayBuffer>, kind: 'integer' | 'real', size: number, signed: boolean): number[] {
  if (kind === 'real') {
    if (size === 4) return [...new Float32Array(buffer)]
    if (size === 8) return [...new Float64Array(buffer)]
    throw broken()
  }
  switch (size) {
    case 1: return [...signed ? new Int8Array(buffer) : new Uint8Array(buffer)]
    case 2: return [...signed ? new Int16Array(buffer) : new Uint16Array(buffer)]
    case 4: return [...signed ? new Int32Array(buffer) : new Uint32Array(buffer)]
    case 8: return [...signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer)].map(Number)
    default: throw broken()
  }
}

/** Texts of a fixed length, whether or not a zero ends them. */
function textsIn (bytes: Uint8Array, number: number, size: number): string[] {
  return Array.from({ length: number }, (_, i) => textIn(bytes.subarray(i * size, (i + 1) * size)).trimEnd())
}

/** A text up to its zero. HDF5 knows ASCII and UTF-8, the first of which is the second. */
function textIn (bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}
