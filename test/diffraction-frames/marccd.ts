// Writes MarCCD files as CCD detectors of Rayonix write them, for tests.
import { writeFileSync } from 'node:fs'
import { tiffBytes } from './tiff.ts'
import type { TiffFrame } from './tiff.ts'

/** What is written besides the counts. */
export interface MarccdFrame extends Pick<TiffFrame, 'width' | 'height' | 'counts' | 'isBigEndian'> {
  /** Comment of the file; that of a beamline at LS-CAT unless told. */
  readonly comment?: string
  /** Numbers of the header by their place in it, instead of the usual ones. */
  readonly numbers?: Readonly<Record<number, number>>
  /** Whether the header is in the other byte order than the pixels, as of a machine that was not the one of the detector. */
  readonly hasForeignHeader?: boolean
}

const comment = "detector='Rayonix MX-300 s/n 001' LS_CAT_Beamline='21-ID-G' kappa=0.0 omega=235.0"

/** The bytes of a MarCCD file: 1024 of TIFF, 3072 of header, then counts of 16 bits. */
export function marccdBytes ({ width, height, counts, isBigEndian = false, comment: said = comment, numbers = {}, hasForeignHeader = false }: MarccdFrame): Buffer {
  const lead = Buffer.alloc(4096)
  const header = lead.subarray(1024)
  const isBigHeader = isBigEndian !== hasForeignHeader
  const all = {
    0: 2,
    28: 1234,
    32: 1234,
    36: 3072,
    80: width,
    84: height,
    88: 2,
    96: 16,
    104: 65535,
    204: 64000,
    280: 3,
    284: 5000,
    288: 17660,
    292: 75431,
    300: 9,
    640: 250000,
    644: 1527000,
    648: 1540250,
    652: 1000,
    656: 1100,
    660: 100,
    684: 235500,
    736: 500,
    772: 73242,
    776: 73243,
    908: 97919,
    ...numbers
  }
  for (const [place, value] of Object.entries(all)) isBigHeader ? header.writeInt32BE(value, Number(place)) : header.writeInt32LE(value, Number(place))
  header.write('MARCCD', 4, 'latin1')
  header.write('/data', 1024 + 128, 'latin1')
  header.write('test.mccd', 1024 + 256, 'latin1')
  header.write(said, 1024 + 416, 512, 'latin1')
  return tiffBytes({ width, height, counts, isBigEndian, lead })
}

/** Writes a MarCCD file. */
export function writeMarccd (file: string, frame: MarccdFrame): void {
  writeFileSync(file, marccdBytes(frame))
}
