// Writes frames in SMV, the simplest format there is, for tests that are about files rather than formats.
import { utimesSync, writeFileSync } from 'node:fs'

/** Bytes of a frame of 16 bits whose pixel at `x`, `y` has the count `10 * y + x + offset`. */
export function smvBytes ({ width = 40, height = 30, offset = 0 } = {}): Buffer {
  const header = `{\nHEADER_BYTES=512;\nDIM=2;\nBYTE_ORDER=little_endian;\nTYPE=unsigned_short;\nSIZE1=${width};\nSIZE2=${height};\nPIXEL_SIZE=0.1;\nDISTANCE=200.0;\nWAVELENGTH=1.0;\nBEAM_CENTER_X=2.0;\nBEAM_CENTER_Y=1.5;\n}\f`
  const bytes = Buffer.alloc(512 + 2 * width * height, ' ')
  bytes.write(header)
  for (let y = 0, at = 512; y < height; y++) {
    for (let x = 0; x < width; x++, at += 2) bytes.writeUInt16LE(10 * y + x + offset, at)
  }
  return bytes
}

/** Writes a file as one that has been there for a while: what is written at this moment is not kept. */
export function writeOld (path: string, bytes: Uint8Array, secondsAgo = 1000): string {
  writeFileSync(path, bytes)
  utimesSync(path, Date.now() / 1000 - secondsAgo, Date.now() / 1000 - secondsAgo)
  return path
}
