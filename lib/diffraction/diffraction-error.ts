// What goes wrong with frames, by code: thrown in threads and worker processes, sent over to the server, and told to clients.

/** Codes by what they mean, with the status that HTTP gets. */
export const diffractionErrors = {
  /** A member of a request is missing or is not what it must be. */
  REQUEST: 400,
  /** No session, or one without this right; `legacy` is the number that the LS-CAT image server gives. */
  NOT_AUTHORIZED: 403,
  /** There is no such file, or none that this session may see. Also for what lies outside the folders allowed: nobody learns more. */
  FILE_MISSING: 404,
  /** The file has no such frame, or its data file is missing. */
  FRAME_MISSING: 404,
  /** The file is in no format that is known. */
  FORMAT_UNKNOWN: 415,
  /** The file is broken. */
  FILE_BROKEN: 422,
  /** Frame or picture has more pixels than the server allows. */
  TOO_LARGE: 413,
  /** Too much waits already. */
  BUSY: 503,
  /** The answer was not ready by its deadline. */
  TIMEOUT: 504,
  /** The worker that looked at the file ended before it had the answer. */
  WORKER_ENDED: 502,
  /** Whoever asked has gone, or has cancelled. */
  CANCELLED: 499,
  /** What is needed cannot be reached: Redis, the indexing program. */
  UNAVAILABLE: 503
} as const

/** A code of `diffractionErrors`. To clients it is `TUTTI_DIFFRACTION_` and the code. */
export type DiffractionCode = keyof typeof diffractionErrors

/** A failure with its code. It crosses thread and process boundaries as `{ code, message, legacy }`. */
export class DiffractionError extends Error {
  override name = 'DiffractionError'
  readonly code: DiffractionCode
  /** Number in brackets that the LS-CAT image server ends its text with, for NOT_AUTHORIZED. */
  readonly legacy: number | undefined

  /** @param message - cause and cure, without a path of the server or anything else from inside */
  constructor (code: DiffractionCode, message: string, legacy?: number) {
    super(message)
    this.code = code
    this.legacy = legacy
  }
}
