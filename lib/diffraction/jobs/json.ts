// JSON as the LS-CAT image server reads and writes it (it uses the library jansson): whether a number was written as an integer or as a real one is kept, members come out
// in the order of their names, and real numbers have 17 significant digits.
import { Buffer, isUtf8 } from 'node:buffer'
import { skipSpace, skipValue } from '../../json/grammar.ts'
import type { Metadata, MetadataItem, MetadataValue } from '../metadata.ts'

/** A number that knows how it was written: `1` and `1.0` are not the same here. */
export class JsonNumber {
  readonly value: number
  /** How it is written. */
  readonly text: string

  constructor (value: number, text: string) {
    this.value = value
    this.text = text
  }

  /** Whether it was written without a fraction and without an exponent. */
  get isInteger (): boolean {
    return !/[.e]/.test(this.text)
  }
}

/** Any value. */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject

/** An object. Its prototype is null, so that nothing but its members is found in it. */
export interface JsonObject { readonly [name: string]: JsonValue }

/** An integer. */
export function integer (value: number): JsonNumber {
  return new JsonNumber(value, String(Math.trunc(value)))
}

/** A real number; null for what JSON has no number for. */
export function real (value: number): JsonNumber | null {
  return Number.isFinite(value) ? new JsonNumber(value, realText(value)) : null
}

/** An object with these members; those that are undefined are left out. */
export function objectOf (members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null)
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) object[name] = value
  }
  return object
}

/** Whether a value is an object. */
export function isObject (value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** Whether a value is a list. */
export function isList (value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** What the third argument of a reviver has (ECMAScript's `JSON.parse` with source text access), which the types do not know yet. */
interface Source { readonly source?: string }

/**
 * Reads a JSON text. Linear, and bounded in depth.
 * @throws SyntaxError saying what is wrong with it
 */
export function readJson (bytes: Uint8Array): JsonValue {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isUtf8(text)) throw new SyntaxError('the text is not valid UTF-8')
  // Deeper texts would exhaust the stack of what follows.
  const end = skipValue(text, skipSpace(text, 0), 0)
  if (end === -1 || skipSpace(text, end) !== text.length) {
    // JSON.parse says where; what it accepts all the same is nested too deeply.
    JSON.parse(text.toString())
    throw new SyntaxError('the text is nested too deeply')
  }
  const revive = (_name: string, value: unknown, { source = '' }: Source = {}): unknown => {
    if (typeof value === 'number') return numberOf(value, source)
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof JsonNumber) return value
    return Object.assign(Object.create(null), value)
  }
  return JSON.parse(text.toString(), revive)
}

function numberOf (value: number, source: string): JsonNumber {
  if (/[.eE]/.test(source)) {
    if (!Number.isFinite(value)) throw new SyntaxError(`the number ${source.slice(0, 32)} is too large`)
    return new JsonNumber(value, realText(value))
  }
  const exact = source.length > 20 ? undefined : BigInt(source)
  if (exact === undefined || exact !== BigInt.asIntN(64, exact)) throw new SyntaxError(`the integer ${source.slice(0, 32)} has more than 64 bits`)
  return new JsonNumber(value, String(exact))
}

/** A real number as jansson writes it: 17 significant digits as by `%.17g`, always with a point or an exponent, the exponent without zeros in front. */
function realText (value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponentText = ''] = value.toExponential(16).split('e')
  const exponent = Number(exponentText)
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '')
  if (exponent < -4 || exponent >= 17) return `${sign}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

/** Writes a value: compact, members in the order of the bytes of their names. */
export function writeJson (value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text
  if (typeof value === 'string') return stringText(value)
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value).sort(byBytes).map(name => `${stringText(name)}:${writeJson(value[name] ?? null)}`)
  return `{${members.join(',')}}`
}

function byBytes (one: string, other: string): number {
  // Only beyond the surrogates the order of UTF-16 is another one than that of UTF-8.
  if (/[\ud800-\uffff]/.test(one + other)) return Buffer.compare(Buffer.from(one), Buffer.from(other))
  return one < other ? -1 : one > other ? 1 : 0
}

/** As JSON.stringify has it, but for the digits of what has no letter of its own, which jansson writes large. */
function stringText (text: string): string {
  return JSON.stringify(text).replace(/\\(?:u00[01][0-9a-f]|[^])/g, escape => escape.length === 2 ? escape : `\\u${escape.slice(2).toUpperCase()}`)
}

/** Metadata as an object: integers without a point, measured values with one. What is no number for JSON is left out, or null within a list. */
export function metadataObject (metadata: Metadata): Record<string, JsonValue> {
  const object: Record<string, JsonValue> = Object.create(null)
  for (const [name, { kind, value }] of Object.entries(metadata)) {
    const written = metadataValue(kind, value)
    if (written !== null) object[name] = written
  }
  return object
}

function metadataValue (kind: MetadataItem['kind'], value: MetadataValue): JsonValue {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return kind === 'integer' && Number.isInteger(value) ? integer(value) : real(value)
  return value.map(each => metadataValue(kind, each))
}

/** Any plain value of our own as JSON: numbers that are integers without a point, what is undefined left out. */
export function plainJson (value: unknown): JsonValue {
  if (typeof value === 'number') return Number.isInteger(value) ? integer(value) : real(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(plainJson)
  if (typeof value !== 'object' || value === null) return null
  return objectOf(Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined).map(([name, member]) => [name, plainJson(member)])))
}
