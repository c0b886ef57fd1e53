// Reads the three texts that come from outside, a request, a preprocessor's reply and a handler's reply: parses, checks against
// the schema and says where the parts lie that are passed on as bytes. Synchronous; reader.ts moves the hard ones to a worker.
import { isUtf8 } from 'node:buffer'
import secureJson from 'secure-json-parse'
import { BodyTooHardError } from '../errors.ts'
import { countParts, scanElements, scanMembers } from '../json/members.ts'
import type { Member } from '../json/members.ts'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import type { HandlerReply } from '../../schemas/graphics/handler-response.ts'
import type { PreprocessorReply } from '../../schemas/graphics/preprocessor-response.ts'
import { createValidator } from './validator.ts'
import type { ValidationErrors } from './validator.ts'

/** Most members of a request, of its preprocessors, and entries of its lists; most renderings of one reply. Real ones have a few dozen. */
export const mostItems = 10000

/** Name that a modifier signs its reply with. */
export const modifierName = 'ca.mcgill.a11y.image.request'

/**
 * Most objects, arrays and members of objects in one text. Each costs up to some hundred bytes of memory once it is parsed; a thread that runs out of memory in
 * JSON.parse takes the whole process with it, so that must be told beforehand.
 */
export const mostParts = 2_000_000

/** A text that was refused, and why. */
export type Refusal =
  | { ok: false, cause: 'not-text' | 'forbidden-key' }
  | { ok: false, cause: 'not-json', detail: string }
  | { ok: false, cause: 'too-many', member: string }
  | { ok: false, cause: 'invalid', errors: ValidationErrors }

/** What steers a request, and where its members lie in the bytes. */
export interface RequestReading {
  ok: true
  requestUuid: string
  /** The route asked for, `default` where none is named, undefined where it is not a name at all (then nothing runs). */
  route: string | undefined
  /** Its members. */
  members: Member[]
  /** The members of its `preprocessors`: results that the client sent. */
  results: Member[]
}

/** What a preprocessor answered. */
export interface PreprocessorReading {
  ok: true
  /** The name under which its result is filed. */
  name: string
  /** Where the JSON text of its `data` lies in the bytes. */
  dataStart: number
  dataEnd: number
}

/** What a handler answered: each rendering's type and description, and where its JSON text lies in the bytes. */
export interface HandlerReading {
  ok: true
  renderings: Array<{ typeId: string, description: string, start: number, end: number }>
}

/** The three readings, by the kind of text. */
export interface Readings {
  request: RequestReading
  preprocessorReply: PreprocessorReading
  handlerReply: HandlerReading
}

/** A kind of text. */
export type Kind = keyof Readings

/** Reads a text of one kind. Throws BodyTooHardError when the text has more than `mostParts` parts. */
export interface ReadText {
  <K extends Kind>(kind: K, bytes: Buffer): Readings[K] | Refusal
}

/** Compiles the schemas and gives the function that reads texts with them. */
export function createReading (): ReadText {
  const validator = createValidator()
  const readers: { [K in Kind]: (bytes: Buffer, value: never) => Readings[K] | Refusal } = { request: readRequest, preprocessorReply: readPreprocessorReply, handlerReply: readHandlerReply }
  return (kind, bytes) => {
    if (!isUtf8(bytes)) return { ok: false, cause: 'not-text' }
    // No part is shorter than a byte.
    if (bytes.length > mostParts && countParts(bytes, mostParts) > mostParts) throw new BodyTooHardError()
    const parsed = parse(bytes)
    if (!parsed.ok) return parsed
    const errors = validator[kind](parsed.value)
    if (errors !== undefined) return { ok: false, cause: 'invalid', errors }
    return readers[kind](bytes, parsed.value as never)
  }
}

/** What every spelling of a forbidden key holds at least one of; searching for it takes a tenth of the time of the expressions. */
const suspicious = ['__proto__', 'constructor', '\\u00'].map(word => Buffer.from(word))

function parse (bytes: Buffer): { ok: true, value: unknown } | Refusal {
  const text = bytes.toString('utf8')
  // What secure-json-parse looks for with two regular expressions after each parse; where these are not, they find nothing.
  const isSuspect = suspicious.some(word => bytes.includes(word))
  // An empty body, and one that is neither object nor array, are told apart as the reference does.
  const first = text.match(/[^ \t\r\n]/)?.[0]
  if (first === undefined) return { ok: true, value: {} }
  if (first !== '{' && first !== '[') return { ok: false, cause: 'not-json', detail: 'it is neither an object nor an array' }
  try {
    return { ok: true, value: isSuspect ? secureJson.parse(text, undefined, { protoAction: 'error', constructorAction: 'error' }) : JSON.parse(text) }
  } catch (error) {
    const isForbiddenKey = error instanceof SyntaxError && error.message.includes('forbidden prototype')
    return isForbiddenKey ? { ok: false, cause: 'forbidden-key' } : { ok: false, cause: 'not-json', detail: 'its syntax is wrong' }
  }
}

function readRequest (bytes: Buffer, request: GraphicRequest): RequestReading | Refusal {
  const members = scanMembers(bytes)
  const sent = members.findLast(member => member.key === 'preprocessors')
  const results = sent === undefined ? [] : scanMembers(bytes, sent.valueStart, sent.valueEnd)
  const lists = { 'The request': members, preprocessors: results, renderers: request.renderers, capabilities: request.capabilities }
  for (const [member, list] of Object.entries(lists)) {
    if (list.length > mostItems) return { ok: false, cause: 'too-many', member }
  }
  if (!sameKeys(request, members) || !sameKeys(request.preprocessors ?? {}, results)) return misread
  return { ok: true, requestUuid: request.request_uuid, route: readRoute(request.route), members, results }
}

const misread: Refusal = { ok: false, cause: 'not-json', detail: 'a key is written with escapes that cannot be told from another key; write it plainly' }

/**
 * Whether the parsed object has the keys that its text has. JSON.parse can take one escaped key for another
 * (https://github.com/nodejs/node/issues/63785); a request that was checked as something else than it says must not pass.
 */
function sameKeys (parsed: object, members: Member[]): boolean {
  const keys = new Set(members.map(member => member.key))
  return keys.size === Object.keys(parsed).length && [...keys].every(key => Object.hasOwn(parsed, key))
}

function readRoute (route: unknown): string | undefined {
  if (route === undefined) return 'default'
  return typeof route === 'string' && route !== '' && route.length <= 4096 ? route : undefined
}

function readPreprocessorReply (bytes: Buffer, reply: PreprocessorReply): PreprocessorReading | Refusal {
  const { valueStart = 0, valueEnd = 0 } = scanMembers(bytes).findLast(member => member.key === 'data') ?? {}
  if (reply.name === modifierName && scanMembers(bytes, valueStart, valueEnd).length > mostItems) return { ok: false, cause: 'too-many', member: 'data' }
  return { ok: true, name: reply.name, dataStart: valueStart, dataEnd: valueEnd }
}

function readHandlerReply (bytes: Buffer, reply: HandlerReply): HandlerReading | Refusal {
  if (reply.renderings.length > mostItems) return { ok: false, cause: 'too-many', member: 'renderings' }
  const list = scanMembers(bytes).findLast(member => member.key === 'renderings')
  const places = scanElements(bytes, list?.valueStart, list?.valueEnd)
  return {
    ok: true,
    renderings: reply.renderings.map((rendering, index) => ({
      typeId: rendering.type_id,
      description: rendering.description,
      start: places[index]?.valueStart ?? 0,
      end: places[index]?.valueEnd ?? 0
    }))
  }
}
