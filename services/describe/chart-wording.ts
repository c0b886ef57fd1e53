// What has to be said about charts in every language; chart-english.ts and chart-french.ts say it.
import type { Course, Place } from './course.ts'

/** A point with the words for it already found. */
export interface SaidPlace extends Place {
  /** The value with its unit: "22 °C". */
  value: string
  /** Where on the horizontal axis, with its preposition: "in July", "on March 5, 2020", "at 12.5", "for Apples". */
  at: string
}

/** One part of a chart of parts: a slice, a column. */
export interface SaidPart {
  name: string
  /** Its value with unit, and its share where it has one. */
  value: string
}

/** All sentences about charts, without the capital and the stop at their ends. */
export interface ChartWording {
  /** The kind of chart by Highcharts' name for it: "line chart". */
  kind: (type: string) => string
  /** How many points a line has. */
  points: (count: string) => string
  /** How many series, in words, and their names. */
  series: (count: number, names: string) => string
  /** How many slices or columns. */
  parts: (type: string, count: string) => string
  subtitle: (quoted: string) => string
  verticalAxis: (titles: string) => string
  horizontalAxis: (title: string) => string
  /** From where to where the horizontal axis runs; bare names of its ends. */
  span: (from: string, to: string) => string
  /** What the line does over all and turn by turn; `subject` names it: "the line", or its quoted name. */
  course: (subject: string, course: Course<SaidPlace>) => string
  /** A line of one point. */
  single: (value: string, at: string) => string
  /** The words for "the line". */
  line: string
  highest: (value: string, at: string, count: number) => string
  lowest: (value: string, at: string, count: number) => string
  /** Values are missing in so many places. */
  gaps: (count: number) => string
  /** A series that is only named: from where to where its values reach. */
  range: (lowest: string, highest: string) => string
  /** So many further series or parts that are not named. */
  more: (count: string) => string
  author: (quoted: string) => string
  /** Words before a place on the horizontal axis. */
  at: Record<'year' | 'month' | 'day' | 'minute' | 'name' | 'number', string>
  /** Names of the days of the week, in lower case, that go with the preposition of a day. */
  days: ReadonlySet<string>
}

/** One leg of a line: whether it goes up, and the point that it leads to. */
export interface Leg {
  up: boolean
  to: SaidPlace
}

/** Gives the legs of a line: from its first point over the turns to its last. */
export function legsOf ({ first, last, turns }: Course<SaidPlace>): Leg[] {
  const stops = [...turns, last]
  return stops.map((to, index) => ({ up: to.y > (stops[index - 1] ?? first).y, to }))
}
