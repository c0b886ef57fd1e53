// The real synthesiser: valid sound in both languages, aborts that end it, an event loop that stays free, and no way to command it through the text.
import t from 'tap'
import { readWavDuration } from '../../../services/kit/wav.ts'
import { createSpeech } from '../../../services/speak/speech.ts'
import type { Speech } from '../../../services/speak/speech.ts'

let speech: Speech
t.before(async () => { speech = await createSpeech() })
t.teardown(async () => { await speech.close() })

const never = new AbortController().signal

function loudness (wav: Buffer): number {
  let sum = 0
  for (let offset = 44; offset + 1 < wav.length; offset += 2) sum += (wav.readInt16LE(offset) / 32768) ** 2
  return Math.sqrt(sum / ((wav.length - 44) / 2))
}

t.test('a sentence becomes a valid WAV file of plausible length, in both languages', async (t) => {
  for (const [language, text] of [['en', 'A person in the centre, taking up about half of the picture.'], ['fr', 'Une personne au centre, occupant environ la moitié de l’image.']] as const) {
    const wav = await speech.speak(text, language, never)
    t.equal(wav.toString('latin1', 0, 4), 'RIFF')
    t.equal(wav.readUInt32LE(4), wav.length - 8, 'the length in the header is true')
    t.same([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)], [1, 1, 22050, 16], 'mono PCM of 16 bits')
    const seconds = readWavDuration(wav)
    t.ok(seconds > 2 && seconds < 8, `${language}: ${seconds} s`)
    t.ok(loudness(wav) > 0.02, 'it is no silence')
  }
})

t.test('the two voices differ, and so do two texts', async (t) => {
  const [english, french, other] = await Promise.all([speech.speak('table', 'en', never), speech.speak('table', 'fr', never), speech.speak('chairs', 'en', never)])
  t.notSame(english, french)
  t.notSame(english, other)
})

t.test('longer text takes longer to say', async (t) => {
  const [one, ten] = await Promise.all([speech.speak('A cup in the centre. ', 'en', never), speech.speak('A cup in the centre. '.repeat(10), 'en', never)])
  const ratio = readWavDuration(ten) / readWavDuration(one)
  t.ok(ratio > 7 && ratio < 14, `${ratio.toFixed(1)} times`)
})

t.test('text that looks like an option, a file or markup is only text', async (t) => {
  for (const text of ['--version', '-w other.wav', '<break time="10000s"/>hello', '😀 hello 你好']) {
    const seconds = readWavDuration(await speech.speak(text, 'en', never))
    t.ok(seconds > 0.3 && seconds < 15, `${text}: ${seconds} s`)
  }
})

t.test('the event loop stays free while a long text is spoken', async (t) => {
  const started = performance.now()
  let longest = 0
  let last = started
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await speech.speak('A person in the centre of the picture. '.repeat(75), 'en', never)
  clearInterval(beat)
  const whole = performance.now() - started
  t.ok(longest < whole / 2, `the longest pause was ${longest.toFixed()} of ${whole.toFixed()} ms`)
})

t.test('an abort ends the speech, and the next one is spoken all the same', async (t) => {
  const controller = new AbortController()
  const abandoned = speech.speak('A person in the centre of the picture. '.repeat(5000), 'en', controller.signal)
  setImmediate(() => { controller.abort() })
  await t.rejects(abandoned, { name: 'AbortError' })
  await t.rejects(speech.speak('never begun', 'en', AbortSignal.abort()), { name: 'AbortError' })
  t.ok(readWavDuration(await speech.speak('Again.', 'en', never)) > 0.2)
})

t.test('a voice that does not exist is an error, not silence', async (t) => {
  const unknown = 'xx' as 'en'
  await t.rejects(speech.speak('hello', unknown, never), /espeak-ng|no sound/)
})
