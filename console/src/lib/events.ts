// Server-Sent Events by fetch, which can carry a token and a body. See https://html.spec.whatwg.org/multipage/server-sent-events.html
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { ApiFailure, failureOf, fetchFromServer } from './api.ts'

/** How a stream stands. */
export type StreamState = 'connecting' | 'open' | 'lost'

/** What is asked for, and who hears of it. */
export interface Follow {
  readonly method?: 'GET' | 'POST'
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
  readonly signal: AbortSignal
  /** Hears every event. @param data - its JSON, or its text where it is none */
  readonly onEvent: (name: string, data: unknown, id: string | undefined) => void
  /** Hears how the stream stands. */
  readonly onState?: (state: StreamState) => void
  /** True where the stream ends by itself and is not to be begun again. */
  readonly isOnce?: boolean
}

const shortestPause = 1000
const longestPause = 30000

/**
 * Follows a stream until the signal aborts, or until it ends where it is to be followed once.
 * @throws ApiFailure where the server refuses; where it cannot be reached, only if it is to be followed once
 */
export async function followEvents (path: string, follow: Follow): Promise<void> {
  const { signal, onState, isOnce = false } = follow
  let pause = shortestPause
  while (!signal.aborted) {
    onState?.('connecting')
    try {
      await followOnce(path, follow, () => {
        pause = shortestPause
        onState?.('open')
      })
      if (isOnce) return
    } catch (error) {
      if (signal.aborted) return
      const isPassing = error instanceof ApiFailure ? error.status === 0 || error.kind === 'busy' : true
      if (isOnce || !isPassing) throw error
    }
    onState?.('lost')
    await wait(pause, signal)
    pause = Math.min(2 * pause, longestPause)
  }
}

async function followOnce (path: string, { method = 'GET', body, headers, signal, onEvent }: Follow, onOpen: () => void): Promise<void> {
  const response = await fetchFromServer(path, { method, headers: { ...headers, accept: 'text/event-stream' }, signal, ...body === undefined ? {} : { body } })
  if (!response.ok) throw failureOf(response.status, parsed(await response.text()))
  if (response.body === null) return
  onOpen()
  const events = response.body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array<ArrayBuffer>, string>).pipeThrough(new EventSourceParserStream())
  try {
    for await (const { event = 'message', data, id } of events) onEvent(event, parsed(data), id)
  } catch (error) {
    if (signal.aborted) throw error
    throw new ApiFailure(0, '')
  }
}

function parsed (text: string): unknown {
  try { return JSON.parse(text) } catch { return text }
}

async function wait (milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
