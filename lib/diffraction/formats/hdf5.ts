// Frames in HDF5 files (https://docs.hdfgroup.org/hdf5/v1_14/_f_m_t3.html): masters of DECTRIS Eiger detectors, software 1.6 and 1.8, whose frames are in data files beside
// them, and files that follow NXmx (https://manual.nexusformat.org/classes/applications/NXmx.html), with data files, a virtual dataset, or all in one.
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { DiffractionError } from '../diffraction-error.ts'
import { memoryFor } from '../frame.ts'
import type { Frame } from '../frame.ts'
import type { Metadata, MetadataItem } from '../metadata.ts'
import { decompressBitshuffle, decompressNonZero } from './bitshuffle.ts'
import { openHdf5File } from './hdf5-library.ts'
import type { ArrayShape, Hdf5File } from './hdf5-library.ts'
import { detector, readMetadata, specific } from './hdf5-metadata.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { decompressLz4 } from './lz4.ts'
import type { SharedChunk } from './lz4.ts'

/** Most datasets with frames, which is most data files. */
const mostParts = 20000

/** Filters of HDF5 whose chunks are decompressed here, and others that the library knows. */
const filters = { lz4: 32004, bitshuffle: 32008, others: new Map([[1, 'gzip'], [2, 'shuffle'], [3, 'fletcher32'], [5, 'nbit'], [6, 'scaleoffset']]) }

/** What bitshuffle was told to compress by, as the fifth of its numbers: LZ4. */
const byLz4 = 2

/** How many times as many bytes a chunk may be as what it was made of: blocks of eight counts that cannot be compressed are fewer. */
const mostGrowth = 2

/** How much more memory a compressed frame is given than it needs, as a part of that, so that the next one fits too. */
const scope = 1 / 16

/** A dataset with frames. */
interface Part {
  readonly path: string
  readonly array: ArrayShape
  /** Real paths of the files that it is in, the master not among them. */
  readonly files: readonly string[]
  /** Numbers of its first and its last frame. */
  readonly first: number
  readonly last: number
}

/**
 * Opens a file.
 * @throws DiffractionError FILE_MISSING, FILE_BROKEN
 */
export async function openHdf5 (path: string, { mayOpen, maxPixels }: OpenOptions): Promise<ImageFile> {
  let real: string
  try {
    real = realpathSync(path)
  } catch {
    throw new DiffractionError('FILE_MISSING', 'There is no such file.')
  }
  const file = await openHdf5File(real, mayOpen)
  try {
    return imageFileOf(file, maxPixels)
  } catch (error) {
    file.close()
    throw error
  }
}

