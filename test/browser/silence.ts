// A sound for tests: one that can be played, and that nobody hears.

/** Samples in a second. */
const rate = 8000

/** Silence as a data URL: mono, 8 bits, 8 kHz. */
export function silence (seconds = 1): string {
  const length = seconds * rate
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(length, 40)
  return `data:audio/wav;base64,${Buffer.concat([head, Buffer.alloc(length, 128)]).toString('base64')}`
}
