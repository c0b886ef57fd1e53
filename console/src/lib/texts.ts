// The languages of the console, and how numbers and times are written in them.
import { effect, signal } from '@preact/signals'
import { keep, kept } from './keep.ts'

/** Languages by their codes of ISO 639-1. */
export const languages = { en: 'English', fr: 'Français' } as const

/** One of them. */
export type Language = keyof typeof languages

/** The present language: the one chosen before, or else the first of the browser's that there is. */
export const language = signal<Language>(kept('language', Object.keys(languages) as Language[]) ?? preferred())

effect(() => {
  keep('language', language.value)
  document.documentElement.lang = language.value
})

function preferred (): Language {
  const codes = navigator.languages.map(each => each.slice(0, 2).toLowerCase())
  return codes.find((code): code is Language => code in languages) ?? 'en'
}

/** A text, or a function that makes one of values. */
type Text = string | ((...values: never[]) => string)

/** Texts of the same names, each text for a text and each function for a function of the same values. */
type Same<T> = { [Name in keyof T]: T[Name] extends string ? string : T[Name] }

/**
 * Texts in every language; what is read of the result is in the present one, and a component that reads it is drawn anew when the language changes.
 * @param all - names to texts, by language
 */
export function defineTexts<const T extends Record<string, Text>> (all: { en: T, fr: Same<T> }): Same<T> & Readonly<Record<typeof inAllLanguages, { en: T, fr: Same<T> }>> {
  const reader = { [inAllLanguages]: all }
  for (const name of Object.keys(all.en)) Object.defineProperty(reader, name, { enumerable: true, get: () => all[language.value][name] })
  return reader as Same<T> & { [inAllLanguages]: { en: T, fr: Same<T> } }
}

/** Where texts keep what they are in every language, for the test that compares them. */
export const inAllLanguages = Symbol('texts in all languages')

/** The form of a word that goes with a number. @param forms - by the names that Intl.PluralRules has for them */
export function plural (count: number, { one, other }: { one: string, other: string }): string {
  return new Intl.PluralRules(language.value).select(count) === 'one' ? one : other
}

/** A number with at most so many digits after the point. */
export function formatNumber (value: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value)
}

/** A time of day, with its date where that is not today. @param at - ISO 8601, a Date, or milliseconds since 1970 */
export function formatTime (at: string | number | Date): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(language.value, { ...isToday ? {} : { dateStyle: 'medium' as const }, timeStyle: 'medium' }).format(date)
}

/** A duration in milliseconds, as `340 ms`, `2.4 s`, `3 min 5 s` or `2 h 4 min`. */
export function formatDuration (milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (milliseconds < 1000) return `${formatNumber(milliseconds)} ms`
  if (milliseconds < 60000) return `${formatNumber(milliseconds / 1000, 1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** A number of bytes, in powers of 1000. */
export function formatBytes (bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), byteUnits.length - 1)
  return new Intl.NumberFormat(language.value, { style: 'unit', unit: byteUnits[power] ?? 'byte', maximumFractionDigits: power === 0 ? 0 : 1 }).format(bytes / 1000 ** power)
}

/** How long ago, or how far ahead, as `2 minutes ago`. @param at - milliseconds since 1970 or ISO 8601 @param now - milliseconds since 1970 */
export function formatRelative (at: number | string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' })
  const steps = [['day', 86400], ['hour', 3600], ['minute', 60]] as const
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit)
  }
  return format.format(Math.trunc(seconds), 'second')
}
