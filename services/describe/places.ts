// Where things are in a picture: one of nine places, a third of the width by a third of the height each, in words.
import type { Language } from './grammar.ts'

/** Left, top, right and bottom of a thing, as fractions of the picture's width and height. */
export type Box = readonly [left: number, top: number, right: number, bottom: number]

/** One of the nine places: first the row, then the column. */
export type Place = `${Row} ${Column}`

/** A third of the height. */
export type Row = 'top' | 'middle' | 'bottom'

/** A third of the width. */
export type Column = 'left' | 'centre' | 'right'

const words: Record<Language, Record<Place, string>> = {
  en: {
    'top left': 'at the top left',
    'top centre': 'at the top',
    'top right': 'at the top right',
    'middle left': 'on the left',
    'middle centre': 'in the centre',
    'middle right': 'on the right',
    'bottom left': 'at the bottom left',
    'bottom centre': 'at the bottom',
    'bottom right': 'at the bottom right'
  },
  fr: {
    'top left': 'en haut à gauche',
    'top centre': 'en haut',
    'top right': 'en haut à droite',
    'middle left': 'à gauche',
    'middle centre': 'au centre',
    'middle right': 'à droite',
    'bottom left': 'en bas à gauche',
    'bottom centre': 'en bas',
    'bottom right': 'en bas à droite'
  }
}

function third<T> (position: number, thirds: readonly [T, T, T]): T {
  return position < 1 / 3 ? thirds[0] : position > 2 / 3 ? thirds[2] : thirds[1]
}

/** Gives the place that the middle of a thing is in. */
export function placeOf ([left, top, right, bottom]: Box): Place {
  const row = third<Row>((top + bottom) / 2, ['top', 'middle', 'bottom'])
  const column = third<Column>((left + right) / 2, ['left', 'centre', 'right'])
  return `${row} ${column}`
}

/** Says a place, with its preposition: "at the bottom left", « en bas à gauche ». */
export function placeWords (place: Place, language: Language): string {
  return words[language][place]
}
