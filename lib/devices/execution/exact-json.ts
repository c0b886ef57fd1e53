// JSON of devices and clients whose numbers must not change: an i64 has more digits than a double.
import { isUtf8 } from 'node:buffer'
import { skipSpace, skipValue } from '../../json/grammar.ts'

/** What a text says. */
export interface ExactJson {
  /** As JSON.parse gives it. */
  readonly value: unknown
  /** JSON text of a member of `value`, which must be an object, with its numbers digit by digit; undefined where JSON.stringify gives the same. */
  exactText (member: string): string | undefined
}

// Since Node 21; the types of ES2024 do not have it yet. https://tc39.es/proposal-json-parse-with-source/
const { rawJSON } = JSON as unknown as { rawJSON (text: string): unknown }

/** Reads bytes. Gives undefined for what is no JSON, or is nested too deep. */
export function readExactJson (bytes: Buffer): ExactJson | undefined {
  const start = skipSpace(bytes, 0)
  if (!isUtf8(bytes)) return undefined
  const end = skipValue(bytes, start, 0)
  if (end === -1 || skipSpace(bytes, end) !== bytes.length) return undefined
  const text = bytes.toString('utf8')
  return {
    value: JSON.parse(text) as unknown,
    exactText (member) {
      const changed = new Set<string>()
      const root = withSources(text, source => { changed.add(source) })
      if (changed.size === 0 || typeof root !== 'object' || root === null || !Object.hasOwn(root, member)) return undefined
      const own = (root as Record<string, unknown>)[member]
      const exact = JSON.stringify(own)
      return exact === JSON.stringify((JSON.parse(text) as Record<string, unknown>)[member]) ? undefined : exact
    }
  }
}

/** Parses a text, with numbers that a double changes kept as they are written. */
function withSources (text: string, onChanged: (source: string) => void): unknown {
  return JSON.parse(text, (_key, value: unknown, ...[context]: Array<{ source?: string }>) => {
    if (typeof value !== 'number' || context?.source === undefined || context.source === String(value)) return value
    onChanged(context.source)
    return rawJSON(context.source)
  })
}

/** Members of an object in JSON as texts: texts as they are, numbers digit by digit, objects and arrays as JSON; null is left out. Undefined for what is no object. */
export function readTexts (bytes: Buffer): Record<string, string> | undefined {
  const read = readExactJson(bytes)
  if (read === undefined || typeof read.value !== 'object' || read.value === null || Array.isArray(read.value)) return undefined
  const exact = withSources(bytes.toString('utf8'), () => {}) as Record<string, unknown>
  return Object.fromEntries(Object.entries(exact).filter(([, value]) => value !== null).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]))
}
