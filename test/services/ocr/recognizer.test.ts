// The recogniser's thread: it is replaced when it hangs, crashes or nobody waits for it any more.
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { createRecognizer } from '../../../services/ocr/recognizer.ts'
import type { Recognizer } from '../../../services/ocr/recognizer.ts'
import { fixture } from '../kit/build.ts'

// Models load slowly on a machine that is busy with other tests.
t.setTimeout(120_000)

const patient = () => new AbortController().signal

function start (t: Test, thread?: string): Recognizer {
  const recognizer = createRecognizer(thread === undefined ? {} : { thread: new URL(thread, import.meta.url).href })
  t.teardown(async () => { await recognizer.close() })
  return recognizer
}

t.test('a reading that is aborted ends at once, and the next one is done', async t => {
  const recognizer = start(t)
  await recognizer.load()
  const controller = new AbortController()
  const reading = recognizer.recognize(fixture('notice-en.png'), 'en', controller.signal)
  setImmediate(() => controller.abort())
  await t.rejects(reading, { name: 'AbortError' })
  t.ok((await recognizer.recognize(fixture('notice-en.png'), 'en', patient())).length >= 5)
})

t.test('an engine that fails on a picture is replaced for the next one', async t => {
  const recognizer = start(t)
  await t.rejects(recognizer.recognize(Buffer.from('no picture'), 'en', patient()), { message: 'Tesseract has failed on a picture' })
  t.ok((await recognizer.recognize(fixture('notice-en.png'), 'en', patient())).length >= 5)
})

t.test('a thread that hangs is stopped by the signal, and another takes its place', async t => {
  const recognizer = start(t, './faulty-thread.ts')
  await recognizer.load()
  const controller = new AbortController()
  const reading = recognizer.recognize(Buffer.from('hang'), 'en', controller.signal)
  const aborted = once(controller.signal, 'abort')
  setTimeout(() => controller.abort(), 10)
  await aborted
  await t.rejects(reading, { name: 'AbortError' })
  t.match(await recognizer.recognize(Buffer.from('words'), 'en', patient()), [{ text: 'words' }])
})

t.test('a thread that crashes fails its own picture only', async t => {
  const recognizer = start(t, './faulty-thread.ts')
  for (const crash of ['throw', 'throw later', 'exit']) {
    await t.rejects(recognizer.recognize(Buffer.from(crash), 'en', patient()), crash)
    t.match(await recognizer.recognize(Buffer.from('words'), 'en', patient()), [{ text: 'words' }], `after ${crash}`)
  }
})
