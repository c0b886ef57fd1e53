// Short tones beside the words, for those who have switched them on.
import { sounds } from '../../lib/settings.ts'

/** What a tone stands for, with its notes in hertz. */
const notes = { sent: [440], progress: [660], done: [660, 880], failed: [330, 220] } as const

/** Length of a note in seconds. */
const length = 0.12

/** Plays a tone, where sounds are on. */
export function play (what: keyof typeof notes): void {
  if (!sounds.value) return
  const context = new AudioContext()
  const gain = context.createGain()
  gain.gain.value = 0.15
  gain.connect(context.destination)
  const [...frequencies] = notes[what]
  frequencies.forEach((frequency, index) => {
    const oscillator = context.createOscillator()
    oscillator.frequency.value = frequency
    oscillator.connect(gain)
    oscillator.start(context.currentTime + index * length)
    oscillator.stop(context.currentTime + (index + 1) * length)
    if (index === frequencies.length - 1) oscillator.onended = () => { void context.close() }
  })
}
