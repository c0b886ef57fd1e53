// Opens a file with frames, whatever its format. A file is what its content says; its name decides only where the content does not.
import path from 'node:path'
import { DiffractionError } from '../diffraction-error.ts'
import { openBytes } from './byte-file.ts'
import type { ByteFile } from './byte-file.ts'
import { openCbf } from './cbf.ts'
import type { ImageFile, OpenOptions } from './image-file.ts'
import { openMarccd } from './marccd.ts'
import { openSmv } from './smv.ts'
import { openTiff } from './tiff.ts'
import { tiffByteOrder } from './tiff-directory.ts'

/** Formats that are known. MarCCD is TIFF with a header more. */
type Format = 'hdf5' | 'cbf' | 'marccd' | 'smv' | 'tiff'

/** Formats by the end of a name. */
const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['.h5', 'hdf5'], ['.hdf5', 'hdf5'], ['.nxs', 'hdf5'], ['.cbf', 'cbf'], ['.mccd', 'marccd'], ['.tif', 'tiff'], ['.tiff', 'tiff'], ['.img', 'smv']
])

/** Readers of all but HDF5, which opens its files itself. */
const readers: Record<Exclude<Format, 'hdf5'>, (file: ByteFile, options: OpenOptions) => ImageFile> = { cbf: openCbf, marccd: openMarccd, smv: openSmv, tiff: openTiff }

/** Shortest file that is looked at; no format is shorter. */
const shortest = 4

/** Where the signature of HDF5 may be: a program may have put a block of its own before it. */
const hdf5Places = [0, 512, 1024, 2048]
const hdf5Signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')

/** Bytes that tell a CBF file without its first line: headers of detectors are shorter. */
const cbfHead = 8192

/**
 * Opens a file.
 * @param file - its path; whether it may be read has been decided
 * @throws DiffractionError FILE_MISSING, FORMAT_UNKNOWN, FILE_BROKEN, TOO_LARGE, BUSY
 */
export async function openImageFile (file: string, options: OpenOptions): Promise<ImageFile> {
  const bytes = openBytes(file)
  try {
    const format = formatOf(bytes)
    if (format !== 'hdf5') return readers[format](bytes, options)
  } catch (error) {
    bytes.close()
    throw error
  }
  bytes.close()
  // Its library is a megabyte of WebAssembly, which nobody needs who has frames of CCD detectors.
  const { openHdf5 } = await import('./hdf5.ts')
  return await openHdf5(file, options)
}

function formatOf (file: ByteFile): Format {
  const byContent = file.size < shortest ? undefined : formatOfContent(file)
  const byName = formats.get(path.extname(file.name).toLowerCase())
  // TIFF of a detector of Rayonix is told by its header alone, so that a name is not needed.
  const format = byContent ?? byName
  if (format === undefined) throw new DiffractionError('FORMAT_UNKNOWN', 'The file is in no format that is known here: HDF5 (Eiger, NXmx), CBF, MarCCD, TIFF and SMV are.')
  return format
}

function formatOfContent (file: ByteFile): Format | undefined {
  const head = file.read(0, Math.min(file.size, cbfHead))
  if (tiffByteOrder(head) !== undefined) return 'marccd'
  if (hdf5Places.some(place => head.subarray(place, place + hdf5Signature.length).equals(hdf5Signature))) return 'hdf5'
  if (head.toString('latin1', 0, 6) === '###CBF' || head.includes('--CIF-BINARY-FORMAT-SECTION--')) return 'cbf'
  return /^\{\s{0,8}HEADER_BYTES=/.test(head.toString('latin1', 0, 32)) ? 'smv' : undefined
}
