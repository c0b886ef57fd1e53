// Text recognition with Tesseract, as it runs on a thread of its own: one engine a language, loaded from the npm packages, no network, no cache on disk.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Tesseract from 'tesseract.js'

/** The languages that can be read. */
export type OcrLanguage = 'en' | 'fr'

/** One line as Tesseract sees it. */
export interface RecognizedLine {
  /** The text, untidied. */
  text: string
  /** How sure Tesseract is, in per cent. */
  confidence: number
  /** Left, top, right and bottom in pixels. */
  box: [number, number, number, number]
}

/** What the thread is asked: to load engines, or to read a picture (PNG). */
export type RecognitionTask =
  | { kind: 'load', languages: OcrLanguage[] }
  | { kind: 'read', language: OcrLanguage, png: Uint8Array }

/** Names that Tesseract gives its models, which are also the names of their packages. */
const models: Record<OcrLanguage, string> = { en: 'eng', fr: 'fra' }

/** Makes the function that the thread runs for each task; engines are loaded when first needed and kept. */
function createRecognition (): (task: RecognitionTask) => Promise<RecognizedLine[]> {
  const engines = new Map<OcrLanguage, Promise<Tesseract.Worker>>()

  async function engine (language: OcrLanguage): Promise<Tesseract.Worker> {
    const loaded = engines.get(language) ?? load(models[language])
    engines.set(language, loaded)
    return await loaded
  }

  async function read (language: OcrLanguage, png: Uint8Array): Promise<RecognizedLine[]> {
    const reader = await engine(language)
    try {
      const { data: { blocks } } = await reader.recognize(Buffer.from(png.buffer, png.byteOffset, png.byteLength), {}, { blocks: true, text: false })
      return (blocks ?? []).flatMap(({ paragraphs }) => paragraphs.flatMap(({ lines }) => lines)).map(({ text, confidence, bbox }) => ({ text, confidence, box: [bbox.x0, bbox.y0, bbox.x1, bbox.y1] }))
    } catch {
      // An engine that has failed once may have lost its memory's order: the next picture gets a new one. Its message may quote the picture's text.
      engines.delete(language)
      await reader.terminate()
      throw new Error('Tesseract has failed on a picture')
    }
  }

  return async task => {
    if (task.kind === 'read') return await read(task.language, task.png)
    for (const language of task.languages) await engine(language)
    return []
  }
}

async function load (model: string): Promise<Tesseract.Worker> {
  const folder = dirname(fileURLToPath(import.meta.resolve(`@tesseract.js-data/${model}/package.json`)))
  const reader = await Tesseract.createWorker(model, Tesseract.OEM.LSTM_ONLY, {
    langPath: join(folder, '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
    // A failed job also rejects its promise, which is where it is dealt with.
    errorHandler: () => {}
  })
  // Text in pictures stands anywhere: labels, signs, captions. Sparse mode finds it; lines.ts drops what it reads into textures.
  await reader.setParameters({ tessedit_pageseg_mode: Tesseract.PSM.SPARSE_TEXT, debug_file: '/dev/null' })
  return reader
}

export default createRecognition()
