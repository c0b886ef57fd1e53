// Values that a JSON schema asks for, made from the schema itself, and values that are nearly so.
import fc from 'fast-check'

interface Schema {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  items?: Schema | false
  prefixItems?: Schema[]
  minItems?: number
  uniqueItems?: boolean
  properties?: Record<string, Schema>
  propertyNames?: Schema
  required?: string[]
  oneOf?: Schema[]
}

/** Keys that are refused for what they could do to prototypes are tried elsewhere. */
const key = fc.string({ maxLength: 10 }).filter(name => !['__proto__', 'constructor', 'prototype'].includes(name))

/** Any JSON. */
const anything = fc.jsonValue({ maxDepth: 2 }).filter(value => !/__proto__|constructor/.test(JSON.stringify(value)))

/**
 * Makes values from a schema of JSON Schema 2020-12, as far as this project writes such schemas. What it cannot follow, such as the branches of `oneOf` of an
 * object, makes some of the values invalid; a validator tells which.
 * @param resolve - gives the schema that a `$ref` means
 */
export function valuesOf (schema: object, resolve: (ref: string) => object): fc.Arbitrary<unknown> {
  const { $ref, type, const: only, enum: some, pattern, minLength = 0, maxLength = 40, minimum, maximum, exclusiveMinimum, items, prefixItems, minItems = 0, uniqueItems, properties, propertyNames, required = [], oneOf } = schema as Schema
  if ($ref !== undefined) return valuesOf(resolve($ref), resolve)
  if ('const' in schema) return fc.constant(only)
  if (some !== undefined) return fc.constantFrom(...some)
  if (oneOf !== undefined && properties === undefined) return fc.oneof(...oneOf.map(each => valuesOf(each, resolve)))
  // A name is a string, whether or not its schema says so.
  const namesOf = (names: Schema | undefined) => names === undefined ? key : valuesOf({ type: 'string', ...names }, resolve).filter(name => typeof name === 'string')
  switch (type) {
    case 'string': return pattern === undefined ? fc.string({ unit: 'grapheme', minLength, maxLength }) : textsOf(pattern)
    case 'integer': return fc.integer({ min: exclusiveMinimum === undefined ? minimum ?? -1e9 : exclusiveMinimum + 1, max: maximum ?? 2 ** 31 })
    case 'number': return fc.double({ min: minimum ?? -1e9, max: maximum ?? 1e9, noNaN: true }).map(value => value === 0 ? 0 : value)
    case 'boolean': return fc.boolean()
    case 'array': {
      if (prefixItems !== undefined) return fc.tuple(...prefixItems.map(each => valuesOf(each, resolve)))
      const element = items === undefined || items === false ? anything : valuesOf(items, resolve)
      return uniqueItems === true ? fc.uniqueArray(element, { minLength: minItems, maxLength: 5, selector: value => JSON.stringify(value) }) : fc.array(element, { minLength: minItems, maxLength: 5 })
    }
    case 'object': {
      if (properties === undefined) return fc.dictionary(namesOf(propertyNames), anything, { maxKeys: 4, noNullPrototype: true })
      // What every branch of oneOf asks for, and one branch; what only others ask for stays away.
      const branches = oneOf?.map(branch => branch.required ?? []) ?? [[]]
      return fc.oneof(...branches.map(branch => {
        const needed = new Set([...required, ...branch])
        const foreign = new Set(branches.flat().filter(name => !needed.has(name)))
        const names = Object.keys(properties).filter(name => !foreign.has(name))
        return fc.record(Object.fromEntries(names.map(name => [name, valuesOf(properties[name] ?? {}, resolve)])), { requiredKeys: names.filter(name => needed.has(name)), noNullPrototype: true })
      }))
    }
    default: return anything
  }
}

/** Texts that match a pattern. The maker of texts knows neither word boundaries nor looking around, so what it makes is looked at again. */
function textsOf (pattern: string): fc.Arbitrary<string> {
  const expression = new RegExp(pattern)
  return fc.stringMatching(new RegExp(pattern.replaceAll(/\\b|\(\?<?![^)]*\)/g, '')), { maxLength: 200 }).filter(text => expression.test(text))
}

/** Values that are made so, after one of their members has been taken away or turned into something else, or one has been added. */
export function nearly (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(values, fc.nat(), fc.constantFrom('remove', 'change', 'add'), key, anything).map(([value, place, what, name, other]) => {
    if (typeof value !== 'object' || value === null) return other
    const members = Object.entries(value)
    const [chosen = name] = members[place % Math.max(1, members.length)] ?? []
    if (what === 'remove') return Object.fromEntries(members.filter(([each]) => each !== chosen))
    return { ...value, [what === 'add' ? name : chosen]: other }
  })
}
