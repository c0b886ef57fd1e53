// The speak handler: the description of a picture or chart, spoken.
//
// Its synthesiser is the npm package espeak-ng, an unmodified WebAssembly build of eSpeak NG under GPL-3.0-or-later. That is why this service is a process of its own, which
// is only spoken to over HTTP and which nothing else imports: the licence covers this process, and an installation that must not carry it leaves this service out.
import { SimpleAudio } from '../../schemas/graphics/renderers/simple-audio.ts'
import { describe } from '../describe/description.ts'
import { clip } from '../describe/grammar.ts'
import { handler, languageOf, serve } from '../kit/index.ts'
import { spokenText } from './script.ts'
import { createSpeech, voices } from './speech.ts'
import type { Speech } from './speech.ts'

const simpleAudio = 'ca.mcgill.a11y.image.renderer.SimpleAudio'
const longestDescription = 300

/** The service: answers whatever the describe handler answers, with its words spoken in English or French. */
export const speak = handler<Speech>({
  service: 'speak',
  renderers: { [simpleAudio]: SimpleAudio },
  concurrency: voices,
  // The longest text takes some seconds; more means that the synthesiser hangs.
  deadline: 30_000,
  warmUp: createSpeech,
  coolDown: async (speech) => { await speech.close() },
  run: async (request, { signal, warm }) => {
    if (!request.renderers.includes(simpleAudio)) return []
    const language = languageOf(request)
    const description = describe(request, language)
    if (description === undefined) return []
    const wav = await warm.speak(spokenText(description.text, language), language, signal)
    const heading = language === 'fr' ? 'Description parlée : ' : 'Spoken description: '
    return [{ type_id: simpleAudio, description: clip(heading + description.title, longestDescription), data: { audio: `data:audio/wav;base64,${wav.toString('base64')}` } }]
  }
})

if (import.meta.main) await serve(speak)
