// The sound of a score: one gliding tone, phase-continuous and faded at its ends, from left to right, with a bell at the highest value.
import type { Moment, Score } from './score.ts'

/** Samples a second: enough for the highest overtone, and small to send. */
export const sampleRate = 16_000

/*
 * Higher values sound higher, the polarity that listeners expect of most quantities (Walker, "Magnitude estimation of conceptual data dimensions for use in sonification", 2002),
 * on a logarithmic scale of frequency, which is how pitch is heard. A3 to A5, two octaves in the middle of the range MIDI 35 to 100 that Brown, Brewster, Ramloll, Burton and Riedel
 * recommend ("Design guidelines for audio presentation of graphs and tables", ICAD 2003): small loudspeakers give all of it, and age-related hearing loss leaves it alone.
 */
/** Tone of the lowest value, in hertz. */
export const lowestFrequency = 220
/** Tone of the highest value, in hertz. */
export const highestFrequency = 880

/** The bell that marks the highest value: two octaves above the middle of the scale, short. */
const bellFrequency = 1760
const bellSeconds = 0.25

const fadeSeconds = 0.01
/** A value between two gaps is held this long, where the next one leaves it the time, or it would be a click. */
const shortestTone = 0.12
const silenceBefore = 0.015

// Together they stay below full scale: tone 0.45 × (1 + 1/3 + 1/5) ≈ 0.69 at most, bell 0.2.
const toneLoudness = 0.45
const bellLoudness = 0.2

/** Sound of two channels, left and right. */
export interface Stereo {
  left: Float32Array
  right: Float32Array
}

/** Gives the frequency of a level (0 lowest, 1 highest), in hertz. */
export function frequencyOf (level: number): number {
  return lowestFrequency * (highestFrequency / lowestFrequency) ** level
}

/** Gives silence of a length in seconds. */
export function silence (seconds: number): Stereo {
  const length = Math.round(seconds * sampleRate)
  return { left: new Float32Array(length), right: new Float32Array(length) }
}

/** Plays parts one after the other. */
export function inSequence (parts: readonly Stereo[]): Stereo {
  const whole = silence(parts.reduce((samples, { left }) => samples + left.length, 0) / sampleRate)
  let offset = 0
  for (const { left, right } of parts) {
    whole.left.set(left, offset)
    whole.right.set(right, offset)
    offset += left.length
  }
  return whole
}

/**
 * Plays a score. Gaps are silence; negative values sound reedy (odd overtones) and the others pure, so that the crossing of zero is heard; the tone moves
 * from the left ear to the right as time goes on. Time is linear in the length of the sound and the number of moments.
 */
export function play (score: Score): Stereo {
  const sound = silence(score.duration)
  for (const index of score.stretches.keys()) addStretch(sound, held(score, index), score)
  addBell(sound, score)
  return sound
}

/** Plays as many short knocks as the count says: the number of the line that follows. */
export function knocks (count: number): Stereo {
  return inSequence(Array.from({ length: count }, () => {
    const knock = silence(0.15)
    const length = Math.round(0.06 * sampleRate)
    for (let index = 0; index < length; index++) {
      const value = Math.sin(2 * Math.PI * 1200 * index / sampleRate) * fade(index, length) * 0.25
      knock.left[index] = value
      knock.right[index] = value
    }
    return knock
  }))
}

// A stretch that is too short to be heard is held; at the end of the line, where no time is left, it begins earlier.
function held ({ stretches, duration }: Score, index: number): Moment[] {
  const stretch = stretches[index] ?? []
  const [first, last] = [stretch.at(0), stretch.at(-1)]
  if (first === undefined || last === undefined || last.time - first.time >= shortestTone) return stretch
  const before = stretches[index - 1]?.at(-1)
  const after = stretches[index + 1]?.at(0)
  const end = Math.max(last.time, Math.min(first.time + shortestTone, after ? after.time - silenceBefore : duration))
  const start = Math.min(first.time, Math.max(end - shortestTone, before && after ? first.time : before ? before.time + silenceBefore : 0))
  return [{ ...first, time: start }, ...stretch, { ...last, time: end }]
}

function addStretch ({ left, right }: Stereo, stretch: Moment[], { duration, zero }: Score): void {
  const from = Math.round((stretch.at(0)?.time ?? 0) * sampleRate)
  const to = Math.min(left.length, Math.round((stretch.at(-1)?.time ?? 0) * sampleRate))
  let phase = 0
  let reed = 0
  let next = 1
  for (let index = from; index < to; index++) {
    const time = index / sampleRate
    while (next < stretch.length - 1 && (stretch[next]?.time ?? 0) <= time) next++
    const level = between(stretch[next - 1], stretch[next], time)
    phase += 2 * Math.PI * frequencyOf(level) / sampleRate
    // The change of timbre takes a few milliseconds: at once, it would click.
    const target = zero !== undefined && level < zero ? 1 : 0
    reed = index === from ? target : reed + (target - reed) * 0.01
    const value = (Math.sin(phase) + reed * (Math.sin(3 * phase) / 3 + Math.sin(5 * phase) / 5)) * toneLoudness * fade(index - from, to - from)
    pan(left, right, index, value, time / duration)
  }
}

function between (before: Moment | undefined, after: Moment | undefined, time: number): number {
  if (before === undefined || after === undefined) return before?.level ?? after?.level ?? 0.5
  const span = after.time - before.time
  return span > 0 ? before.level + (after.level - before.level) * Math.min(1, Math.max(0, (time - before.time) / span)) : after.level
}

function addBell ({ left, right }: Stereo, { highest, duration, stretches }: Score): void {
  // A level line has no highest value.
  if (!stretches.some((stretch) => stretch.some(({ level }) => level !== stretches[0]?.[0]?.level))) return
  const length = Math.round(bellSeconds * sampleRate)
  const from = Math.max(0, Math.min(Math.round(highest * sampleRate), left.length - length))
  for (let index = 0; index < length; index++) {
    const decay = Math.exp(-12 * index / length)
    pan(left, right, from + index, Math.sin(2 * Math.PI * bellFrequency * index / sampleRate) * decay * fade(index, length) * bellLoudness, highest / duration)
  }
}

// Constant power, and never quite to one side, so that one ear alone hears everything.
function pan (left: Float32Array, right: Float32Array, index: number, value: number, position: number): void {
  const angle = (0.15 + 0.7 * position) * Math.PI / 2
  left[index] = (left[index] ?? 0) + value * Math.cos(angle)
  right[index] = (right[index] ?? 0) + value * Math.sin(angle)
}

// Raised cosine over the first and last ten milliseconds.
function fade (index: number, length: number): number {
  const nearest = Math.min(index, length - 1 - index)
  const ramp = Math.min(fadeSeconds * sampleRate, length / 2)
  return nearest >= ramp ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * nearest / ramp)
}
