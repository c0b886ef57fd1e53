// Writes HDF5 files as detectors write them: masters of DECTRIS Eigers with their data files, and files that follow NXmx. For the demonstration, for benchmarks and for tests.
import { join } from 'node:path'
import { dirname } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { File, ready } from 'h5wasm/node'
import type { Dataset } from 'h5wasm/node'
import { beamOf, gapsOf, overloadsOf, synthesise } from './frame.ts'

/** What is written. */
export interface Series {
  /** What the names of files begin with. */
  readonly name: string
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  readonly frames: number
  /** Bits of a count; 32 unless told. */
  readonly depth?: 8 | 16 | 32
  /** Whether counts have a sign; then pixels that do not count are -1. */
  readonly signed?: boolean
  /** Bitshuffle with LZ4 unless told. */
  readonly compression?: 'bitshuffle' | 'lz4' | 'gzip' | 'none'
  /** Frame `n` is made of this and `n`; 0 unless told. */
  readonly seed?: number
  /** Makes the counts of a frame instead. */
  readonly picture?: (frame: number) => Uint32Array
}

/** What is written as a master with data files. */
export interface EigerSeries extends Series {
  readonly framesPerFile: number
  /** Of the software of the detector; 1.8.0 unless told. */
  readonly version?: string
  /** Whether the data files number their frames, as they do unless told. */
  readonly numbered?: boolean
}

/** Types of counts, as h5wasm names them. */
const types = { 8: ['<B', '<b', Uint8Array, Int8Array], 16: ['<H', '<h', Uint16Array, Int16Array], 32: ['<I', '<i', Uint32Array, Int32Array] } as const

const filters = { bitshuffle: { compression: 32008, compression_opts: [0, 2] }, lz4: { compression: 32004, compression_opts: [0] }, gzip: { compression: 1, compression_opts: [1] }, none: {} }

/**
 * Writes a master and its data files. All that is to be found out of them follows from the recipe: wavelength 0.97919 Å, distance 0.25 m, pixels of 75 µm.
 * @returns the paths of what was written
 */
export async function writeEiger (folder: string, series: EigerSeries): Promise<{ master: string, data: string[] }> {
  await prepare()
  const { name, width, height, frames, framesPerFile, version = '1.8.0', numbered = true } = series
  const counts = createCounts(series)
  const names: string[] = []
  for (let first = 1; first <= frames; first += framesPerFile) {
    const last = Math.min(frames, first + framesPerFile - 1)
    const file = `${name}_data_${String(names.length + 1).padStart(6, '0')}.h5`
    await inFile(join(folder, file), at => {
      makeGroup(at, '/entry/data')
      const data = writeFrames(at, '/entry/data/data', series, counts, first, last)
      if (!numbered) return
      data.create_attribute('image_nr_low', first, [], '<i')
      data.create_attribute('image_nr_high', last, [], '<i')
    })
    names.push(file)
  }

  const master = join(folder, `${name}_master.h5`)
  await inFile(master, file => {
    makeGroup(file, '/entry/data')
    names.forEach((each, i) => { file.create_external_link(each, '/entry/data/data', `entry/data/data_${String(i + 1).padStart(6, '0')}`) })
    const detector = '/entry/instrument/detector'
    const specific = `${detector}/detectorSpecific`
    const { text, integer, real } = writers(file)
    text(`${specific}/software_version`, version)
    text(`${specific}/data_collection_date`, '2026-01-01T00:00:00.000')
    text(`${specific}/trigger_mode`, 'exts')
    text(`${detector}/description`, 'Dectris Eiger 16M')
    text(`${detector}/detector_number`, 'E-32-0100')
    text(`${detector}/sensor_material`, 'Si')
    integer(`${specific}/nimages`, frames)
    integer(`${specific}/ntrigger`, 1)
    integer(`${specific}/auto_summation`, 1)
    integer(`${specific}/x_pixels_in_detector`, width)
    integer(`${specific}/y_pixels_in_detector`, height)
    integer(`${detector}/bit_depth_image`, series.depth ?? 32)
    integer(`${detector}/bit_depth_readout`, 12)
    real(`${specific}/photon_energy`, 12662, 'eV')
    real(`${detector}/geometry/orientation/value`, [-1, 0, 0, 0, -1, 0])
    real(`${detector}/geometry/translation/distances`, [0.15, -0.16, -0.25], 'm')
    writeGeometry(file, series)
    if (version === '1.6.0') {
      real('/entry/sample/goniometer/omega_start', 0, 'degree')
      real('/entry/sample/goniometer/omega_increment', 0.1, 'degree')
    } else {
      real('/entry/sample/goniometer/omega', Array.from({ length: frames }, (_, i) => i * 0.1), 'degree')
      real('/entry/sample/goniometer/omega_range_average', 0.1, 'degree')
      integer(`${detector}/saturation_value`, 65000)
    }
    makeGroup(file, specific)
    writeMask(file, `${specific}/pixel_mask`, series)
  })
  return { master, data: names.map(each => join(folder, each)) }
}

