// WAV files: what is written can be read, measured and mended.
import t from 'tap'
import { encodeWav, mendWav, readWavDuration } from '../../../services/kit/wav.ts'

t.test('a stereo sound becomes interleaved 16-bit PCM under a header that says so', async (t) => {
  const wav = encodeWav({ samples: [Float32Array.of(0, 1, -1), Float32Array.of(0.5, 2, -3)], sampleRate: 8000 })
  t.equal(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16) + wav.toString('latin1', 36, 40), 'RIFFWAVEfmt data')
  t.equal(wav.readUInt32LE(4), wav.length - 8, 'RIFF length')
  t.equal(wav.readUInt32LE(40), wav.length - 44, 'data length')
  t.same([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt32LE(28), wav.readUInt16LE(32), wav.readUInt16LE(34)], [1, 2, 8000, 32000, 4, 16])
  const values = Array.from({ length: 6 }, (_, index) => wav.readInt16LE(44 + index * 2))
  t.same(values, [0, 16384, 32767, 32767, -32767, -32767], 'left and right take turns, and what is too loud is clipped, not wrapped')
})

t.test('the duration of a written sound is read back', async (t) => {
  t.equal(readWavDuration(encodeWav({ samples: [new Float32Array(22050)], sampleRate: 22050 })), 1)
  t.equal(readWavDuration(encodeWav({ samples: [new Float32Array(100), new Float32Array(100)], sampleRate: 1000 })), 0.1)
  t.equal(readWavDuration(encodeWav({ samples: [new Float32Array(0)], sampleRate: 1000 })), 0)
})

t.test('what is no number is silence', async (t) => {
  t.equal(encodeWav({ samples: [Float32Array.of(NaN)], sampleRate: 1000 }).readInt16LE(44), 0)
})

t.test('sound that no WAV file can hold is refused', async (t) => {
  t.throws(() => encodeWav({ samples: [], sampleRate: 1000 }), RangeError)
  t.throws(() => encodeWav({ samples: [new Float32Array(1), new Float32Array(1), new Float32Array(1)], sampleRate: 1000 }), RangeError)
  t.throws(() => encodeWav({ samples: [new Float32Array(1), new Float32Array(2)], sampleRate: 1000 }), RangeError)
  for (const sampleRate of [0, -1, 1.5, NaN, 1e9]) t.throws(() => encodeWav({ samples: [new Float32Array(1)], sampleRate }), RangeError, `${sampleRate} Hz`)
})

t.test('a file with other chunks before its sound is measured too', async (t) => {
  const wav = encodeWav({ samples: [new Float32Array(500)], sampleRate: 1000 })
  const list = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1')
  t.equal(readWavDuration(Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)])), 0.5)
})

t.test('bytes that are no WAV file are refused', async (t) => {
  const wav = encodeWav({ samples: [new Float32Array(500)], sampleRate: 1000 })
  const withoutFormat = Buffer.from(wav)
  withoutFormat.write('junk', 12, 'latin1')
  for (const [name, bytes] of Object.entries({
    nothing: Buffer.alloc(0),
    'a header alone': wav.subarray(0, 20),
    'other text': Buffer.from('RIFFxxxxAVI LIST'),
    'no format': withoutFormat,
    'zero chunks without end': Buffer.concat([wav.subarray(0, 12), Buffer.alloc(4096)])
  })) t.throws(() => readWavDuration(bytes), RangeError, name)
  t.throws(() => readWavDuration(wav.subarray(0, 100)), /shorter than its header says/)
})

t.test('wrong lengths in a header are mended from the bytes there are', async (t) => {
  const whole = encodeWav({ samples: [Float32Array.from({ length: 500 }, (_, index) => Math.sin(index))], sampleRate: 1000 })
  for (const length of [0, 0xffffffff, 0x7ffff000]) {
    const broken = Buffer.from(whole)
    broken.writeUInt32LE(length, 4)
    broken.writeUInt32LE(length, 40)
    t.same(mendWav(broken), whole, `${length} became the true length`)
  }
  t.same(mendWav(whole), whole, 'a right file stays as it is')
  const odd = Buffer.concat([whole, Buffer.alloc(1)])
  odd.writeUInt32LE(0, 40)
  t.equal(readWavDuration(mendWav(odd)), 0.5, 'half a sample is cut off')
  t.throws(() => mendWav(Buffer.from('no sound')), RangeError)
})
