// Parameters of an execution: texts that are checked against what the function takes before any device is asked.
import type { Deployment, Endpoint } from '../deployment.ts'
import { DevicesError } from '../devices-error.ts'
import { readTexts } from './exact-json.ts'

/** Longest text of a parameter. */
const longest = 64 * 1024

/** Longest text of a number: an i64 has 19 digits, and nobody writes a double with more than 400. */
const longestNumber = 400

const leastInteger = -(2n ** 63n)
/** Of a u64: WebAssembly's i64 has no sign of its own. */
const mostInteger = 2n ** 64n - 1n

/**
 * Reads parameters from a JSON body, so that an i64 stays exact.
 * @throws DevicesError REQUEST where it is no JSON object
 */
export function readParameters (body: Uint8Array): Record<string, string> {
  const texts = readTexts(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  if (texts === undefined) throw new DevicesError('REQUEST', 'The body is no JSON object. Send parameters as its members, by name.')
  return texts
}

/**
 * Parameters as the endpoint takes them, in its order.
 * @throws DevicesError REQUEST: where one is missing, its details are those of the reference
 */
export function checkParameters (deployment: Pick<Deployment, 'id'>, { path, request: { parameters } }: Endpoint, given: Readonly<Record<string, string>>): Array<[string, string]> {
  return parameters.map(({ name, schema: { type } }) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined) {
      throw new DevicesError('REQUEST', `The parameter ${name} is missing.`, { name: 'ParameterMissing', deployment: { id: deployment.id }, execPath: path, param: name })
    }
    const fault = faultOf(value, type)
    if (fault !== undefined) throw new DevicesError('REQUEST', `The parameter ${name} ${fault}.`, { name: 'ParameterInvalid', deployment: { id: deployment.id }, execPath: path, param: name })
    return [name, value]
  })
}

function faultOf (value: string, type: string): string | undefined {
  if (type === 'integer') {
    if (value.length > longestNumber || !/^[+-]?\d+$/.test(value)) return 'is no integer'
    const integer = BigInt(value.replace(/^\+/, ''))
    return integer < leastInteger || integer > mostInteger ? 'has more than 64 bits' : undefined
  }
  if (type === 'number' || type === 'float') {
    return value.length <= longestNumber && /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?|inf|nan)$/.test(value) ? undefined : 'is no number'
  }
  return value.length > longest ? `has more than ${longest} characters` : undefined
}
