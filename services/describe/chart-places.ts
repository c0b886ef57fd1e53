// How the places along the horizontal axis of a chart are named: by category, by date or by number.
import { plainText, withoutTags } from '../line-charts/plain-text.ts'
import type { ChartAxis } from '../line-charts/highcharts.ts'
import type { ChartWording } from './chart-wording.ts'
import type { Language } from './grammar.ts'
import { dateFormat, dateGrain, valueFormat } from './numbers.ts'

/** A place to be named. */
export interface NamedPlace {
  x: number
  name?: unknown
}

/** Names the places of one series. */
export interface PlaceNames {
  /** The place alone: "July", "March 2020". */
  bare: (place: NamedPlace) => string
  /** The place with its preposition: "in July". */
  at: (place: NamedPlace) => string
}

type Kind = keyof ChartWording['at']

// As pages use them for categories, in either language: a French page may well show an English chart.
const months = new Set(('january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec ' +
  'janvier février mars avril mai juin juillet août septembre octobre novembre décembre janv févr avr juil déc').split(' '))

/**
 * Gives the names of these places: dates on an axis of dates, otherwise the points' own names where they have one, otherwise numbers.
 * Whole numbers that look like years, below an axis without a title or one that speaks of years, are said as years. Linear in the number of places.
 */
export function placeNames (places: readonly NamedPlace[], axis: ChartAxis | undefined, wording: ChartWording, language: Language): PlaceNames {
  const grain = axis?.type === 'datetime' ? dateGrain(places.map(({ x }) => x)) : undefined
  const date = grain && dateFormat(grain, language)
  let lowest = Infinity
  let highest = -Infinity
  let whole = true
  for (const { x } of places) {
    lowest = Math.min(lowest, x)
    highest = Math.max(highest, x)
    whole &&= Number.isInteger(x)
  }
  const years = whole && lowest >= 1000 && highest < 2200 && (axis === undefined || axis.title === '' || /\b(?:years?|ann[ée]es?|an)(?![\p{L}])/iu.test(axis.title))
  const number = valueFormat(lowest, highest, language)

  function nameOf (place: NamedPlace): [string, Kind] {
    if (grain && date) return [date(place.x), grain]
    const name = plainText(withoutTags(place.name))
    if (name !== '') return [name, kindOf(name)]
    return years ? [String(place.x), 'year'] : [number(place.x), 'number']
  }

  function kindOf (name: string): Kind {
    const word = name.toLowerCase().replace(/\.?(?: \d{4})?$/, '')
    if (/^[12]\d{3}$/.test(name)) return 'year'
    return months.has(word) ? 'month' : wording.days.has(word) ? 'day' : 'name'
  }

  return {
    bare: (place) => nameOf(place)[0],
    at (place) {
      const [name, kind] = nameOf(place)
      return `${wording.at[kind]} ${name}`
    }
  }
}
