// What a page shows of the server: loaded, loaded anew, and kept while that fails.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ApiFailure } from './api.ts'
import { operatorToken } from './session.ts'

/** What is known of something that is loaded. */
export interface Resource<T> {
  readonly state: 'loading' | 'ready' | 'failed'
  /** What was loaded last; also while it is loaded anew, or that has failed. */
  readonly data?: T | undefined
  /** Why it could not be loaded last. */
  readonly failure?: ApiFailure | undefined
  /** Whether the data are older than they should be, because loading them anew has failed. */
  readonly isStale: boolean
  /** Loads it anew. */
  readonly reload: () => void
}

/**
 * Loads something when a component is first drawn, when one of `deps` or the operator changes, and each `every` milliseconds.
 * @param load - gives it, or throws an ApiFailure
 * @param deps - what it depends on; when one of them changes, the data from before are dropped
 */
export function useResource<T> (load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[], { every }: { every?: number } = {}): Resource<T> {
  const [known, setKnown] = useState<{ data?: T | undefined, failure?: ApiFailure | undefined }>({})
  const [round, setRound] = useState(0)
  const token = operatorToken.value
  const key = useRef<readonly unknown[]>([])
  const current = useRef(load)
  current.current = load

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    const isNew = [...deps, token].some((each, index) => each !== key.current[index]) || key.current.length === 0
    key.current = [...deps, token]
    if (isNew) setKnown({})
    const run = async (): Promise<void> => {
      try {
        const data = await current.current(signal)
        if (!signal.aborted) setKnown({ data })
      } catch (error) {
        if (signal.aborted) return
        const failure = error instanceof ApiFailure ? error : new ApiFailure(500, String(error))
        setKnown(({ data }) => ({ data, failure }))
      }
      // A page that nobody sees asks for nothing until it is seen again.
      if (every !== undefined) timer = setTimeout(() => { whenVisible(signal, run) }, every)
    }
    void run()
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [...deps, token, round, every])

  const reload = useCallback(() => setRound(before => before + 1), [])
  const { data, failure } = known
  return { state: failure === undefined ? data === undefined ? 'loading' : 'ready' : 'failed', data, failure, isStale: data !== undefined && failure !== undefined, reload }
}

function whenVisible (signal: AbortSignal, run: () => Promise<void>): void {
  if (!document.hidden) return void run()
  document.addEventListener('visibilitychange', () => { if (!signal.aborted) void run() }, { once: true, signal })
}
