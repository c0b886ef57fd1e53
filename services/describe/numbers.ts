// Numbers and dates as they are said: as exact as the chart itself can be read, grouped and ordered as the language does it.
import { de } from './grammar.ts'
import type { Language } from './grammar.ts'

/** Says a value of an axis. */
export type SayValue = (value: number) => string

const locales: Record<Language, string> = { en: 'en', fr: 'fr' }

// Units that may stand in brackets behind an axis title; other words in brackets ("estimated", "2020") would be nonsense behind a number.
const units = new Set(('°C °F K % ‰ mm cm dm m km m² m³ km² ha ft mi in g kg t lb oz ms s min h Hz kHz MHz GHz W kW MW GW Wh kWh MWh GWh TWh V mV kV A mA Pa hPa kPa MPa bar mbar ' +
  'J kJ MJ cal kcal L l dl ml mL hl ppm ppb dB lx lm K$ k$ M$ $ € £ ¥ USD CAD EUR GBP CHF JPY km/h m/s mph kn mol g/l mg/l mg/dl mmol/l µg/m³ μg/m³ bpm px kB MB GB TB Mbit/s').split(' '))

/** Gives the unit that an axis title ends with, in brackets or after "in" ("Temperature (°C)", "Temperature in °C" → "°C"), where it is one that can follow a number. */
export function unitOf (axisTitle: string): string {
  const title = axisTitle.trim().slice(-20)
  const [, bracketed = ''] = /[([]\s?([^()[\]]{1,8}?)\s?[)\]]$/.exec(title) ?? []
  const [, worded = ''] = /\s(?:in|en)\s(\S{1,8})$/.exec(title) ?? []
  const unit = bracketed || worded
  return units.has(unit) ? unit : ''
}

function scientific (value: number, language: Language): string {
  const [mantissa = '0', exponent = '0'] = value.toExponential(2).split('e')
  const said = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 2 }).format(Number(mantissa))
  const power = Number(exponent)
  return language === 'fr' ? `${said} fois 10 puissance ${power}` : `${said} times 10 to the power of ${power}`
}

/**
 * Gives a way to say the values of an axis. A value is said to about a two-hundredth of the range from `lowest` to `highest`, as it can be read
 * from the picture of a chart, but below a thousand always with the two decimals that pages give.
 * Values from a million on are said in words ("2.5 million"), and those beyond 10¹⁵ or below 10⁻⁶ as powers of ten.
 */
export function valueFormat (lowest: number, highest: number, language: Language, unit = ''): SayValue {
  // Halves, because the range of two finite numbers may be infinite.
  const halfRange = highest / 2 - lowest / 2
  const size = Math.max(Math.abs(lowest), Math.abs(highest))
  const step = Math.max(halfRange > 0 ? halfRange / 100 : size / 10_000, Number.MIN_VALUE)
  const decimals = Math.min(20, Math.max(size < 1000 ? 2 : 0, Math.ceil(-Math.log10(step) - 0.1)))
  const plain = new Intl.NumberFormat(locales[language], { maximumFractionDigits: decimals })
  const faint = new Intl.NumberFormat(locales[language], { maximumSignificantDigits: 1 })
  // Few digits would hide differences within a narrow range far from zero.
  const digits = Math.min(15, Math.max(3, Math.ceil(Math.log10(size / step))))
  const worded = new Intl.NumberFormat(locales[language], { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: Number.isFinite(digits) ? digits : 3 })
  return (value) => withUnit(bare(value), unit, language)

  function bare (value: number): string {
    const magnitude = Math.abs(value)
    if (magnitude >= 1e15 || (magnitude > 0 && size < 1e-6)) return scientific(value, language)
    // What is nearly nothing is not nothing; and -0 would be said as "minus zero".
    if (Number(value.toFixed(decimals)) === 0) return value === 0 ? plain.format(0) : faint.format(value)
    return (magnitude >= 1e6 ? worded : plain).format(value)
  }
}

function withUnit (said: string, unit: string, language: Language): string {
  if (unit === '') return said
  if (language === 'en' && /^[$£¥€]$/.test(unit)) return said.startsWith('-') ? `-${unit}${said.slice(1)}` : `${unit}${said}`
  // Deux millions d’euros: the words for a million and more are nouns.
  if (language === 'fr' && /\p{L}$/u.test(said)) return `${said} ${de(unit)}`
  return language === 'en' && unit === '%' ? `${said}%` : `${said} ${unit}`
}

/** Says a share of a whole, given in percent. */
export function sayShare (percent: number, language: Language): string {
  return withUnit(new Intl.NumberFormat(locales[language], { maximumSignificantDigits: Math.abs(percent) >= 1 ? 2 : 1 }).format(percent), '%', language)
}

/** Says how many. */
export function sayCount (count: number, language: Language): string {
  return new Intl.NumberFormat(locales[language]).format(count)
}

const latestDate = 8.64e15
const hour = 3_600_000
const day = 24 * hour

/** How places on an axis of dates are told apart. */
export type DateGrain = 'year' | 'month' | 'day' | 'minute'

/** Gives the coarsest grain that loses nothing of these times (milliseconds since 1970, UTC); undefined when one of them is no date. Linear in their number. */
export function dateGrain (times: Iterable<number>): DateGrain | undefined {
  let grain: DateGrain = 'year'
  let first = Infinity
  let last = -Infinity
  for (const time of times) {
    if (Math.abs(time) > latestDate) return undefined
    first = Math.min(first, time)
    last = Math.max(last, time)
    if (grain === 'minute') continue
    const date = new Date(time)
    if (time % day !== 0) grain = 'minute'
    else if (grain !== 'day' && date.getUTCDate() !== 1) grain = 'day'
    else if (grain === 'year' && date.getUTCMonth() !== 0) grain = 'month'
  }
  // Pages often give midnight in their own time zone: hours say nothing on an axis of weeks.
  return grain === 'minute' && last - first > 14 * day ? 'day' : grain
}

/** Gives a way to say dates, bare ("March 2020", « 1er mars 2020 »), in UTC as Highcharts shows them unless told otherwise. */
export function dateFormat (grain: DateGrain, language: Language): SayValue {
  const format = new Intl.DateTimeFormat(locales[language], {
    timeZone: 'UTC',
    year: 'numeric',
    ...(grain === 'year' ? {} : { month: 'long' as const }),
    ...(grain === 'day' || grain === 'minute' ? { day: 'numeric' as const } : {}),
    ...(grain === 'minute' ? { hour: 'numeric' as const, minute: '2-digit' as const } : {})
  })
  // French says "le 1er mars" but "le 2 mars".
  return (time) => language === 'fr' ? format.format(time).replace(/^1 (?=\p{L})/u, '1er ') : format.format(time)
}
