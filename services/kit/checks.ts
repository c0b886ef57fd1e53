// The checks of a service: the wire messages and the author's own data, with the same rules and in the same linear time as in the orchestrator.
import type { TSchema } from '@sinclair/typebox'
import { createCompiler } from '../../lib/graphics/validator.ts'
import type { Check } from '../../lib/graphics/validator.ts'
import { HandlerReply } from '../../schemas/graphics/handler-response.ts'
import { PreprocessorReply } from '../../schemas/graphics/preprocessor-response.ts'
import { GraphicRequest } from '../../schemas/graphics/request.ts'

export type { Check } from '../../lib/graphics/validator.ts'

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

/** Compiles the wire schemas. */
export function createChecks (): Checks {
  const compile = createCompiler()
  return {
    request: compile(GraphicRequest),
    preprocessorReply: compile(PreprocessorReply),
    handlerReply: compile(HandlerReply),
    compile
  }
}
