// What threads are sent out for. Errands and what comes back cross from thread to thread; pixels do so without a copy.
import type { Beam } from '../analysis/geometry.ts'
import type { DiffractionCode } from '../diffraction-error.ts'
import type { Frame } from '../frame.ts'
import type { SharedChunk } from '../formats/lz4.ts'
import type { Metadata } from '../metadata.ts'
import type { FoundSpots, Histogram, Listing, Picture, RadialProfile } from '../task.ts'
import type { Rows } from '../pixels/jpeg-shares.ts'
import type { ReducedMemory, ReducedShare } from '../pixels/reduction.ts'
import type { Drawing, Geometry, Reduced, Reduction } from '../view.ts'
import type { Companion, FoundFile } from './files.ts'

/** A frame to be looked up in its file. */
export interface Opening {
  /** The file, as it was found. */
  readonly file: FoundFile
  /** Folders that files may be in. */
  readonly roots: readonly string[]
  /** Most pixels of a frame. */
  readonly maxPixels: number
  /** Number of the frame, from 1. */
  readonly frame: number
  /** Frames that are meant, that one and those after it. */
  readonly count: number
}

/** What is known of a frame without its pixels. */
export interface Facts {
  readonly format: string
  readonly frames: number
  readonly width: number
  readonly height: number
  /** What the file says. */
  readonly metadata: Metadata
  /** Other files that the frame comes from. */
  readonly companions: readonly Companion[]
}

/** The mask that all frames of a file have. */
export interface FileMask {
  readonly mask: Uint8Array<SharedArrayBuffer> | undefined
  /** What stands for it, as `maskContent` of a file gives it. */
  readonly content: string | undefined
}

/** A frame as it came out of its file: read, or compressed still, so that several threads decompress a share of it each. */
export type Unread = { readonly frame: Frame } | { readonly chunk: SharedChunk, readonly mask: Frame['mask'] }

/** One of several shares of some work. */
export interface Share {
  /** From 0. */
  readonly share: number
  readonly shares: number
}

/** Errands by kind. */
export interface Errands {
  /** Loads what takes long to load. */
  warm: { ask: undefined, result: undefined }
  /** Looks at a file, but not at its pixels. */
  describe: { ask: Opening, result: Facts }
  /** Reads a frame, or the sum of several. */
  decode: {
    ask: Opening & {
      /** Undefined where it is not known yet. */
      readonly known: FileMask | undefined
      /** Masks of other files, of which that of this one may be one. */
      readonly others: readonly FileMask[]
      /** Memory that may be used. */
      readonly spare: SharedArrayBuffer | undefined
      /** Pixels from which on a frame is left compressed where that can be, as several threads are quicker. */
      readonly sharedFrom: number
      /** Memory that a compressed frame may be put into. */
      readonly spareChunk: SharedArrayBuffer | undefined
    }
    result: {
      readonly facts: Facts
      readonly unread: Unread
      /** The mask of the file where it was not known. */
      readonly found: FileMask | undefined
      /** Whether the mask of the frame is its own rather than that of the file. */
      readonly hasOwnMask: boolean
    }
  }
  /** Decompresses one of several shares of a frame to where it belongs in the memory of its pixels. */
  expand: { ask: Share & { readonly chunk: SharedChunk, readonly memory: SharedArrayBuffer }, result: undefined }
  reduce: {
    ask: {
      readonly frame: Frame
      readonly reduction: Reduction
      readonly memory: ReducedMemory
      /** Where the beam would hit, in pixels of the frame, where spots are to be counted as the LS-CAT image server does. */
      readonly beam: Beam | undefined
    }
    result: Reduced
  }
  /** Reduces one of several shares of the rows of a result to where they belong in memory. */
  reduceShare: { ask: Share & { readonly frame: Frame, readonly reduction: Reduction, readonly memory: ReducedMemory }, result: ReducedShare }
  /** Makes a reduced frame of its shares. */
  join: { ask: Errands['reduce']['ask'] & { readonly parts: readonly ReducedShare[] }, result: Reduced }
  draw: {
    ask: {
      readonly reduced: Reduced
      readonly drawing: Drawing
      readonly geometry: Geometry | undefined
      /** Number of the frame, and of frames in the file: a label has the one where there are several. */
      readonly frame: number
      readonly frames: number
      /** The rows to draw, of a picture whose shares are joined afterwards. */
      readonly rows: Rows
    }
    result: Pick<Picture, 'bytes' | 'mediaType' | 'width' | 'height' | 'levels' | 'depth'>
  }
  histogram: { ask: { readonly frame: Frame, readonly bins: number }, result: Histogram }
  radial: { ask: { readonly frame: Frame, readonly geometry: Geometry | undefined, readonly beam: Beam | undefined, readonly bins: number }, result: RadialProfile }
  findSpots: { ask: { readonly frame: Frame, readonly geometry: Geometry | undefined, readonly limit: number }, result: FoundSpots }
  list: { ask: { readonly folder: string, readonly limit: number, readonly roots: readonly string[] }, result: Listing }
}

/** Kind of an errand. */
export type ErrandKind = keyof Errands

/** An errand as it is sent. `round` says how often the thread should have looked for memory that it no longer needs. */
export type Errand = { readonly round: number } & { [Kind in ErrandKind]: { readonly kind: Kind, readonly ask: Errands[Kind]['ask'] } }[ErrandKind]

/** What came of an errand: its result, or `changed` where the file is not what it was when it was found, or what went wrong. */
export type ErrandOutcome =
  { readonly kind: 'done', readonly result: Errands[ErrandKind]['result'] } |
  { readonly kind: 'changed' } |
  { readonly kind: 'failed', readonly code: DiffractionCode, readonly message: string }
