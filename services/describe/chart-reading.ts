// What every sentence about a chart has to know of it.
import type { Chart } from '../line-charts/highcharts.ts'
import type { ChartWording } from './chart-wording.ts'
import { quote } from './grammar.ts'
import type { Language } from './grammar.ts'

/** A chart about to be described. */
export interface ChartReading {
  chart: Chart
  language: Language
  wording: ChartWording
  /** Unit of the values; empty where it is not known, or where series may follow different axes. */
  unit: string
}

/** Gives the name of a series in quotation marks, or its number, counted from 1, where it has none. */
export function seriesName ({ name, index }: { name: string, index: number }, language: Language): string {
  return name === '' ? `${language === 'fr' ? 'série' : 'series'} ${index + 1}` : quote(name, language)
}
