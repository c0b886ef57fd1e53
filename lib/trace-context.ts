// The headers `traceparent` and `tracestate`, by which traces pass from one program to the next (W3C Trace Context, level 1:
// https://www.w3.org/TR/trace-context-1/).
import type { IncomingHttpHeaders } from 'node:http'

/** A place in a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all 0. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all 0. */
  readonly spanId: string
  /** Bits; 1 says that it may have been written down. */
  readonly flags: number
  /** What systems add for themselves, as a header holds it. */
  readonly state?: string
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Longest `tracestate`, in characters: what must be passed on of it. */
const longestState = 512

/**
 * Reads the place that a request was sent from.
 * @returns undefined where `traceparent` is absent or invalid; an invalid `tracestate` is left out
 */
export function readTraceContext ({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  // A later version may be longer. A header that was sent twice has been joined to something invalid.
  if (typeof traceparent !== 'string' || traceparent.length > longestState) return undefined
  const [, version = '', traceId = '', spanId = '', flags = '', more] = pattern.exec(traceparent) ?? []
  if (traceId === '' || version === 'ff' || zeros.test(traceId) || zeros.test(spanId)) return undefined
  if (version === '00' && more !== undefined) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16), ...isState(tracestate) ? { state: tracestate } : {} }
}

/** Writes the place that a request is sent from. */
export function writeTraceContext ({ traceId, spanId, flags, state }: TraceContext): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`
  return state === undefined ? { traceparent } : { traceparent, tracestate: state }
}

const member = /^[a-z0-9][\w*/@-]{0,255}=[ -~]{0,255}[!-~]$/

/** Whether it is a list of up to 32 members, each a key, an equals sign and a value. */
function isState (text: unknown): text is string {
  if (typeof text !== 'string' || text.length > longestState) return false
  const members = text.split(',').map(each => each.trim()).filter(each => each !== '')
  return members.length > 0 && members.length <= 32 && members.every(each => member.test(each) && each.indexOf('=') === each.lastIndexOf('='))
}