/** Makes the interface to a file that is open. */
function imageFileOf (file: Hdf5File, maxPixels: number): ImageFile {
  const parts = findParts(file)
  const stored = readMetadata(file)
  // Whatever part comes first: all have frames of one size.
  const sample = parts.sample()
  const [height, width] = sample?.array.shape.slice(-2) ?? [numberOf(stored.y_pixels_in_detector), numberOf(stored.x_pixels_in_detector)]
  if (height === undefined || width === undefined || height < 1 || width < 1) {
    throw new DiffractionError('FILE_BROKEN', 'There are no frames in this file, or it is still being written: nothing below /entry/data is an array of counts.')
  }
  const images = numberOf(stored.nimages) ?? 0
  const frames = images > 0 ? images * Math.max(1, numberOf(stored.ntrigger) ?? 1) : parts.count()
  const metadata = complete(stored, width, height, sample?.array.size)

  const bounded = () => {
    if (width * height > maxPixels) throw new DiffractionError('TOO_LARGE', `Frames of this file have ${width} × ${height} pixels; at most ${maxPixels} are allowed (DIFFRACTION_MAX_PIXELS).`)
  }
  const find = (frame: number): Part => {
    const part = frame >= 1 && frame <= Math.max(frames, sample?.last ?? 0) ? parts.find(frame) : undefined
    if (part !== undefined) return part
    const [first, ...others] = parts.ranges()
    throw new DiffractionError('FRAME_MISSING', first === undefined
      ? `Frame ${frame} is missing: none of the data files of this file is there, or none is whole.`
      : `Frame ${frame} is missing. There ${others.length === 0 && first.startsWith('frame ') ? 'is' : 'are'} ${[first, ...others].join(', ')}.`)
  }

  const partWith = (frame: number): Part => {
    bounded()
    const part = find(frame)
    if (!isOf(part.array, width, height)) throw new DiffractionError('FILE_BROKEN', 'The frames of this file are not all of one size.')
    return part
  }
  const maskDataset = (): { path: string, array: ArrayShape } | undefined => {
    bounded()
    const path = [`${specific}/pixel_mask`, `${detector}/pixel_mask`].find(each => file.kindOf(each) === 'dataset')
    if (path === undefined) return undefined
    const array = file.shapeOf(path)
    // One of another size says nothing of these pixels.
    const isMask = isOf(array, width, height) && array.kind === 'integer' && array.shape.slice(0, -2).every(length => length === 1)
    return isMask ? { path, array } : undefined
  }

  return {
    format: 'hdf5',
    frames,
    width,
    height,
    companions (frame) {
      return frame >= 1 ? parts.find(frame)?.files ?? [] : []
    },
    metadata: () => metadata,
    mask () {
      const dataset = maskDataset()
      if (dataset === undefined) return undefined
      const mask = new Uint8Array(new SharedArrayBuffer(width * height))
      readNonZero(file, dataset.path, dataset.array, mask)
      return mask
    },
    maskContent () {
      const dataset = maskDataset()
      return dataset && digestOf(file, dataset.path, dataset.array)
    },
    compressed (frame, spare) {
      const part = partWith(frame)
      return sharedChunk(file, part, frame - part.first, spare)
    },
    read (frame, mask, spare) {
      const part = partWith(frame)
      try {
        return { width, height, ...readFrame(file, part, frame - part.first, mask, spare) }
      } catch (error) {
        throw explained(error, part.array)
      }
    },
    close: () => { file.close() }
  }
}

/** What is found of the datasets with frames; data files are looked at when they are needed. */
interface Parts {
  /** The dataset with a frame; undefined where it is missing. */
  find (frame: number): Part | undefined
  /** One that is there. */
  sample (): Part | undefined
  /** Number of the last frame that there is. */
  count (): number
  /** Numbers of the frames that there are, such as `1–100`. */
  ranges (): string[]
}

