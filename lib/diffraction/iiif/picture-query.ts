// How the query of a picture says that it is to be painted, and what becomes of both for those who reduce and draw.
import type { Static } from '@sinclair/typebox'
import type { PictureQuery } from '../../../schemas/diffraction/requests.ts'
import { usualRings } from '../analysis/resolution.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { Colour, Drawing, Palette, Reduction, ReductionMode } from '../view.ts'
import { formats } from './request.ts'
import type { ImageRequest } from './request.ts'

/** What overloads are painted in where nothing is said. */
const red: Colour = [255, 0, 0]

const palettes: readonly Palette[] = ['grey', 'viridis', 'inferno', 'cividis', 'heat']
const modes: readonly ReductionMode[] = ['max', 'mean', 'sum', 'nearest']
const scales = ['linear', 'sqrt', 'log'] as const

/** @throws DiffractionError REQUEST where percentiles are none */
export function readPictureQuery (query: Static<typeof PictureQuery>, request: ImageRequest): { reduction: Reduction, drawing: Drawing } {
  const { window, width, height, turn, quality, format } = request
  // A picture that is larger than its part has no pixels to choose among.
  const isEnlarged = width > window.width || height > window.height
  const mode = isEnlarged ? 'nearest' : modes.find(each => each === query.mode) ?? 'max'
  const { black, white } = query
  const rings = ringsOf(query.rings)
  const [ice, beam] = [query.ice === 'on', query.beam === 'on']
  const drawing: Drawing = {
    ...black === undefined ? {} : { black },
    ...white === undefined ? {} : { white },
    ...query.percentiles === undefined ? {} : { percentiles: percentilesOf(query.percentiles) },
    scale: scales.find(each => each === query.scale) ?? 'linear',
    invert: query.invert === 'on',
    palette: palettes.find(each => each === query.palette) ?? 'grey',
    overloadColour: query.overload === undefined ? red : colourOf(query.overload),
    ...query.mask === undefined ? {} : { maskColour: colourOf(query.mask) },
    ...rings !== undefined || ice || beam ? { overlays: { ...rings === undefined ? {} : { rings }, ice, beam } } : {},
    format: formats[format],
    quality: query.quality,
    // Tiles are looked at closely: red overloads keep their place.
    chroma: '4:4:4',
    ...turn.mirror || turn.rotation !== 0 ? { turn } : {},
    ...quality === 'gray' ? { tone: 'grey' } : quality === 'bitonal' ? { tone: 'bitonal' } : {}
  }
  return { reduction: { part: window, width, height, mode, frames: query.frames }, drawing }
}

function ringsOf (text: string | undefined): readonly number[] | undefined {
  if (text === undefined || text === 'off') return undefined
  return text === 'on' ? usualRings : text.split(',').map(Number).filter(each => each > 0)
}

function percentilesOf (text: string): readonly [number, number] {
  const [lower = 0, upper = 100] = text.split(',').map(Number)
  if (lower >= upper || upper > 100) throw new DiffractionError('REQUEST', 'percentiles must be two different numbers from 0 to 100, the lower one first.')
  return [lower, upper]
}

function colourOf (text: string): Colour {
  const [red, green, blue] = Buffer.from(text, 'hex')
  return [red ?? 0, green ?? 0, blue ?? 0]
}
