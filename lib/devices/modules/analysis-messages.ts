// What a process that looks at modules is told and says.
import type { DevicesCode } from '../devices-error.ts'
import type { Analysis } from '../wasm-module.ts'

/** What is looked at. */
export interface AnalysisJob {
  /** Where its bytes are. */
  readonly file: string
  /** Most bytes that are read. */
  readonly largest: number
  /** Memory that looking at it may take, in bytes. */
  readonly memory: number
}

/** What came of it. */
export type AnalysisOutcome = { readonly kind: 'analysed', readonly analysis: Analysis } | { readonly kind: 'refused', readonly code: DevicesCode, readonly message: string }

/** What is said before looking begins. */
export const begun = 'begun'

/** The answer of a process. */
export interface AnalysisReply {
  readonly outcome: AnalysisOutcome
  /** Whether it has taken so much memory that another process looks at the next one. */
  readonly isTired: boolean
}
