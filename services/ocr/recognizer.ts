// Text recognition for the service: a thread that reads one picture at a time and is replaced when it hangs, crashes or its reader has gone.
import type { Buffer } from 'node:buffer'
import { Piscina } from 'piscina'
import type { OcrLanguage, RecognitionTask, RecognizedLine } from './recognition.ts'

/** Reads text. */
export interface Recognizer {
  /** Loads the models of both languages. Rejects when one is missing. */
  load: () => Promise<void>
  /** Reads a picture (PNG). Rejects when the signal aborts (the thread is stopped at once and another takes its place), or when Tesseract fails. */
  recognize: (png: Buffer, language: OcrLanguage, signal: AbortSignal) => Promise<RecognizedLine[]>
  /** Stops the thread. */
  close: () => Promise<void>
}

/** Starts a recogniser. `thread` is the module that the thread runs: its default export takes a RecognitionTask and gives lines. */
export function createRecognizer ({ thread = new URL('./recognition.ts', import.meta.url).href }: { thread?: string } = {}): Recognizer {
  const pool = new Piscina<RecognitionTask, RecognizedLine[]>({
    filename: thread,
    minThreads: 1,
    maxThreads: 1,
    // The kit lets one request in at a time; a queue here would only hide a fault.
    maxQueue: 1,
    env: {}
  })
  // A thread that dies between two pictures is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  return {
    async load () { await pool.run({ kind: 'load', languages: ['en', 'fr'] }) },
    async recognize (png, language, signal) { return await pool.run({ kind: 'read', language, png }, { signal }) },
    async close () { await pool.destroy() }
  }
}
