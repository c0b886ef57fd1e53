// Checks the messages of the graphics pipeline against their schemas, with the errors that existing clients know, in time linear in the size of
// the message. The one home of Ajv for graphics.
import { Ajv, _, str } from 'ajv'
import type { CodeKeywordDefinition, Options } from 'ajv'
import { findDuplicate } from '../json/canonical.ts'
import { base64DataUrl, isReverseDomain, isSvgDataUrl, isWebAddress } from '../json/patterns.ts'
import type { Matcher } from '../json/patterns.ts'
import { Definitions } from '../../schemas/graphics/definitions.ts'
import { HandlerReply } from '../../schemas/graphics/handler-response.ts'
import {
  AUDIO_DATA_URL_PATTERN, IMAGE_DATA_URL_PATTERN, REVERSE_DOMAIN_PATTERN, SVG_DATA_URL_PATTERN, WEB_ADDRESS_PATTERN
} from '../../schemas/graphics/patterns.ts'
import { PreprocessorReply } from '../../schemas/graphics/preprocessor-response.ts'
import { RendererDefinitions } from '../../schemas/graphics/renderers/definitions.ts'
import { GraphicRequest } from '../../schemas/graphics/request.ts'
import { GraphicResponse } from '../../schemas/graphics/response.ts'

/** One thing that is wrong with a message, in the words of Ajv 8. */
export interface ValidationError {
  /** JSON pointer (RFC 6901) to the part of the message that is wrong; empty for the whole. */
  instancePath: string
  /** Where the rule stands, as a URI reference into the schemas. */
  schemaPath: string
  /** The keyword of the rule, such as `required`. */
  keyword: string
  /** What the rule asked for, depending on the keyword. */
  params: Record<string, unknown>
  /** The rule as an English sentence. */
  message?: string
  /** The property whose name is wrong, where the rule is about names. */
  propertyName?: string
}

/** What is wrong with a message; an answer of status 400 sends this list as it is. Checking ends at the first fault, so most lists have one member. */
export type ValidationErrors = ValidationError[]

/** Checks a value: the errors, or undefined when it is valid. Never changes the value, never throws. */
export type Check = (value: unknown) => ValidationErrors | undefined

/** The checks of the messages that the graphics pipeline exchanges. */
export interface Validator {
  /** Checks what a client sends to /render and /render/preprocess, and what every service is sent. */
  request: Check
  /** Checks what /render answers. */
  response: Check
  /** Checks what a preprocessor answers. */
  preprocessorReply: Check
  /** Checks what a handler answers. */
  handlerReply: Check
}

/** The patterns that V8 would match in quadratic time or on a deep stack, and what matches them instead. */
const MATCHERS: ReadonlyMap<string, Matcher> = new Map([
  [REVERSE_DOMAIN_PATTERN, isReverseDomain],
  [WEB_ADDRESS_PATTERN, isWebAddress],
  [IMAGE_DATA_URL_PATTERN, base64DataUrl('image')],
  [AUDIO_DATA_URL_PATTERN, base64DataUrl('audio')],
  [SVG_DATA_URL_PATTERN, isSvgDataUrl]
])

/** Gives Ajv what it matches a pattern with. Ajv tells patterns apart by their `toString`. */
const patternEngine: NonNullable<NonNullable<Options['code']>['regExp']> = Object.assign((pattern: string, flags: string) => {
  const test = MATCHERS.get(pattern)
  return test === undefined ? new RegExp(pattern, flags) : { test, toString: () => `matcher of ${pattern}` }
}, { code: 'new RegExp' })

/** `uniqueItems` with the errors of Ajv's own, which compares every element with every other. */
const uniqueItems: CodeKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  before: 'contains',
  error: {
    message: ({ params: { i, j } }) => str`must NOT have duplicate items (items ## ${j} and ${i} are identical)`,
    params: ({ params: { i, j } }) => _`{i: ${i}, j: ${j}}`
  },
  code (context) {
    const { gen, data, schema } = context
    if (schema !== true) return
    const find = gen.scopeValue('func', { ref: findDuplicate })
    const pair = gen.const('pair', _`${find}(${data})`)
    context.setParams({ i: _`${pair}.i`, j: _`${pair}.j` })
    context.fail(_`${pair} !== undefined`)
  }
}

/**
 * A compiler of draft-07 schemas that knows the shared definitions of graphics, for those who check data of their own with the same rules. Nothing is
 * coerced, removed or filled in, and unknown members are allowed.
 *
 * The function it gives throws an `Error` for a schema that is invalid, uses an unknown keyword or refers to a schema that is not known.
 * @param validateSchema - false where the schemas are known to be valid: to look takes as long as to compile them
 */
export function createCompiler (validateSchema = true): (schema: Record<string, unknown>) => Check {
  // To optimise the code takes longer than to compile it, and V8 does it again.
  // Of the strict rules only those stay on that find mistakes; the published schemas break the other two, about types and tuples.
  const ajv = new Ajv({ strictTypes: false, strictTuples: false, validateSchema, code: { regExp: patternEngine, optimize: false } })
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword(uniqueItems)
  ajv.addSchema([Definitions, RendererDefinitions])
  return schema => {
    const validate = ajv.compile(schema)
    return value => validate(value) ? undefined : validate.errors ?? []
  }
}

/** Compiles the checks of the four messages. Takes tens of milliseconds: make one validator and keep it. `compile` is the compiler to use, where the caller has one already. */
export function createValidator (compile = createCompiler(false)): Validator {
  return {
    request: compile(GraphicRequest),
    response: compile(GraphicResponse),
    preprocessorReply: compile(PreprocessorReply),
    handlerReply: compile(HandlerReply)
  }
}
