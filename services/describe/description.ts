// The description of a request in words: of its chart, or of what was seen and read in its picture. The one source of what describe shows and speak says.
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { describeChart } from './chart.ts'
import type { Description } from './described.ts'
import { objectsOf, textLinesOf } from './findings.ts'
import type { Language } from './grammar.ts'
import { describePrint } from './print.ts'
import { describeScene } from './scene.ts'

// Clients may show text as HTML, and the words of a picture or page are a stranger's: "<" followed by a space is never markup, and is read the same.
function withoutMarkup (text: string): string {
  return text.replace(/<(?=[a-z/!?])/gi, '< ')
}

/**
 * Describes what a request shows: its chart, from `highChartsData` and the line-charts data, or its picture, from object detection and text recognition.
 * Gives undefined when there is nothing to say. What other services have found is checked and, where it does not fit its schema, left out.
 */
export function describe (request: GraphicRequest, language: Language): Description | undefined {
  const described = describeChart(request, language) ?? describePicture(request, language)
  return described && { text: withoutMarkup(described.text), title: withoutMarkup(described.title) }
}

function describePicture (request: GraphicRequest, language: Language): Description | undefined {
  const scene = describeScene(objectsOf(request), language)
  const print = describePrint(textLinesOf(request), language)
  if (scene === undefined) return print
  return print === undefined ? scene : { text: `${scene.text}\n${print.text}`, title: scene.title }
}
