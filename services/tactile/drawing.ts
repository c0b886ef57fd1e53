// What a finished tactile drawing is, and the sentences about drawings that pictures and charts have in common.
import type { Language } from '../describe/grammar.ts'

/** A finished drawing. */
export interface Drawing {
  /** The SVG document. */
  svg: string
  /** What it is, in a sentence or two. */
  summary: string
}

/** Texts in both languages. */
export type Bilingual = Record<Language, string>
