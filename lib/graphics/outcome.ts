// How the call of one service ended.
import type { Role } from './plan.ts'

/** Why a call failed, one word for each cause, the same in logs, headers and metrics. */
export type FailureReason =
  | 'refused' // nobody listens there, or the name is unknown
  | 'broken' // the connection broke before the reply was whole
  | 'down' // nobody was asked, because nobody has answered for some time
  | 'timeout' // the reply was not whole in the time that the service has
  | 'status' // a status that is no answer
  | 'too-large' // more bytes than MAX_REPLY
  | 'not-json' // the reply is no JSON text
  | 'invalid' // the reply is not what its schema says
  | 'wrong-name' // a modifier that does not sign as one
  | 'internal' // a fault of ours

/** What one service contributed, and how long it took. */
export interface Outcome {
  /** Name of the service. */
  readonly service: string
  readonly role: Role
  /**
   * `done`: it gave a result. `cached`: its result was known. `not-applicable`: it said that the request is not for it. `failed`: it gave nothing usable.
   * `late`: the request's deadline came first. `cancelled`: the client has gone.
   */
  readonly kind: 'done' | 'cached' | 'not-applicable' | 'failed' | 'late' | 'cancelled'
  /** Why it failed. */
  readonly reason?: FailureReason
  /** Further words for the operator: a status, an error code, the place of a schema error. Never content. */
  readonly detail?: string
  /** Milliseconds from the start of the call; 0 for one that never started. */
  readonly milliseconds: number
  /** How many replicas were asked, where it was more than one. */
  readonly attempts?: number
}

/** One rendering as its handler sent it. */
export interface MadeRendering {
  /** Renderer that shows it. */
  readonly typeId: string
  readonly description: string
  /** JSON text of the whole rendering. */
  readonly bytes: Buffer
}

/** What a call brought back. */
export type Result =
  | { readonly kind: 'data', /** Name to file it under. */ readonly name: string, /** JSON text. */ readonly data: Buffer }
  | { readonly kind: 'renderings', readonly renderings: readonly MadeRendering[] }

/** An outcome with what the call brought back, where it brought something. */
export interface CallOutcome extends Outcome {
  readonly result?: Result
}