/** Finds the datasets with frames. */
function findParts (file: Hdf5File): Parts {
  const paths = pathsOfParts(file)
  const found = new Map<number, Part | undefined>()
  const datasets = new Map<number, Pick<Part, 'array' | 'files'> | undefined>()
  const datasetAt = (index: number) => {
    const path = paths[index]
    if (path !== undefined && !datasets.has(index)) {
      const files = file.filesBehind(path)
      const array = files && framesOf(file.shapeOf(path))
      datasets.set(index, array && { array, files: [...files, ...array.sources ?? []] })
    }
    return datasets.get(index)
  }
  const lengthAt = (index: number): number => lengthOf(datasetAt(index)?.array)
  // Files that do not number their frames number them by the order of their names; one that is missing had as many as the first that is there.
  const before = (index: number): number => {
    const usual = lengthAt(firstThere())
    let number = 0
    for (let i = 0; i < index; i++) number += lengthAt(i) || usual
    return number
  }
  const firstThere = (): number => {
    for (let i = 0; i < paths.length; i++) if (datasetAt(i) !== undefined) return i
    return -1
  }
  const partAt = (index: number): Part | undefined => {
    if (found.has(index)) return found.get(index)
    const path = paths[index]
    const dataset = datasetAt(index)
    let part: Part | undefined
    if (path !== undefined && dataset !== undefined) {
      // What it says of its last frame, image_nr_high, is not asked for: a data file that is being written does not have it yet.
      const low = integerAttribute(file, path, 'image_nr_low')
      const first = low === undefined || low < 1 ? before(index) + 1 : low
      part = { path, ...dataset, first, last: first + lengthOf(dataset.array) - 1 }
    }
    found.set(index, part)
    return part
  }
  const all = () => paths.flatMap((_, index) => partAt(index) ?? [])

  return {
    find (frame) {
      const has = (part: Part | undefined) => part !== undefined && part.first <= frame && frame <= part.last
      const start = firstThere()
      const sample = partAt(start)
      if (sample === undefined) return undefined
      // Data files mostly have equally many frames, so that the one that has this is known without looking at the others.
      const guess = partAt(start + Math.floor((frame - sample.first) / Math.max(1, lengthOf(sample.array))))
      return has(guess) ? guess : all().find(has)
    },
    sample: () => partAt(firstThere()),
    count: () => all().reduce((last, part) => Math.max(last, part.last), 0),
    ranges () {
      const joined: { first: number, last: number }[] = []
      for (const { first, last } of all().sort((a, b) => a.first - b.first)) {
        const end = joined.at(-1)
        if (last < first) continue
        if (end !== undefined && first <= end.last + 1) end.last = Math.max(end.last, last)
        else joined.push({ first, last })
      }
      return joined.slice(0, 20).map(({ first, last }) => first === last ? `frame ${first}` : `frames ${first}–${last}`)
    }
  }
}

/** Paths of what may be datasets with frames, in the order of names. */
function pathsOfParts (file: Hdf5File): string[] {
  const paths: string[] = []
  let seen = 0
  const visit = (group: string, depth: number): void => {
    for (const name of file.namesIn(group)) {
      seen += 1
      if (seen > mostParts) throw new DiffractionError('FILE_BROKEN', `This file names more than ${mostParts} data files.`)
      const path = `${group}/${name}`
      // Data files are looked at when they are needed; what else is there decides here whether it is a group.
      if (/^data_\d+$/.test(name) || depth === 0 || file.kindOf(path) !== 'group') paths.push(path)
      else visit(path, depth - 1)
    }
  }
  if (file.kindOf('/entry/data') === 'group') visit('/entry/data', 3)
  // Beside data files there may be a virtual dataset of all of them, and angles and the like.
  const numbered = paths.filter(path => /\/data_\d+$/.test(path))
  if (numbered.length > 0) return numbered
  const arrays = paths.filter(path => file.kindOf(path) === 'dataset' && framesOf(file.shapeOf(path)) !== undefined)
  if (arrays.length > 0) return arrays.includes('/entry/data/data') ? ['/entry/data/data'] : arrays
  return file.kindOf(`${detector}/data`) === 'dataset' ? [`${detector}/data`] : paths.filter(path => file.kindOf(path) === 'missing')
}

/** A dataset, where it can be one of frames: three dimensions, or two for one frame. */
function framesOf (array: ArrayShape): ArrayShape | undefined {
  const { shape, kind } = array
  return (kind === 'integer' || kind === 'real') && (shape.length === 3 || shape.length === 2) && shape.every(length => length > 0) ? array : undefined
}

/** Frames in a dataset. */
function lengthOf (array: ArrayShape | undefined): number {
  return array === undefined ? 0 : array.shape.length === 3 ? array.shape[0] ?? 0 : 1
}

/** Whether frames of a dataset have a size. */
function isOf ({ shape }: ArrayShape, width: number, height: number): boolean {
  return shape.at(-1) === width && shape.at(-2) === height
}

/** An attribute that is one integer. */
function integerAttribute (file: Hdf5File, path: string, name: string): number | undefined {
  const values = file.attributeOf(path, name)
  const [value] = values?.values ?? []
  return values?.kind === 'integer' && typeof value === 'number' ? value : undefined
}

