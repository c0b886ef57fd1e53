// Texts that try to reach Object.prototype: every attack in every object of a document, and the look whether one has succeeded.
import type { Test } from 'tap'

const payload = '{"polluted":"yes","roles":["operator"]}'

/** Members that pollute where they are merged or assigned carelessly. All but the last two are refused wherever foreign JSON becomes an object. */
const forbidden = [
  `"__proto__":${payload}`,
  `"\\u005f\\u005fproto\\u005f\\u005f":${payload}`,
  `"_\\u005Fproto__":${payload}`,
  '"__proto__":null',
  `"constructor":{"prototype":${payload}}`,
  `"constr\\u0075ctor":{"\\u0070rototype":${payload}}`
]
const harmless = [
  `"prototype":${payload}`,
  '"constructor":"polluted","toString":1,"hasOwnProperty":2,"valueOf":3,"then":4'
]

/** A document with an attack in it. */
export interface Planted {
  text: string
  /** True where the keys alone are a reason to refuse it. */
  isForbidden: boolean
}

/** Nests a value in so many objects. */
export function nested (value: unknown, depth: number): unknown {
  return depth === 0 ? value : { deep: nested(value, depth - 1) }
}

/** The document once for each attack and each of its objects, as first and as last member in turn. */
export function * planted (document: unknown): Generator<Planted> {
  for (const [number, attack] of [...forbidden, ...harmless].entries()) {
    for (let place = 0; ; place++) {
      const target = { place, attack, isFirst: (number + place) % 2 === 0 }
      const text = write(document, target)
      if (target.place >= 0) break
      yield { text, isForbidden: number < forbidden.length }
    }
  }
}

/** JSON text of a value; the object whose turn it is gets the attack. `place` is negative afterwards where there was one. */
function write (value: unknown, target: { place: number, attack: string, isFirst: boolean }): string {
  if (Array.isArray(value)) return `[${value.map(each => write(each, target)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const isHere = target.place-- === 0
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${write(each, target)}`)
  if (isHere) members[target.isFirst ? 'unshift' : 'push'](target.attack)
  return `{${members.join(',')}}`
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
const keysOf = () => prototypes.map(each => Reflect.ownKeys(each).map(String).join())
const methodsOf = () => [Object.prototype.toString, Object.prototype.hasOwnProperty, Object.prototype.valueOf, Object.prototype.constructor]

/** Makes the look whether prototypes are as they were when it was made; it fails the test where they are not. */
export function cleanliness (t: Test): (what: string) => void {
  const [keys, methods] = [keysOf(), methodsOf()]
  return what => {
    const isClean = ({} as Record<string, unknown>).polluted === undefined && keysOf().every((each, index) => each === keys[index]) &&
      methodsOf().every((each, index) => each === methods[index])
    if (!isClean) t.fail('a prototype is polluted', { what })
  }
}
