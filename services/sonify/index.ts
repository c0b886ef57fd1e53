// The sonify handler: a line chart as a rising and falling tone.
import { SimpleAudio } from '../../schemas/graphics/renderers/simple-audio.ts'
import { handler, languageOf, serve } from '../kit/index.ts'
import { sonify as makeHeard } from './sonification.ts'

const simpleAudio = 'ca.mcgill.a11y.image.renderer.SimpleAudio'

/** The service: answers requests with a line chart; not applicable to all others. */
export const sonify = handler({
  service: 'sonify',
  renderers: { [simpleAudio]: SimpleAudio },
  run: async (request) => {
    if (!request.renderers.includes(simpleAudio)) return []
    const heard = makeHeard(request, languageOf(request))
    return heard ? [{ type_id: simpleAudio, description: heard.description, data: { audio: `data:audio/wav;base64,${heard.wav.toString('base64')}` } }] : []
  }
})

if (import.meta.main) await serve(sonify)
