// What a service answers when it cannot do its work: each error has a code, a status and a message that names the cause and the cure.
import createError from '@fastify/error'

/** The body is not UTF-8 text. */
export const MalformedTextError = createError('SERVICE_MALFORMED_TEXT', 'The body is not valid UTF-8. Send the JSON text as UTF-8.', 400)

/** Nothing is there. */
export const NotFoundError = createError('SERVICE_NOT_FOUND', 'There is nothing here. Ask POST /preprocessor or POST /handler, whichever this service is, or GET /health.', 404)

/** The caller has gone; nobody reads this answer. */
export const CallerGoneError = createError('SERVICE_CALLER_GONE', 'The caller has closed the connection.', 499)

/** The service could not do its work. The reason is in its log, without anything of the graphic. */
export const FailedError = createError('SERVICE_FAILED', 'The service could not do its work. Its log says why, under the same request id.', 500)

/** More requests wait than the service lets wait. */
export const BusyError = createError('SERVICE_BUSY', 'Too many requests wait for this service. Try again later, or run more replicas.', 503)

/** The service is not ready for any work, and will not be: its warm-up has failed. */
export const BrokenError = createError('SERVICE_BROKEN', 'The service could not load what it needs. Its log says why.', 503)

/** The service is told to stop and its time to finish is over. */
export const StoppingError = createError('SERVICE_STOPPING', 'The service is stopping. Ask another replica.', 503)

/** The work took longer than the service allows itself. */
export const DeadlineError = createError('SERVICE_DEADLINE', 'The service did not finish in time. Send a simpler graphic, or raise its deadline.', 503)

/** The service has made a reply that its own schemas refuse. Argument: where and by which rule, without any content. */
export const InvalidReplyError = createError<[string]>('SERVICE_INVALID_REPLY', 'The reply is not valid: %s', 500)

/** A log entry for an error: its kind, code and stack frames. The message is left out on purpose, because errors such as those of JSON.parse quote what they were given. */
export interface ErrorTrace {
  /** Class of the error, such as `TypeError`. */
  type: string
  /** Code of the error, where it has one. */
  code?: string
  /** Source positions, innermost first, at most ten. */
  frames: string[]
  /** Why a reply was refused; the kit's own words. */
  reason?: string
  /** What caused it, where that is known. */
  cause?: ErrorTrace
}

/** Describes anything thrown for the log, without its message. Causes are followed five deep. */
export function traceError (error: unknown, depth = 5): ErrorTrace {
  if (!(error instanceof Error)) return { type: typeof error, frames: [] }
  // The stack begins with the message, which may span lines that look like frames: it is taken off first.
  const head = `${error.name}: ${error.message}`
  const stack = String(error.stack ?? '')
  const frames = (stack.startsWith(head) ? stack.slice(head.length) : stack.slice(Math.max(0, stack.lastIndexOf(error.message) + error.message.length)))
    .split('\n').filter(line => /^\s+at /.test(line)).slice(0, 10).map(line => line.trim())
  const code = 'code' in error && typeof error.code === 'string' && /^[\w.-]{1,64}$/.test(error.code) ? { code: error.code } : {}
  const reason = error instanceof InvalidReplyError ? { reason: error.message } : {}
  const cause = error.cause !== undefined && depth > 1 ? { cause: traceError(error.cause, depth - 1) } : {}
  return { type: error.constructor.name, ...code, ...reason, frames, ...cause }
}
