// A text for a JSON value that is the same for equal values only, and the search for equal elements in a list that it makes linear.

interface Frame {
  /** What is being written: the elements of an array, or the values of an object in the order of its sorted keys. */
  values: unknown[]
  /** The sorted keys of an object; undefined for an array. */
  keys: string[] | undefined
  /** How many values have been written. */
  written: number
}

function open (value: object): Frame {
  if (Array.isArray(value)) return { values: value, keys: undefined, written: 0 }
  const members = value as Record<string, unknown>
  const keys = Object.keys(members).sort()
  return { values: keys.map(key => members[key]), keys, written: 0 }
}

/**
 * The canonical text of a JSON value: keys in order of their UTF-16 code units, no white space. Two values have the same text when, and only when,
 * they are equal as JSON, whatever the order of their keys. Walks without recursion, so a value may be nested as deeply as `JSON.parse` reads it.
 */
export function canonical (value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value))
  const parts: string[] = []
  const frames: Frame[] = []
  const write = (member: unknown) => {
    if (typeof member !== 'object' || member === null) {
      parts.push(String(JSON.stringify(member)))
    } else {
      parts.push(Array.isArray(member) ? '[' : '{')
      frames.push(open(member))
    }
  }
  write(value)
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { values, keys, written } = frame
    if (written === values.length) {
      parts.push(keys === undefined ? ']' : '}')
      frames.pop()
      continue
    }
    if (written > 0) parts.push(',')
    if (keys !== undefined) parts.push(JSON.stringify(keys[written]), ':')
    frame.written++
    write(values[written])
  }
  return parts.join('')
}

/** Two elements of a list that are equal, by their positions from 0; `i` is the later one. */
export interface DuplicatePair { i: number, j: number }

/**
 * The last element of a list of JSON values that has an equal before it (`i`), and the nearest such equal (`j`); undefined when all differ. This
 * is the pair that comparing from the end of the list would meet first, found in one pass.
 */
export function findDuplicate (items: readonly unknown[]): DuplicatePair | undefined {
  const seen = new Map<string, number>()
  let found: DuplicatePair | undefined
  for (const [i, item] of items.entries()) {
    // The mark in front keeps numbers, and strings that look like one, from being hashed by their value: such hashes can be made to collide.
    const key = `=${canonical(item)}`
    const j = seen.get(key)
    if (j !== undefined) found = { i, j }
    seen.set(key, i)
  }
  return found
}
