// Charts as sound, measured with the ear of an instrument: pitch, silence, length, loudness, clicks.
import t from 'tap'
import { readWavDuration } from '../../../services/kit/wav.ts'
import { sonify } from '../../../services/sonify/sonification.ts'
import { graphicRequest } from '../kit/build.ts'

const sampleRate = 16_000

function hear (series: unknown[], more: Record<string, unknown> = {}) {
  const heard = sonify(graphicRequest({ graphic: undefined, highChartsData: { title: 'T', series, ...more } }), 'en')
  if (heard === undefined) throw new Error('nothing was made heard')
  const { wav, description } = heard
  const channel = (offset: number) => Float32Array.from({ length: (wav.length - 44) / 4 }, (_, index) => wav.readInt16LE(44 + index * 4 + offset) / 32767)
  const [left, right] = [channel(0), channel(2)]
  return { wav, description, left, right, both: left.map((value, index) => value + (right[index] ?? 0)) }
}

/** Strength of a frequency within a stretch of sound (Goertzel, "An algorithm for the evaluation of finite trigonometric series", 1958), with a Hann window. */
function strength (sound: Float32Array, from: number, seconds: number, frequency: number): number {
  const length = Math.round(seconds * sampleRate)
  const start = Math.round(from * sampleRate)
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency / sampleRate)
  let [before, last] = [0, 0]
  for (let index = 0; index < length; index++) {
    const hann = 0.5 - 0.5 * Math.cos(2 * Math.PI * index / length)
    const next = (sound[start + index] ?? 0) * hann + coefficient * last - before
    before = last
    last = next
  }
  return Math.sqrt(Math.max(0, before * before + last * last - coefficient * before * last)) / length
}

/** The strongest frequency between 150 and 1300 Hz. */
function pitch (sound: Float32Array, from: number, seconds = 0.08): number {
  let [best, most] = [0, 0]
  for (let frequency = 150; frequency <= 1300; frequency += 2) {
    const found = strength(sound, from, seconds, frequency)
    if (found > most) [best, most] = [frequency, found]
  }
  return best
}

