// The speech synthesiser: espeak-ng in worker threads, so that the service keeps answering while it speaks, and a run that hangs can be ended.
import { readFile } from 'node:fs/promises'
import { Piscina } from 'piscina'
import type { Language } from '../describe/grammar.ts'
import { mendWav, readWavDuration } from '../kit/wav.ts'
import type { SpeechTask } from './worker.ts'

/** Texts that are spoken at one time, each in a thread of its own. */
export const voices = 2

/** A speech synthesiser that is ready. */
export interface Speech {
  /**
   * Speaks a text and gives a WAV file: 16-bit PCM, mono, 22,050 Hz. Rejects with an AbortError when the signal aborts, which ends the thread that speaks,
   * and with an Error when the synthesiser fails or gives no sound.
   */
  speak: (text: string, language: Language, signal: AbortSignal) => Promise<Buffer>
  /** Ends all threads. */
  close: () => Promise<void>
}

/** Loads the synthesiser: compiles it once for all threads and speaks a word to warm up. Rejects when the package is missing or broken. */
export async function createSpeech (): Promise<Speech> {
  const program = new URL('espeak-ng.wasm', import.meta.resolve('espeak-ng'))
  const pool = new Piscina<SpeechTask, Uint8Array>({
    filename: new URL('./worker.ts', import.meta.url).href,
    // Shared, not copied: the module is 18 MB.
    workerData: await WebAssembly.compile(await readFile(program)),
    minThreads: 1,
    maxThreads: voices,
    idleTimeout: 60_000,
    concurrentTasksPerWorker: 1,
    resourceLimits: { maxOldGenerationSizeMb: 256 }
  })

  async function speak (text: string, language: Language, signal: AbortSignal): Promise<Buffer> {
    const written = await pool.run({ text, voice: language }, { signal })
    // Espeak-ng seeks back to write the lengths; a build whose output cannot seek leaves them wrong.
    const wav = mendWav(Buffer.from(written.buffer, written.byteOffset, written.byteLength))
    if (readWavDuration(wav) < 0.05) throw new Error('The speech synthesiser gave no sound')
    return wav
  }

  try {
    await speak('Ready.', 'en', AbortSignal.timeout(30_000))
  } catch (error) {
    await pool.destroy()
    throw error
  }
  return { speak, close: async () => { await pool.destroy() } }
}
