// One execution as it goes on.
import { useEffect, useState } from 'preact/hooks'
import { announce } from '../../../lib/announce.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { followEvents } from '../../../lib/events.ts'
import type { StreamState } from '../../../lib/events.ts'
import { operatorToken } from '../../../lib/session.ts'
import { failureFrom } from '../failure.tsx'
import { isEnded } from './known.ts'
import type { Execution } from './known.ts'
import { stateWords } from './state.tsx'

/** What is known of it. */
export interface Watched {
  readonly execution: Execution | undefined
  readonly stream: StreamState
  readonly failure: ApiFailure | undefined
}

/** Steps that are said one by one; of more that come at once the last. */
const mostSaid = 3

/** Follows an execution to its end, and says what happens. */
export function useExecution (id: string): Watched {
  const [execution, setExecution] = useState<Execution>()
  const [stream, setStream] = useState<StreamState>('connecting')
  const [failure, setFailure] = useState<ApiFailure>()
  const token = operatorToken.value
  useEffect(() => {
    const controller = new AbortController()
    let said: number | undefined
    setFailure(undefined)
    followEvents(`/api/v1/executions/${encodeURIComponent(id)}/progress`, {
      signal: controller.signal,
      onState: setStream,
      onEvent (name, data) {
        if (name !== 'progress' && name !== 'end') return
        const now = data as Execution
        setExecution(now)
        // What was there when the page was opened is read, not said.
        const news = said === undefined ? [] : now.progress.slice(said).slice(-mostSaid)
        for (const { what } of news) announce(what)
        if (isEnded(now)) {
          if (said !== undefined) announce(stateWords(now.state))
          controller.abort()
        }
        said = now.progress.length
      }
    }).catch((error: unknown) => { if (!controller.signal.aborted) setFailure(failureFrom(error)) })
    return () => controller.abort()
  }, [id, token])
  return { execution, stream, failure }
}