function loudest (sound: Float32Array, from: number, to: number): number {
  return sound.subarray(Math.round(from * sampleRate), Math.round(to * sampleRate)).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

t.test('a line rises from the lowest pitch over the middle to the highest', async (t) => {
  const { wav, both } = hear([{ data: [0, 0, 0, 5, 10, 10, 10] }])
  t.equal(readWavDuration(wav), 2)
  t.ok(Math.abs(pitch(both, 0.1) - 220) < 8, `${pitch(both, 0.1)} Hz at the start`)
  t.ok(Math.abs(pitch(both, 0.96, 0.08) - 440) < 25, `${pitch(both, 0.96)} Hz in the middle`)
  t.ok(Math.abs(pitch(both, 1.8) - 880) < 8, `${pitch(both, 1.8)} Hz at the end`)
})

t.test('time follows the distances in x', async (t) => {
  // The value jumps at nine tenths of the x axis.
  const { both } = hear([{ data: [[0, 0], [90, 0], [90.5, 10], [100, 10]] }])
  t.ok(Math.abs(pitch(both, 1.65) - 220) < 8)
  t.ok(Math.abs(pitch(both, 1.87) - 880) < 8)
})

t.test('a bell marks the highest value', async (t) => {
  const { both, description } = hear([{ data: [0, 1, 2, 10, 2, 1, 0, 0, 0, 0, 0] }])
  const at = (time: number) => strength(both, time, 0.1, 1760)
  t.ok(at(0.6) > 5 * at(1.4), 'it sounds where the line peaks')
  t.match(description, /bell marks the maximum/)
})

t.test('a gap is silent, and so is nothing else', async (t) => {
  const { both } = hear([{ data: [1, 2, 3, null, null, null, 2, 3, 1, 2, 2] }])
  t.ok(loudest(both, 0.5, 1.1) < 0.25, 'only the end of the bell may reach into it')
  t.equal(loudest(both, 0.75, 1.1), 0)
  for (const time of [0.1, 0.3, 1.3, 1.6, 1.9]) t.ok(loudest(both, time, time + 0.05) > 0.3, `sound at ${time} s`)
})

t.test('single values between gaps are heard as tones of their own', async (t) => {
  const { both } = hear([{ data: [1, null, 2, null, 3, null, 4] }])
  for (const time of [0.02, 0.69, 1.36, 1.9]) t.ok(loudest(both, time, time + 0.05) > 0.2, `tone at ${time} s`)
  for (const time of [0.3, 1, 1.65]) t.equal(loudest(both, time, time + 0.1), 0, `silence at ${time} s`)
})

t.test('negative values sound reedy', async (t) => {
  const { both, description } = hear([{ data: [-10, -10, -10, 10, 10, 10] }])
  t.ok(strength(both, 0.2, 0.1, 660) > 0.1 * strength(both, 0.2, 0.1, 220), 'a third harmonic below zero')
  t.ok(strength(both, 1.75, 0.1, 2640) < 0.01 * strength(both, 1.75, 0.1, 880), 'none above')
  t.match(description, /Negative values sound reedy/)
})

t.test('the tone moves from left to right', async (t) => {
  const { left, right } = hear([{ data: [1, 2, 1] }])
  t.ok(loudest(left, 0.1, 0.3) > 2 * loudest(right, 0.1, 0.3))
  t.ok(loudest(right, 1.7, 1.9) > 2 * loudest(left, 1.7, 1.9))
})

t.test('the length follows the number of points, from two to six seconds', async (t) => {
  const duration = (points: number) => readWavDuration(hear([{ data: Array.from({ length: points }, (_, x) => x) }]).wav)
  t.same([1, 10, 50, 1000].map(duration), [2, 2, 3.5, 6])
})

t.test('nothing is clipped and nothing clicks', async (t) => {
  const shapes: Record<string, unknown[]> = {
    'one point': [5],
    'equal values': [5, 5, 5],
    zigzag: Array.from({ length: 60 }, (_, x) => x % 2 * 100 - 50),
    'gaps everywhere': Array.from({ length: 61 }, (_, x) => x % 2 ? null : x),
    'one x': [[1, 1], [1, 5], [1, 3]],
    'all numbers': [[-1e308, 1e308], [0, -1e308], [1e308, 5]]
  }
  for (const [name, data] of Object.entries(shapes)) {
    const { left, right } = hear([{ data }])
    t.ok(loudest(left, 0, 6) < 0.9 && loudest(right, 0, 6) < 0.9, `${name}: no sample at full scale`)
    t.ok(loudest(left, 0, 6) > 0.1, `${name}: it is heard`)
    // A pure tone of 880 Hz and the reeds on it change by less than 0.35 of its loudness a sample; a click is a jump of all of it.
    const jump = left.reduce((most, value, index) => Math.max(most, Math.abs(value - (left[index - 1] ?? 0))), 0)
    t.ok(jump < 0.3, `${name}: largest step ${jump.toFixed(3)}`)
    t.ok(Math.abs(left[0] ?? 1) < 0.01 && Math.abs(left.at(-1) ?? 1) < 0.01, `${name}: it begins and ends in silence`)
  }
})

t.test('several lines sound one after the other on one scale, at most four', async (t) => {
  const { wav, both, description } = hear([{ name: 'low', data: [1, 1] }, { name: 'high', data: [9, 9] }])
  // Knock (0.15 s), half a pause (0.2), line (2), pause (0.4), two knocks (0.3), half a pause, line.
  t.ok(Math.abs(readWavDuration(wav) - 5.25) < 0.01)
  t.ok(Math.abs(pitch(both, 1) - 220) < 8)
  t.ok(Math.abs(pitch(both, 4) - 880) < 8)
  t.match(description, /2 lines one after the other, announced by 1 to 2 knocks: low and high\.$/)
  t.match(hear(Array.from({ length: 6 }, () => ({ data: [1, 2] }))).description, /4 of 6 lines/)
})

t.test('a logarithmic axis is heard as it is drawn', async (t) => {
  const { both } = hear([{ data: [1, 10, 10, 10, 100] }], { axes: [{ axis: 'yAxis', type: 'logarithmic' }] })
  t.ok(Math.abs(pitch(both, 0.96) - 440) < 8)
})

t.test('two hundred thousand points keep their extremes', async (t) => {
  const { wav, both } = hear([{ data: Array.from({ length: 200_000 }, (_, x) => x === 100_000 ? 100 : 0) }])
  t.equal(readWavDuration(wav), 6)
  t.ok(strength(both, 3, 0.1, 1760) > 5 * strength(both, 1, 0.1, 1760), 'the bell rings at the only peak')
})

t.test('the description of any chart keeps to three hundred characters', async (t) => {
  const long = Array.from({ length: 4 }, (_, index) => ({ name: `${'name '.repeat(30)}${index}`, data: [-1, 2] }))
  for (const language of ['en', 'fr'] as const) {
    const heard = sonify(graphicRequest({ graphic: undefined, highChartsData: { title: 'long '.repeat(99), series: long } }), language)
    t.ok((heard?.description.length ?? 999) <= 300)
  }
})