/** Value of an item that is one number. */
function numberOf (item: MetadataItem | undefined): number | undefined {
  return typeof item?.value === 'number' ? item.value : undefined
}

/** Adds what the arrays themselves say. */
function complete (stored: Metadata, width: number, height: number, size: number | undefined): Metadata {
  const derived: Record<string, MetadataItem> = {
    x_pixels_in_detector: { kind: 'integer', value: width, unit: 'px' },
    y_pixels_in_detector: { kind: 'integer', value: height, unit: 'px' }
  }
  const bits = numberOf(stored.bit_depth_image)
  const depth = bits !== undefined ? Math.trunc(bits / 8) : size
  if (depth !== undefined) derived.image_depth = { kind: 'integer', value: depth }
  return Object.assign(Object.create(null) as Record<string, MetadataItem>, derived, stored)
}

/** Reads a frame of a dataset. */
function readFrame (file: Hdf5File, { path, array }: Part, index: number, mask: Frame['mask'], spare: SharedArrayBuffer | undefined): Pick<Frame, 'pixels' | 'mask'> {
  const { size, signed, kind, shape } = array
  if (kind !== 'integer' || ![1, 2, 4].includes(size)) {
    throw new DiffractionError('FILE_BROKEN', `The counts of this file are ${kind === 'integer' ? 'integers' : 'floating-point numbers'} of ${size * 8} bits; integers of 8, 16 and 32 bits can be read.`)
  }
  const number = (shape.at(-1) ?? 0) * (shape.at(-2) ?? 0)
  if (size === 1) {
    const bytes = new Uint8Array(number)
    readCounts(file, path, array, index, bytes)
    const pixels = new Uint16Array(memoryFor(2 * number, spare), 0, number)
    if (signed) return unsignedOf(new Int8Array(bytes.buffer), pixels, mask, 0x7f)
    for (let i = 0; i < number; i++) pixels[i] = bytes[i] === 0xff ? 0xffff : bytes[i] as number
    return { pixels, mask }
  }
  const memory = memoryFor(size * number, spare)
  const bytes = new Uint8Array(memory, 0, size * number)
  readCounts(file, path, array, index, bytes)
  const pixels = size === 2 ? new Uint16Array(memory, 0, number) : new Uint32Array(memory, 0, number)
  if (!signed) return { pixels, mask }
  return unsignedOf(size === 2 ? new Int16Array(memory, 0, number) : new Int32Array(memory, 0, number), pixels, mask, size === 2 ? 0x7fff : 0x7fffffff)
}

/** Makes counts of numbers with a sign: negative ones do not count, and the largest of their type is the overload. `pixels` may be the same memory. */
function unsignedOf (numbers: Int8Array | Int16Array | Int32Array, pixels: Frame['pixels'], mask: Frame['mask'], largest: number): Pick<Frame, 'pixels' | 'mask'> {
  const overload = pixels.BYTES_PER_ELEMENT === 2 ? 0xffff : 0xffffffff
  let own: Frame['mask']
  for (let i = 0; i < numbers.length; i++) {
    const count = numbers[i] as number
    if (count < 0) {
      if (own === undefined) {
        own = new Uint8Array(new SharedArrayBuffer(numbers.length))
        if (mask !== undefined) own.set(mask)
      }
      own[i] = 1
      pixels[i] = 0
    } else {
      pixels[i] = count === largest ? overload : count
    }
  }
  return { pixels, mask: own ?? mask }
}

/** Reads the counts of a frame, least significant byte first. */
function readCounts (file: Hdf5File, path: string, array: ArrayShape, index: number, out: Uint8Array): void {
  const { shape, size } = array
  const start = shape.length === 3 ? [index, 0, 0] : [0, 0]
  const filter = filterOf(array)
  const chunk = filter === undefined ? undefined : file.chunkAt(path, start, out.length)
  if (chunk === undefined) file.read(path, start, shape.length === 3 ? [1, ...shape.slice(1)] : shape, out)
  else if (filter === filters.bitshuffle) decompressBitshuffle(chunk, size, out)
  else decompressLz4(chunk, out)
}

