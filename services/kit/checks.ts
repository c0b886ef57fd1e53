// The checks of a service: the wire messages and the author's own data, with the same rules and in the same linear time as in the orchestrator.
import type { TSchema } from '@sinclair/typebox'
import { createCompiler, createValidator } from '../../lib/graphics/validator.ts'
import type { Check, Validator } from '../../lib/graphics/validator.ts'

export type { Check } from '../../lib/graphics/validator.ts'

/** The checks of the wire messages, and the way to compile another. */
export interface Checks extends Validator {
  /** Compiles the schema of some data; the shared definitions of the graphics schemas can be referred to. Throws when it is no schema. */
  compile: (schema: TSchema) => Check
}

/** Compiles the wire schemas. */
export function createChecks (): Checks {
  const compile = createCompiler()
  return { ...createValidator(compile), compile }
}
