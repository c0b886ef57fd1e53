// Words for what processors send, which may be anything.
import type { Camera } from './sight.ts'
import { texts } from './texts.ts'

/** Words for a camera. */
export function nameOf (id: Camera['id']): string {
  return id === null ? texts.unnamed : String(id)
}

/** Most characters that are shown of a value. */
const longest = 100

/** Words for a value of a box. */
export function wordsOf (value: unknown): string {
  const words = value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return words.length > longest ? `${words.slice(0, longest)}…` : words
}
