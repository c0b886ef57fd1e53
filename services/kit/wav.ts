// Sound as bytes: RIFF/WAVE files of 16-bit PCM are written, measured and mended here, so that every service that speaks or sings answers with a file that any player accepts.

/** Sound to be written: one array of samples in −1…1 a channel, all of one length, and samples a second. */
export interface Sound {
  /** One array a channel (mono, or left then right); values outside −1…1 are clipped. */
  samples: Float32Array[]
  /** Samples a second, in hertz. */
  sampleRate: number
}

const headerLength = 44
const bytesPerSample = 2
const pcm = 1
const peak = 0x7fff

/**
 * Gives a WAV file: a 44-byte header (`RIFF`, `fmt `, `data`) and interleaved little-endian 16-bit PCM.
 * Format: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), pages 56 to 65.
 * Throws a RangeError for no channel, more than two, channels of unequal length, a sample rate that is not a whole number from 1 to 384,000, or sound too long for a 32-bit length.
 */
export function encodeWav ({ samples, sampleRate }: Sound): Buffer {
  const [first] = samples
  if (first === undefined || samples.length > 2) throw new RangeError('A WAV file is written with one or two channels')
  if (samples.some((channel) => channel.length !== first.length)) throw new RangeError('All channels of a WAV file must have the same number of samples')
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > 384_000) throw new RangeError('The sample rate must be a whole number of hertz from 1 to 384000')
  const blockAlign = samples.length * bytesPerSample
  const dataLength = first.length * blockAlign
  if (dataLength + headerLength > 0xffffffff) throw new RangeError('The sound is too long for a WAV file')

  const wav = Buffer.alloc(headerLength + dataLength)
  wav.write('RIFF', 0, 'latin1')
  wav.writeUInt32LE(headerLength - 8 + dataLength, 4)
  wav.write('WAVEfmt ', 8, 'latin1')
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(pcm, 20)
  wav.writeUInt16LE(samples.length, 22)
  wav.writeUInt32LE(sampleRate, 24)
  wav.writeUInt32LE(sampleRate * blockAlign, 28)
  wav.writeUInt16LE(blockAlign, 32)
  wav.writeUInt16LE(bytesPerSample * 8, 34)
  wav.write('data', 36, 'latin1')
  wav.writeUInt32LE(dataLength, 40)

  for (const [channel, values] of samples.entries()) {
    let offset = headerLength + channel * bytesPerSample
    for (const value of values) {
      // A NaN would become 0 silently; it is 0 here by decision: silence instead of a crack.
      const level = Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value))
      wav.writeInt16LE(Math.round(level * peak), offset)
      offset += blockAlign
    }
  }
  return wav
}

interface Chunks {
  /** Bytes a second of sound. */
  byteRate: number
  /** Bytes of one sample of all channels. */
  blockAlign: number
  /** Where the sound begins, in bytes. */
  dataStart: number
  /** What the header says about the length of the sound, in bytes. */
  dataLength: number
}

function readChunks (wav: Buffer): Chunks {
  if (wav.length < 12 || wav.toString('latin1', 0, 4) !== 'RIFF' || wav.toString('latin1', 8, 12) !== 'WAVE') throw new RangeError('Not a RIFF/WAVE file')
  let byteRate = 0
  let blockAlign = 0
  for (let offset = 12; offset + 8 <= wav.length;) {
    const id = wav.toString('latin1', offset, offset + 4)
    const length = wav.readUInt32LE(offset + 4)
    if (id === 'data') {
      if (byteRate === 0 || blockAlign === 0) throw new RangeError('The WAV file has no usable fmt chunk before its data')
      return { byteRate, blockAlign, dataStart: offset + 8, dataLength: length }
    }
    if (id === 'fmt ' && length >= 16 && offset + 24 <= wav.length) {
      byteRate = wav.readUInt32LE(offset + 16)
      blockAlign = wav.readUInt16LE(offset + 20)
    }
    // Chunks are padded to an even length.
    offset += 8 + length + (length & 1)
  }
  throw new RangeError('The WAV file has no data chunk')
}

/**
 * Gives how long the sound in a WAV file lasts, in seconds, as its header says.
 * Throws a RangeError when the bytes are not a WAV file, or when its header promises more sound than there is.
 */
export function readWavDuration (wav: Buffer): number {
  const { byteRate, dataStart, dataLength } = readChunks(wav)
  if (dataStart + dataLength > wav.length) throw new RangeError('The WAV file is shorter than its header says')
  return dataLength / byteRate
}

/**
 * Gives the same WAV file with lengths that are true: the RIFF length and the data length follow from the bytes there are. A writer that could not seek back
 * leaves 0 or 0xFFFFFFFF there, and players then play nothing or refuse. The sound must be the last chunk where its length was wrong.
 * Throws a RangeError when the bytes are not a WAV file.
 */
export function mendWav (wav: Buffer): Buffer {
  const { blockAlign, dataStart, dataLength } = readChunks(wav)
  const present = wav.length - dataStart
  const whole = present - present % blockAlign
  const length = dataLength === 0 || dataLength > whole ? whole : dataLength
  const end = length === dataLength ? wav.length : dataStart + length
  const mended = Buffer.from(wav.subarray(0, end))
  mended.writeUInt32LE(end - 8, 4)
  mended.writeUInt32LE(length, dataStart - 4)
  return mended
}