/** Gives a frame of a dataset as it is compressed, where it needs no more than that it is decompressed. */
function sharedChunk (file: Hdf5File, { path, array }: Part, index: number, spare: SharedArrayBuffer | undefined): SharedChunk | undefined {
  const { kind, shape, signed, size } = array
  const counts = (shape.at(-1) ?? 0) * (shape.at(-2) ?? 0)
  if (kind !== 'integer' || signed || (size !== 2 && size !== 4) || filterOf(array) !== filters.bitshuffle) return undefined
  let bytes: SharedChunk['bytes'] | undefined
  const chunk = file.chunkAt(path, shape.length === 3 ? [index, 0, 0] : [0, 0], counts * size, length => {
    if (length > mostGrowth * counts * size) return undefined
    return (bytes = new Uint8Array(spare !== undefined && spare.byteLength >= length ? spare : new SharedArrayBuffer(Math.ceil(length * (1 + scope))), 0, length))
  })
  return chunk && bytes && { bytes, blockBytes: chunk.blockBytes, size, counts }
}

/** A digest of the compressed elements of an array, and of all that decides what becomes of them; undefined where they are not in one chunk. */
function digestOf (file: Hdf5File, path: string, array: ArrayShape): string | undefined {
  const { shape, size } = array
  const bytes = shape.reduce((product, length) => product * length, size)
  if (filterOf(array) !== filters.bitshuffle) return undefined
  let place: Uint8Array | undefined
  const chunk = file.chunkAt(path, shape.map(() => 0), bytes, length => length > mostGrowth * bytes ? undefined : (place = new Uint8Array(length)))
  return chunk && place && createHash('sha256').update(JSON.stringify([shape, size])).update(place).digest('base64url')
}

/** Reads which elements of an array are not 0, into memory that is all zeros. */
function readNonZero (file: Hdf5File, path: string, array: ArrayShape, out: Uint8Array): void {
  const { shape, size } = array
  const bytes = out.length * size
  const start = shape.map(() => 0)
  const chunk = filterOf(array) === filters.bitshuffle ? file.chunkAt(path, start, bytes) : undefined
  if (chunk !== undefined) {
    decompressNonZero(chunk, size, out)
    return
  }
  const elements = new Uint8Array(bytes)
  file.read(path, start, shape, elements)
  for (let i = 0; i < bytes; i++) if (elements[i] !== 0) out[Math.floor(i / size)] = 1
}

/** The filter whose chunks are decompressed here, where each is one frame; undefined where the library is to read. */
function filterOf ({ shape, size, chunks, filters: [filter, ...others], littleEndian, sources }: ArrayShape): number | undefined {
  if (filter === undefined || others.length > 0 || sources !== undefined || (!littleEndian && size > 1)) return undefined
  if (chunks?.length !== shape.length || !chunks.every((length, i) => length === (i < shape.length - 2 ? 1 : shape[i]))) return undefined
  if (filter.id === filters.lz4) return filter.id
  return filter.id === filters.bitshuffle && filter.cd_values[2] === size && filter.cd_values[4] === byLz4 ? filter.id : undefined
}

/** Says what it may be that a frame cannot be read. */
function explained (error: unknown, { filters: used }: ArrayShape): unknown {
  const unknown = used.find(({ id }) => id !== filters.lz4 && id !== filters.bitshuffle && !filters.others.has(id))
  if (unknown === undefined || !(error instanceof DiffractionError) || error.code !== 'FILE_BROKEN') return error
  return new DiffractionError('FILE_BROKEN', `The frames of this file are compressed by HDF5 filter ${unknown.id}, which is not known here. Those that are: bitshuffle with LZ4 (32008), LZ4 (32004), ${[...filters.others.values()].join(', ')}.`)
}
