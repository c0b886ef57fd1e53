// The checks of a service: the wire schemas and the author's own, compiled once, without coercion, without removing anything, and in linear time.
import { Ajv } from 'ajv'
import type { CodeOptions, ErrorObject } from 'ajv'
import type { TSchema } from '@sinclair/typebox'
import { base64DataUrl, isReverseDomain, isSvgDataUrl, isWebAddress } from '../../lib/json/patterns.ts'
import { Definitions } from '../../schemas/graphics/definitions.ts'
import { HandlerReply } from '../../schemas/graphics/handler-response.ts'
import { AUDIO_DATA_URL_PATTERN, IMAGE_DATA_URL_PATTERN, REVERSE_DOMAIN_PATTERN, SVG_DATA_URL_PATTERN, WEB_ADDRESS_PATTERN } from '../../schemas/graphics/patterns.ts'
import { PreprocessorReply } from '../../schemas/graphics/preprocessor-response.ts'
import { RendererDefinitions } from '../../schemas/graphics/renderers/definitions.ts'
import { GraphicRequest } from '../../schemas/graphics/request.ts'

/** A compiled schema: true when the value fits, else the reasons are in `errors`. */
export interface Check {
  (value: unknown): boolean
  /** Why the last value did not fit. */
  errors?: ErrorObject[] | null
}

/** The checks that every service makes, and the way to compile another. */
export interface Checks {
  /** Checks a request. */
  request: Check
  /** Checks the reply of a preprocessor. */
  preprocessorReply: Check
  /** Checks the reply of a handler. */
  handlerReply: Check
  /** Compiles the schema of some data; the shared definitions of the graphics schemas can be referred to. Throws when it is no schema. */
  compile: (schema: TSchema) => Check
}

/** Most names that a request may list under `renderers` or `capabilities`: finding duplicates takes the square of their number. */
const longestList = 1000

/** Compiles the wire schemas. */
export function createChecks (): Checks {
  const ajv = new Ajv({ schemas: [Definitions, RendererDefinitions], logger: false, code: { regExp: linearExpressions() } })
  return {
    request: boundLists(ajv.compile(GraphicRequest)),
    preprocessorReply: ajv.compile(PreprocessorReply),
    handlerReply: ajv.compile(HandlerReply),
    compile: schema => ajv.compile(schema)
  }
}

/** Hands Ajv matchers of linear time for the wire patterns, and regular expressions for all others. */
function linearExpressions (): NonNullable<CodeOptions['regExp']> {
  const matchers = new Map([
    [WEB_ADDRESS_PATTERN, isWebAddress],
    [REVERSE_DOMAIN_PATTERN, isReverseDomain],
    [IMAGE_DATA_URL_PATTERN, base64DataUrl('image')],
    [AUDIO_DATA_URL_PATTERN, base64DataUrl('audio')],
    [SVG_DATA_URL_PATTERN, isSvgDataUrl]
  ])
  const expression = (pattern: string, flags: string) => {
    const matcher = matchers.get(pattern)
    // Ajv keeps one object for all expressions of the same text, so each must say which one it is.
    return matcher === undefined ? new RegExp(pattern, flags) : { test: matcher, toString: () => pattern }
  }
  // Ajv wants to know how to write the expression into generated source; only standalone code would use it.
  return Object.assign(expression, { code: 'new RegExp' })
}

/** Refuses absurdly long lists before the check looks for duplicates in them. */
function boundLists (check: Check): Check {
  const bounded: Check = value => {
    for (const member of ['renderers', 'capabilities'] as const) {
      const list: unknown = typeof value === 'object' && value !== null && member in value ? (value as Record<string, unknown>)[member] : undefined
      if (!Array.isArray(list) || list.length <= longestList) continue
      bounded.errors = [{
        instancePath: `/${member}`,
        schemaPath: `#/properties/${member}/maxItems`,
        keyword: 'maxItems',
        params: { limit: longestList },
        message: `must NOT have more than ${longestList} items`
      }]
      return false
    }
    const valid = check(value)
    bounded.errors = check.errors
    return valid
  }
  return bounded
}
