// The describe handler: what a picture or chart shows, in words.
import { Text } from '../../schemas/graphics/renderers/text.ts'
import { handler, languageOf, serve } from '../kit/index.ts'
import { describe as describeInWords } from './description.ts'
import { clip } from './grammar.ts'

const text = 'ca.mcgill.a11y.image.renderer.Text'
const longestDescription = 300

/** The service: answers requests that have a chart, or in whose picture something was seen or read; not applicable to all others. */
export const describe = handler({
  service: 'describe',
  renderers: { [text]: Text },
  run: async (request) => {
    if (!request.renderers.includes(text)) return []
    const language = languageOf(request)
    const description = describeInWords(request, language)
    if (description === undefined) return []
    const heading = language === 'fr' ? 'Description en mots : ' : 'Description in words: '
    return [{ type_id: text, description: clip(heading + description.title, longestDescription), data: { text: description.text } }]
  }
})

if (import.meta.main) await serve(describe)
