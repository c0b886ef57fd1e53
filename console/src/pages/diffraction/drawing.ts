// How a frame is to be drawn, and how that is said in the address of a picture.

/** How counts between white and black may be spread. */
export const scales = ['linear', 'sqrt', 'log'] as const
/** Colours that counts may have. */
export const palettes = ['grey', 'viridis', 'inferno', 'cividis', 'heat'] as const
/** How the counts that are white and black may be found. */
export const levelChoices = ['automatic', 'percentiles', 'manual'] as const
/** Colours as rrggbb; empty for a pixel that is drawn as any other. */
export const maskColours = ['', '000000', 'ffffff', '1f6feb', '2da44e', 'ffd24d', 'c23ad0'] as const

/** How a frame is drawn. */
export interface Drawing {
  readonly levels: typeof levelChoices[number]
  /** Counts from which on it is white, and up to which it is black: in the usual grey high counts are dark. */
  readonly white: number
  readonly black: number
  readonly scale: typeof scales[number]
  readonly palette: typeof palettes[number]
  readonly invert: boolean
  readonly rings: boolean
  readonly ice: boolean
  readonly beam: boolean
  readonly mask: typeof maskColours[number]
}

/** How frames are drawn where nobody has said anything. */
export const usualDrawing: Drawing = { levels: 'automatic', white: 0, black: 100, scale: 'linear', palette: 'grey', invert: false, rings: false, ice: false, beam: false, mask: '' }

/** Counts that are black and white. */
export interface Levels { readonly black: number, readonly white: number }

/** Reads the header `diffraction-levels` of a picture. @returns undefined where it says nothing */
export function readLevels (header: string | null): Levels | undefined {
  const [, black, white] = /^black=([-\d.e+]+), white=([-\d.e+]+)$/i.exec(header ?? '') ?? []
  return black === undefined || white === undefined ? undefined : { black: Number(black), white: Number(white) }
}

/** The query of a picture. @param levels - that were found for the whole frame: tiles that found their own would not fit together */
export function drawingQuery (drawing: Drawing, levels?: Levels): string {
  const { black, white } = drawing.levels === 'manual' ? drawing : levels ?? {}
  const query = new URLSearchParams({ scale: drawing.scale, palette: drawing.palette })
  if (white !== undefined && black !== undefined) {
    query.set('white', String(Math.max(0, Math.round(white))))
    query.set('black', String(Math.max(0, Math.round(black))))
  }
  for (const name of ['invert', 'rings', 'ice', 'beam'] as const) if (drawing[name]) query.set(name, 'on')
  if (drawing.mask !== '') query.set('mask', drawing.mask)
  return String(query)
}

/** The query by which levels of a whole frame are found. */
export function levelsQuery ({ levels }: Drawing): string {
  return levels === 'percentiles' ? 'percentiles=1,99.8' : ''
}
