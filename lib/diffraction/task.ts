// What a worker process can be asked for. Tasks and results are plain values: they cross from the server to a process of another user.
import type { FileIdentity, FrameSource } from './frame.ts'
import type { Metadata } from './metadata.ts'
import type { Drawing, Geometry, Reduction, Statistics } from './view.ts'

/** Tasks by name: what is asked, and what comes back. */
export interface Tasks {
  /** What a file is, without pixels. */
  describe: { ask: { source: FrameSource }, result: Description }
  /** A picture. */
  picture: { ask: { source: FrameSource, reduction: Reduction, drawing: Drawing }, result: Picture }
  /** Metadata and the count of pixels that stand out, as the LS-CAT image server counts them over a picture `width` wide and high. */
  spots: { ask: { source: FrameSource, width: number }, result: Counted }
  /** One pixel. */
  pixel: { ask: { source: FrameSource, x: number, y: number }, result: Pixel }
  /** How often each count occurs, in `bins` classes of equal width from the smallest to the largest count, overloads left out. */
  histogram: { ask: { source: FrameSource, bins: number }, result: Histogram }
  /** Mean count by distance from the beam, in `bins` rings of equal width. */
  radial: { ask: { source: FrameSource, bins: number }, result: RadialProfile }
  /** Bragg spots. */
  findSpots: { ask: { source: FrameSource, limit: number }, result: FoundSpots }
  /** Files and folders in a folder. */
  list: { ask: { folder: string, limit: number }, result: Listing }
  /** Runs the indexing program. */
  index: { ask: { files: readonly [first: string, second: string], frames: readonly [first: number, second: number] }, result: Indexed, progress: string }
}

/** Name of a task. */
export type TaskName = keyof Tasks

/** What is known of a frame without its pixels. */
export interface Description {
  readonly metadata: Metadata
  readonly identity: FileIdentity
  readonly format: string
  readonly frames: number
  readonly width: number
  readonly height: number
  /** Undefined where the file does not say enough. */
  readonly geometry: Geometry | undefined
}

/** A picture and what was found on the way. */
export interface Picture {
  readonly metadata: Metadata
  readonly identity: FileIdentity
  readonly bytes: Uint8Array
  /** Whether nobody else has the bytes, so that their memory may be given back once they have been sent. */
  readonly isOwn?: boolean
  readonly mediaType: 'image/jpeg' | 'image/webp' | 'image/png' | 'application/octet-stream'
  /** Pixels of the picture, its label included. */
  readonly width: number
  readonly height: number
  readonly statistics: Statistics
  readonly spots: number | undefined
  /** Counts that are black and white in it. */
  readonly levels: { readonly black: number, readonly white: number }
  /** Bits of a pixel where `bytes` are raw: 16, 32, or -32 for float. */
  readonly depth: 16 | 32 | -32
}

/** What a reduction says of a frame. */
export interface Counted {
  readonly metadata: Metadata
  readonly identity: FileIdentity
  readonly statistics: Statistics
  readonly spots: number | undefined
}

/** One pixel of a frame. */
export interface Pixel {
  /** Undefined where it does not count. */
  readonly count: number | undefined
  readonly isOverload: boolean
  readonly isMasked: boolean
  /** Ångström; undefined where the file does not say enough. */
  readonly d: number | undefined
}

/** Counts by class. */
export interface Histogram {
  /** Borders of the classes, one more than there are classes. */
  readonly borders: readonly number[]
  readonly counts: readonly number[]
  readonly overloads: number
  readonly masked: number
}

/** Means by distance from the beam. */
export interface RadialProfile {
  /** Middle of each ring, in pixels from the beam. */
  readonly radii: readonly number[]
  /** The same as d-spacing in ångström; undefined where the file does not say enough. */
  readonly d: readonly number[] | undefined
  /** Mean count of each ring; null where no pixel of it counts. */
  readonly means: readonly (number | null)[]
}

/** A Bragg spot. */
export interface Spot {
  /** Centre of mass above the background, in pixels of the frame. */
  readonly x: number
  readonly y: number
  /** Counts above the background. */
  readonly intensity: number
  /** Signal to noise. */
  readonly snr: number
  readonly pixels: number
  /** Ångström; undefined where the file does not say enough. */
  readonly d: number | undefined
}

/** Spots, strongest first. */
export interface FoundSpots {
  readonly spots: readonly Spot[]
  /** All that were found, also those beyond the limit. */
  readonly found: number
  /** Share of the strongest spots that lie on rings of hexagonal ice, from 0 to 1; undefined where the file does not say enough. */
  readonly ice: number | undefined
}

/** What is in a folder, in the order of names. */
export interface Listing {
  readonly entries: readonly { readonly name: string, readonly kind: 'file' | 'folder', readonly size: number, readonly modified: string }[]
  /** Whether there is more than the limit. */
  readonly more: boolean
}

/** What the indexing program said. */
export interface Indexed {
  /** Its result as it wrote it (JSON); empty where it wrote none. */
  readonly result: string
  /** What it wrote to standard error. */
  readonly stderr: string
}
