// A JSON list of fixed length, in the form that the published graphics schemas use.
import { Type } from '@sinclair/typebox'
import type { TSchema, TUnsafe } from '@sinclair/typebox'

/**
 * The schema of a list with exactly one member for each of the given schemas. `Type.Tuple` would add `maxItems`, which the published schemas
 * lack: a list that is too long would then be refused with another error than clients know.
 */
export function tuple<T extends unknown[]> (items: TSchema[], description: string): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'array', items, minItems: items.length, additionalItems: false, description })
}
