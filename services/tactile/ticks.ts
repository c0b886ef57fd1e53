// The marks along the axes of a chart: a few round values, dates or categories, and short words for them.
import type { Language } from '../describe/grammar.ts'

/** One mark of an axis. */
export interface Tick {
  value: number
  /** Short text for it. */
  label: string
}

/** Latest time that is a date, in milliseconds from 1970 (ECMAScript, Time Values and Time Range). */
const latestDate = 8.64e15

/** Gives a number in as few characters as it takes: no spaces between thousands, "12K" or « 12 k » from ten thousand on, powers of ten for what is very large or small. */
export function shortNumber (value: number, language: Language, digits = 4): string {
  const size = Math.abs(value)
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return value.toExponential(2).replace(/\.?0*e\+?/, 'e').replace('.', language === 'fr' ? ',' : '.').replaceAll('-', '−')
  return new Intl.NumberFormat(language, {
    useGrouping: false,
    maximumSignificantDigits: Math.min(15, Math.max(1, digits)),
    ...(size >= 1e4 ? { notation: 'compact' as const } : {})
  }).format(size === 0 ? 0 : value).replaceAll('-', '−')
}

/** Gives the smallest of 1, 2 and 5 times a power of ten that is not below a positive number. */
function roundUp (value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find((digit) => digit * power >= value * (1 - 1e-9)) ?? 10) * power
}

/** Gives the multiples of a step within a range, without the noise of binary fractions. */
function multiples (lowest: number, highest: number, step: number): number[] {
  const first = Math.ceil(lowest / step - 1e-9)
  const last = Math.floor(highest / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

/** Gives round values within a range, at least two and at most `most` (3 or more) of them where the range has any extent; else the one value. The numbers must be finite. */
export function numberTicks (lowest: number, highest: number, most: number, language: Language): Tick[] {
  // Parts of each end, because the difference of two finite numbers may be infinite.
  const rough = highest / most - lowest / most
  const size = Math.max(Math.abs(lowest), Math.abs(highest))
  if (!(rough > size * 1e-12)) return [{ value: lowest, label: shortNumber(lowest, language) }]
  let step = roundUp(rough)
  // At the ends of what a number can be, steps vanish or overflow.
  if (!(step > 0 && step < Infinity)) return [{ value: lowest, label: shortNumber(lowest, language) }]
  while (multiples(lowest, highest, step).length > most) step = roundUp(step * 1.5)
  const digits = Math.ceil(Math.log10(size / step)) + 2
  return multiples(lowest, highest, step).map((value) => ({ value, label: shortNumber(value, language, digits) }))
}

/** Gives powers of ten within a positive range, at most `most`; where there are fewer than two, round values instead. */
export function powerTicks (lowest: number, highest: number, most: number, language: Language): Tick[] {
  const first = Math.ceil(Math.log10(lowest) - 1e-9)
  const last = Math.floor(Math.log10(highest) + 1e-9)
  if (last - first < 1) return numberTicks(lowest, highest, most, language).filter(({ value }) => value > 0)
  const step = Math.ceil((last - first + 1) / most)
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => {
    const value = Number(`1e${first + index * step}`)
    return { value, label: shortNumber(value, language) }
  })
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Steps of even length, in milliseconds, that people count time in. */
const evenSteps = [minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day]

/** Steps in months. */
const monthSteps = [1, 3, 6]

function monthTicks (first: number, last: number, step: number): number[] {
  const start = new Date(first)
  const ticks: number[] = []
  // From the beginning of the first year, so that quarters begin in January; the range is bounded by the caller's choice of step.
  for (let month = 0; ; month += step) {
    const time = Date.UTC(start.getUTCFullYear(), month, 1)
    if (!(time <= last)) return ticks
    if (time >= first) ticks.push(time)
  }
}

function dateLabel (format: Intl.DateTimeFormatOptions, language: Language): (time: number) => string {
  const formatter = new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...format })
  return (time) => formatter.format(time)
}

/**
 * Gives round dates within a range of times (milliseconds since 1970, UTC), at most `most` (3 or more): years, months, days or times of day,
 * whichever is the finest that fits. Undefined when an end is no date.
 */
export function dateTicks (first: number, last: number, most: number, language: Language): Tick[] | undefined {
  if (Math.abs(first) > latestDate || Math.abs(last) > latestDate) return undefined
  const even = evenSteps.find((step) => (last - first) / step <= most - 1)
  if (even !== undefined) {
    const label = dateLabel(even < day ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { day: 'numeric', month: 'short' }, language)
    return multiplesOf(first, last, even).map((value) => ({ value, label: label(value) }))
  }
  const months = monthSteps.find((step) => (last - first) / (step * 30 * day) <= most - 1)
  if (months !== undefined) {
    const label = dateLabel({ month: 'short', year: '2-digit' }, language)
    return monthTicks(first, last, months).map((value) => ({ value, label: label(value) }))
  }
  const label = dateLabel({ year: 'numeric' }, language)
  return numberTicks(yearOf(first), yearOf(last), most, language)
    .flatMap(({ value }) => Number.isInteger(value) ? new Date(0).setUTCFullYear(value, 0, 1) : [])
    .filter((value) => value >= first && value <= last)
    .map((value) => ({ value, label: label(value) }))
}

function multiplesOf (first: number, last: number, step: number): number[] {
  const start = Math.ceil(first / step)
  return Array.from({ length: Math.max(0, Math.floor(last / step) - start + 1) }, (_, index) => (start + index) * step)
}

/** Gives a time's year with its fraction. */
function yearOf (time: number): number {
  const date = new Date(time)
  const year = date.getUTCFullYear()
  const start = new Date(0).setUTCFullYear(year, 0, 1)
  return year + (time - start) / (366 * day)
}
