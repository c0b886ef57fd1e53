// The tactile handler: makes a drawing to be felt of a chart, or of what other services have seen and read in a picture.
import { TactileSvg } from '../../schemas/graphics/renderers/tactile-svg.ts'
import { handler, languageOf, serve } from '../kit/index.ts'
import { drawChart } from './chart.ts'
import { drawPicture } from './picture.ts'
import { svgDataUrl } from './svg.ts'

/** The renderer that its drawings are for. */
export const tactileRenderer = 'ca.mcgill.a11y.image.renderer.TactileSVG'

/** The service: answers requests with a line chart, or with object detection or text recognition data in which something was found; not applicable to all others. */
export const tactile = handler({
  service: 'tactile',
  renderers: { [tactileRenderer]: TactileSvg },
  run: async (request) => {
    const language = languageOf(request)
    const drawing = drawChart(request, language) ?? drawPicture(request, language)
    return drawing === undefined ? [] : [{ type_id: tactileRenderer, description: drawing.summary, data: { graphic: svgDataUrl(drawing.svg) } }]
  }
})

if (import.meta.main) await serve(tactile)
