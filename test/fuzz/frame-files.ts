// Files of frames of every format, small, to be damaged.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { writeEiger, writeNxmx } from '../../scripts/diffraction-demo/eiger.ts'
import { cbfBytes, pilatusHeader } from '../diffraction-frames/cbf.ts'
import { marccdBytes } from '../diffraction-frames/marccd.ts'
import { smvBytes } from '../diffraction-frames/smv.ts'
import { tiffBytes } from '../diffraction-frames/tiff.ts'

/** Files that belong together. */
export interface FrameFiles {
  /** The one that is opened. */
  readonly main: string
  readonly files: Readonly<Record<string, Uint8Array>>
}

/** Formats that are damaged. */
export const fuzzedFormats = ['cbf', 'tiff', 'marccd', 'smv', 'hdf5'] as const

/** A format that is damaged. */
export type FuzzedFormat = typeof fuzzedFormats[number]

const [width, height] = [40, 30]
const counts = Array.from({ length: width * height }, (_, at) => at % 17 === 0 ? 40_000 + at : at % 100)
const frame = { width, height, counts }
const withoutDigest = { 'Content-MD5': undefined }

const axes = `###CBF: VERSION 1.5\r\ndata_frame\r\n${[
  'loop_\n_axis.id\n_axis.type\n_axis.equipment\n_axis.depends_on\n_axis.vector[1]\n_axis.vector[2]\n_axis.vector[3]\n_axis.offset[1]\n_axis.offset[2]\n_axis.offset[3]',
  'SOURCE general source . 0 0 1 . . .\nZ translation detector . 0 0 1 0 0 -100\nX translation detector Z 1 0 0 -2 2 0\nY translation detector X 0 -1 0 0 0 0',
  'loop_\n_array_structure_list.index\n_array_structure_list.precedence\n_array_structure_list.axis_set_id\n1 1 X\n2 2 Y',
  'loop_\n_array_structure_list_axis.axis_set_id\n_array_structure_list_axis.axis_id\n_array_structure_list_axis.displacement\n_array_structure_list_axis.displacement_increment\nX X 0.05 0.1\nY Y 0.05 0.1\n'
].join('\n').replaceAll('\n', '\r\n')}`

/** Makes files of a format. */
export async function filesOf (format: FuzzedFormat, folder: string): Promise<FrameFiles[]> {
  if (format === 'hdf5') return await hdf5Files(folder)
  const alone = (main: string, ...all: Buffer[]): FrameFiles[] => all.map(bytes => ({ main, files: { [main]: bytes } }))
  switch (format) {
    case 'cbf': return alone('a.cbf',
      cbfBytes(frame),
      cbfBytes({ ...frame, header: pilatusHeader, fields: withoutDigest }),
      cbfBytes({ ...frame, header: axes, type: 'unsigned 16-bit integer', fields: withoutDigest }),
      cbfBytes({ ...frame, conversion: 'x-CBF_NONE', fields: withoutDigest })
    )
    case 'tiff': return alone('a.tif',
      tiffBytes({ ...frame, rowsPerStrip: 7 }),
      tiffBytes({ ...frame, bits: 32, isSigned: true, tile: { width: 16, height: 16 }, isBigEndian: true }),
      tiffBytes({ ...frame, isDeflated: true, rowsPerStrip: 5, description: '# Pixel_size 172e-6 m x 172e-6 m\n# Beam_xy (1, 2) pixels\n' })
    )
    case 'marccd': return alone('a.mccd', marccdBytes(frame), marccdBytes({ ...frame, isBigEndian: true }))
    case 'smv': return alone('a.img', smvBytes(frame), smvBytes({ ...frame, isBigEndian: true, fields: { XDS_ORGX: '5' } }))
  }
}

async function hdf5Files (folder: string): Promise<FrameFiles[]> {
  const all: FrameFiles[] = []
  const make = async (write: (place: string) => Promise<{ master: string }>) => {
    const place = path.join(folder, 'made')
    mkdirSync(place, { recursive: true })
    const { master } = await write(place)
    all.push({ main: path.basename(master), files: Object.fromEntries(readdirSync(place).map(name => [name, readFileSync(path.join(place, name))])) })
    rmSync(place, { recursive: true })
  }
  const series = { name: 'a', width, height, frames: 2 }
  await make(async place => await writeEiger(place, { ...series, framesPerFile: 1, depth: 16 }))
  // Of several blocks, so that threads may share them.
  await make(async place => await writeEiger(place, { ...series, width: 130, height: 100, framesPerFile: 1 }))
  await make(async place => await writeEiger(place, { ...series, framesPerFile: 2, version: '1.6.0', compression: 'lz4' }))
  await make(async place => await writeNxmx(place, { ...series, depth: 8, compression: 'gzip' }))
  return all
}
