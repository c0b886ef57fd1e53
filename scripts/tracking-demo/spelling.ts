// Numbers as the real processors see them: written in Python, they tell `12.0`, which is a float, from `12`, which is none, and refuse one in the place of the other.

/** A number as it stood in a message. */
export interface Spelled { value: number, text: string }

/** A message with every number as it was spelled. @throws SyntaxError where it is no JSON */
export function readSpelled (text: string): unknown {
  // The third argument is the text of the value (https://tc39.es/proposal-json-parse-with-source/); TypeScript's own types do not have it yet.
  const keep = (_: string, value: unknown, { source }: { source?: string }): unknown => typeof value === 'number' ? { value, text: source ?? '' } satisfies Spelled : value
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown)
}

/** A number with a point, to four places. */
export function spellFloat (value: number): string {
  const rounded = Math.round(value * 1e4) / 1e4
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded)
}

/** Whether Python would read it as a float. */
export function isFloat (value: unknown): value is Spelled {
  return isSpelled(value) && /[.eE]/.test(value.text)
}

/** Whether Python would read it as an int. */
export function isInteger (value: unknown): value is Spelled {
  return isSpelled(value) && /^-?\d+$/.test(value.text)
}

function isSpelled (value: unknown): value is Spelled {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' && 'value' in value && typeof value.value === 'number'
}

/** Whether it is an object with members. */
export function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