/** Writes a file that follows NXmx, with its frames in it. @returns its path */
export async function writeNxmx (folder: string, series: Series): Promise<{ master: string, data: string[] }> {
  await prepare()
  const master = join(folder, `${series.name}.nxs`)
  await inFile(master, file => {
    const detector = '/entry/instrument/detector'
    const { text, integer, real } = writers(file)
    text('/entry/definition', 'NXmx')
    makeGroup(file, '/entry/data')
    writeFrames(file, '/entry/data/data', series, createCounts(series), 1, series.frames)
    text(`${detector}/description`, 'Eiger')
    integer(`${detector}/saturation_value`, 65000)
    writeGeometry(file, series)
    real('/entry/sample/transformations/omega', Array.from({ length: series.frames }, (_, i) => i * 0.1), 'deg')
    writeMask(file, `${detector}/pixel_mask`, series)
  })
  return { master, data: [] }
}

/** Gives the library the filters that frames are compressed with. */
async function prepare (): Promise<void> {
  const library = await ready
  const plugins = `${dirname(fileURLToPath(import.meta.resolve('h5wasm-plugins')))}/plugins`
  if (!library.get_plugin_search_paths().includes(plugins)) library.insert_plugin_search_path(plugins, 0)
}

/** Writes into a new file. */
async function inFile (path: string, write: (file: File) => void): Promise<void> {
  await ready
  const file = new File(path, 'w')
  if (file.file_id < 0n) throw new Error(`${path} cannot be written`)
  try {
    write(file)
  } finally {
    file.close()
  }
}

/** Makes a group, and those that it is in. */
function makeGroup (file: File, path: string): void {
  let at = ''
  for (const name of path.split('/').slice(1)) {
    at += `/${name}`
    if (file.get(at) === null) file.create_group(at.slice(1))
  }
}

/** What writes single items, making the groups that they are in. */
function writers (file: File) {
  const number = (path: string, value: number | number[], dtype: string, unit?: string): void => {
    makeGroup(file, dirname(path))
    const item = file.create_dataset({ name: path.slice(1), data: Array.isArray(value) ? value : [value], shape: Array.isArray(value) ? [value.length] : [], dtype })
    if (unit !== undefined) item.create_attribute('units', unit, [], `S${unit.length + 1}`)
  }
  return {
    text (path: string, value: string): void {
      makeGroup(file, dirname(path))
      file.create_dataset({ name: path.slice(1), data: [value], shape: [], dtype: `S${Buffer.byteLength(value) + 1}` })
    },
    integer: (path: string, value: number | number[]) => { number(path, value, '<I') },
    real: (path: string, value: number | number[], unit?: string) => { number(path, value, '<f', unit) }
  }
}

/** Writes where the beam hits the detector, and how far away that is. */
function writeGeometry (file: File, { width, height }: Series): void {
  const detector = '/entry/instrument/detector'
  const { real } = writers(file)
  const beam = beamOf(width, height)
  real(`${detector}/beam_center_x`, beam.x, 'pixel')
  real(`${detector}/beam_center_y`, beam.y, 'pixel')
  real(`${detector}/count_time`, 0.0099, 's')
  real(`${detector}/frame_time`, 0.01, 's')
  real(`${detector}/detector_distance`, 0.25, 'm')
  real(`${detector}/sensor_thickness`, 4.5e-4, 'm')
  real(`${detector}/threshold_energy`, 6331, 'eV')
  real(`${detector}/x_pixel_size`, 7.5e-5, 'm')
  real(`${detector}/y_pixel_size`, 7.5e-5, 'm')
  real('/entry/instrument/beam/incident_wavelength', 0.97919, 'angstrom')
}

/** Writes which pixels do not count. */
function writeMask (file: File, path: string, { width, height }: Series): void {
  file.create_dataset({ name: path.slice(1), data: gapsOf(width, height), shape: [height, width], chunks: [height, width], dtype: '<I', ...filters.bitshuffle })
}

/** What gives the counts of frames as they are written: pixels that do not count and overloads have the largest of their type. */
export function createCounts ({ width, height, depth = 32, signed = false, seed = 0, picture = frame => synthesise({ width, height, seed: seed + frame }) }: Series) {
  const mask = gapsOf(width, height)
  const overloads = overloadsOf(width, height)
  const [, , Unsigned, Signed] = types[depth]
  const largest = 2 ** (signed ? depth - 1 : depth) - 1
  return (frame: number): Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array => {
    const counts = picture(frame)
    const pixels = signed ? new Signed(width * height) : new Unsigned(width * height)
    for (let i = 0; i < pixels.length; i++) pixels[i] = mask[i] === 0 ? Math.min(counts[i] as number, largest - 1) : signed ? -1 : largest
    for (let row = overloads.y; row < overloads.y + overloads.size; row++) pixels.fill(largest, row * width + overloads.x, row * width + overloads.x + overloads.size)
    return pixels
  }
}

/** Writes frames one by one: together they may be more than there is memory. */
function writeFrames (file: File, path: string, { width, height, depth = 32, signed = false, compression = 'bitshuffle' }: Series, counts: ReturnType<typeof createCounts>, first: number, last: number): Dataset {
  const data = file.create_dataset({
    name: path.slice(1),
    data: counts(first),
    shape: [1, height, width],
    maxshape: [last - first + 1, height, width],
    chunks: [1, height, width],
    dtype: types[depth][signed ? 1 : 0],
    ...filters[compression]
  })
  for (let frame = first + 1; frame <= last; frame++) {
    data.resize([frame - first + 1, height, width])
    data.write_slice([[frame - first, frame - first + 1], [], []], counts(frame))
  }
  return data
}
