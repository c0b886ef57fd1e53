// Charts in English.
import type { Course } from './course.ts'
import { listOf, numeral } from './grammar.ts'
import { legsOf } from './chart-wording.ts'
import type { ChartWording, SaidPlace } from './chart-wording.ts'

/** More turns than this are counted, not told one by one. */
const mostTurnsTold = 4

const kinds: Record<string, string> = {
  line: 'line chart', spline: 'line chart', area: 'area chart', areaspline: 'area chart', column: 'column chart', bar: 'bar chart', pie: 'pie chart', scatter: 'scatter plot', bubble: 'bubble chart'
}

const trends = { rising: 'rises', falling: 'falls', level: 'ends about where it began' }

function course (subject: string, line: Course<SaidPlace>): string {
  const { first, last, highest, lowest, turns, trend } = line
  if (highest.y === lowest.y) return `${subject} stays at ${first.value} throughout`
  const ends = `from ${first.value} ${first.at} to ${last.value} ${last.at}`
  if (turns.length === 0) return `${subject} ${trends[trend]} ${ends}`
  if (turns.length > mostTurnsTold) {
    const whole = trend === 'level' ? `it ${trends.level}, at ${last.value} ${last.at}` : `it ${trends[trend]} ${ends}`
    return `${subject} goes up and down between ${lowest.value} and ${highest.value}, turning ${numeral(turns.length, 'en')} times; overall, ${whole}`
  }
  const legs = legsOf(line).map(({ up, to }) => `${up ? 'rises' : 'falls'} to ${to.value} ${to.at}`)
  return `overall, ${subject} ${trends[trend]}: from ${first.value} ${first.at} it ${listOf(legs, 'en')}`
}

function extreme (word: string): ChartWording['highest'] {
  return (value, at, count) => count > 1 ? `${word}: ${value}, at ${numeral(count, 'en')} points, first ${at}` : `${word}: ${value} ${at}`
}

/** The sentences about charts in English. */
export const english: ChartWording = {
  kind: (type) => kinds[type] ?? `chart of type “${type}”`,
  points: (count) => count === '1' ? '1 point' : `${count} points`,
  series: (count, names) => `${numeral(count, 'en')} series${names && `: ${names}`}`,
  parts: (type, count) => `${count} ${type === 'pie' ? 'slice' : type === 'column' ? 'column' : type === 'bar' ? 'bar' : 'point'}${count === '1' ? '' : 's'}`,
  subtitle: (quoted) => `subtitle: ${quoted}`,
  verticalAxis: (titles) => `the vertical axis shows ${titles}`,
  horizontalAxis: (title) => `the horizontal axis shows ${title}`,
  span: (from, to) => `from ${from} to ${to}`,
  course,
  single: (value, at) => `a single point, ${value} ${at}`,
  line: 'the line',
  highest: extreme('highest'),
  lowest: extreme('lowest'),
  gaps: (count) => count === 1 ? 'values are missing in one place' : `values are missing in ${numeral(count, 'en')} places`,
  range: (lowest, highest) => lowest === highest ? `always ${lowest}` : `between ${lowest} and ${highest}`,
  more: (count) => `${count} more`,
  author: (quoted) => `its author says: ${quoted}`,
  at: { year: 'in', month: 'in', day: 'on', minute: 'on', name: 'for', number: 'at' },
  days: new Set('monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun'.split(' '))
}
