// One piece of work within a trace: what is written down about it, and what is sent along so that others' traces join it. Where nothing
// is written down, traces of clients still reach the services.
import type { IncomingHttpHeaders } from 'node:http'
import { readTraceContext, writeTraceContext } from './trace-context.ts'

/** What is said of a piece of work; what is undefined is left out. Never content. */
export type Attributes = Record<string, string | number | undefined>

/** A piece of work. None of its functions throws. */
export interface Span {
  /** `traceparent` and perhaps `tracestate`, for whatever is asked as part of this work. */
  readonly headers: Readonly<Record<string, string>>
  /** Id of the trace, where it is written down here. */
  readonly traceId?: string
  /** Begins the call of a service as part of this work. */
  call (name: string, attributes: Attributes): Span
  /** Notes what happens now. */
  event (name: string, attributes: Attributes): void
  /** Ends the work, once. @param failure - one word for what went wrong, where something did */
  end (attributes: Attributes, failure?: string): void
}

/** Begins spans. */
export interface Tracing {
  /** Begins the work for a request. @param headers - the request's own, whose trace is continued where it is valid */
  begin (name: string, attributes: Attributes, headers: IncomingHttpHeaders): Span
  /** Sends what is waiting, for a short while at most. */
  close (): Promise<void>
}

/** Writes nothing down. The client's trace goes to the services as it came; where there is none, one is begun. */
export const untraced: Tracing = {
  begin: (_name, _attributes, headers) => unwritten(writeTraceContext(readTraceContext(headers) ?? newContext())),
  close: async () => {}
}

/** A span of which nothing is written down. @param headers - what is sent along */
export function unwritten (headers: Readonly<Record<string, string>>): Span {
  const span: Span = { headers, call: () => span, event: () => {}, end: () => {} }
  return span
}

/** A new trace. It is not marked as sampled: nobody has written its beginning down. */
function newContext (): { traceId: string, spanId: string, flags: number } {
  return { traceId: randomWord() + randomWord() + randomWord() + randomWord(), spanId: randomWord() + randomWord(), flags: 0 }
}

/** Eight hexadecimal digits, not all zero. An id is no secret: what is random for a game is random enough, and costs a fiftieth. */
function randomWord (): string {
  return Math.floor(Math.random() * 0xffffffff + 1).toString(16).padStart(8, '0')
}
