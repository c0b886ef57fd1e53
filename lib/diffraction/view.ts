// What a picture of a frame is made of, step by step: what part of it (window), how many pixels of the result and how they come about (reduction), and how they are
// painted (drawing). The first two decide what is cached; drawing costs little and is done anew for each contrast.

/** A rectangle of a frame, in its pixels. */
export interface Window {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A tile as the LS-CAT image server names it: the frame is `zoom` tiles wide and high, `column` and `row` may be fractions and may lie outside. */
export interface Tile {
  readonly zoom: number
  readonly column: number
  readonly row: number
}

/** How pixels of a frame become fewer. `legacy` is exactly the maximum of overlapping boxes of the LS-CAT image server, or the nearest pixel where boxes would be one pixel wide. */
export type ReductionMode = 'legacy' | 'max' | 'mean' | 'sum' | 'nearest'

/** What is reduced to how much. */
export interface Reduction {
  /** What part of the frame. */
  readonly part: Tile | Window | 'whole'
  /** Pixels in a row of the result. */
  readonly width: number
  /** Rows of the result. */
  readonly height: number
  readonly mode: ReductionMode
  /** Frames that are added up, the one asked for and those after it; 1 for that alone. */
  readonly frames: number
}

/** Numbers over the reduced pixels that count, overloads left out. Each is undefined where no pixel is left. */
export interface Statistics {
  /** Pixels that the others are of. */
  readonly n: number
  readonly mean: number | undefined
  /** Root of the mean of squares. */
  readonly rms: number | undefined
  readonly stddev: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Overloaded pixels of the frame that were met; one that lies in two boxes counts twice. */
  readonly saturated: number
}

/** A frame after reduction, at full depth. */
export interface Reduced {
  readonly width: number
  readonly height: number
  /** Counts; the largest of the type is an overload, as in a frame. A Float32Array for means. */
  readonly pixels: Uint16Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer> | Float32Array<SharedArrayBuffer>
  /** 1 where no pixel that counts was met; undefined where there is none of these. Its pixels are 0. */
  readonly mask: Uint8Array<SharedArrayBuffer> | undefined
  /** The part of the frame that it shows. */
  readonly window: Window
  readonly statistics: Statistics
  /** Pixels that stand out, as the LS-CAT image server counts them; undefined where it was not asked for. */
  readonly spots: number | undefined
}

/** Colours that are not grey. `grey` paints high counts dark. */
export type Palette = 'grey' | 'viridis' | 'inferno' | 'cividis' | 'heat'

/** A colour, 0 to 255 each. */
export type Colour = readonly [red: number, green: number, blue: number]

/** How a reduced frame is painted and written. Defaults are those of the LS-CAT image server. */
export interface Drawing {
  /** Count that is black and above; undefined for mean + standard deviation, or the upper percentile. */
  readonly black?: number
  /** Count that is white and below; undefined for mean − standard deviation (not below 0), or the lower percentile. */
  readonly white?: number
  /** Levels by percentile of the pixels that count, each from 0 to 100, where black or white is undefined. */
  readonly percentiles?: readonly [lower: number, upper: number]
  readonly scale: 'linear' | 'sqrt' | 'log'
  /** High counts light instead of dark. */
  readonly invert: boolean
  readonly palette: Palette
  /** Overloads; red by default. */
  readonly overloadColour: Colour
  /** Pixels that do not count; undefined paints them as a count of 0. */
  readonly maskColour?: Colour
  /** Band with a text above the picture, of 0 to 64 pixels; absent for none. */
  readonly label?: { readonly text: string, readonly height: number }
  /** Drawn over the picture: circles of equal d-spacing in ångström, bands of ice rings, a cross where the beam would hit. */
  readonly overlays?: { readonly rings?: readonly number[], readonly ice?: boolean, readonly beam?: boolean }
  /** `raw` is the reduced pixels themselves, little-endian, row by row. */
  readonly format: 'jpeg' | 'webp' | 'png' | 'raw'
  /** 1 to 100. */
  readonly quality: number
  readonly chroma: '4:2:0' | '4:4:4'
  /** How the picture is turned in the end: mirrored left to right first, then clockwise by so many degrees. */
  readonly turn?: { readonly mirror: boolean, readonly rotation: 0 | 90 | 180 | 270 }
  /** `grey` takes all colour out in the end, `bitonal` leaves black and white alone. */
  readonly tone?: 'colour' | 'grey' | 'bitonal'
}

/** Where rays hit the detector, from the metadata; what overlays, d-spacings and radial profiles need. */
export interface Geometry {
  /** Ångström. */
  readonly wavelength: number
  /** Metres from the sample to the detector. */
  readonly distance: number
  /** Pixels of the frame from its first pixel to where the beam would hit. */
  readonly beamX: number
  readonly beamY: number
  /** Metres. */
  readonly pixelWidth: number
  readonly pixelHeight: number
}
