// The text that object-hash (https://github.com/puleos/object-hash, 2.x and 3.x) digests for a JSON value inside an object, in linear time: object-hash itself
// compares each object with all before it, and calls itself for each level of nesting.

/** Longest text of a value that is not a string alone, in characters. One of this length takes some 50 ms. */
export const longestText = 8 * 1024 * 1024

const stringText = (text: string) => `string:${text.length}:${text}`

// What object-hash writes for the members that every object inherits. It numbers objects as it meets them: 0 is the outermost,
// 1 Object.prototype, 2 the function Object.
const inherited: ReadonlyArray<readonly [string, string]> = [
  ['prototype', 'Undefined'],
  ['__proto__', stringText('[CIRCULAR:1]')],
  ['constructor', `fn:${stringText('[native]')}${stringText('function-name:Object')}${stringText('[CIRCULAR:2]')}`]
]

function scalarText (value: unknown): string {
  switch (typeof value) {
    case 'string': return stringText(value)
    case 'number': return `number:${value}`
    case 'boolean': return `bool:${value}`
    // Stands for a text of its own; no value of JSON is a function.
    case 'function': return String(value())
    default: return value === null ? 'Null' : 'Undefined'
  }
}

const allInherited = inherited.map(([key, text]) => `${stringText(key)}:${text},`).join('')

/** An array or object that is being written. */
interface Frame {
  values: readonly unknown[]
  /** What comes before each value: keys of an object, undefined for an array. */
  keys: readonly string[] | undefined
  /** How many values have been written. */
  written: number
}

function openArray (items: readonly unknown[]): { start: string, frame: Frame } {
  return { start: `array:${items.length}:`, frame: { values: items, keys: undefined, written: 0 } }
}

function openObject (object: Readonly<Record<string, unknown>>): { start: string, frame: Frame } {
  const own = Object.keys(object).sort()
  const start = `object:${own.length + inherited.length}:`
  if (!inherited.some(([key]) => Object.hasOwn(object, key))) {
    return { start: `${start}${allInherited}`, frame: { values: own.map(key => object[key]), keys: own, written: 0 } }
  }
  // A member named like an inherited one is written in its place, and once more in its own.
  const keys = [...inherited.map(([key]) => key), ...own]
  const values = keys.map((key, index) => Object.hasOwn(object, key) ? object[key] : () => inherited[index]?.[1])
  return { start, frame: { values, keys, written: 0 } }
}

/**
 * The text that object-hash digests for a value which JSON.parse gave, where it is the first object within the outermost one. Undefined
 * where the text would be longer than `longestText`; a value that is a string may have any length.
 */
export function objectText (value: unknown): string | undefined {
  const numbers = new Map<object, number>()
  const frames: Frame[] = []
  let text = ''

  const write = (member: unknown): void => {
    if (typeof member !== 'object' || member === null) {
      text += scalarText(member)
    } else {
      const number = numbers.get(member)
      if (number !== undefined) {
        text += stringText(`[CIRCULAR:${number}]`)
        return
      }
      numbers.set(member, numbers.size + 3)
      const { start, frame } = Array.isArray(member) ? openArray(member) : openObject(member as Record<string, unknown>)
      text += start
      frames.push(frame)
    }
  }

  write(value)
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (text.length > longestText) return undefined
    const { values, keys, written } = frame
    // Each member of an object ends with a comma, the last one too.
    if (keys !== undefined && written > 0) text += ','
    if (written === values.length) {
      frames.pop()
      continue
    }
    if (keys !== undefined) text += `${stringText(keys[written] ?? '')}:`
    frame.written += 1
    write(values[written])
  }
  return text
}
