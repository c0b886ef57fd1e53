// Gives drawings their places, by a worker that is there before the first one is known.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Drawing, Placed } from './layout.ts'

/** Lays drawings out beside the page. */
export interface Layouter {
  /** Gives a drawing its places; rejects where that cannot be done. */
  layOut (drawing: Drawing): Promise<Placed>
  /** Ends the worker. */
  close (): void
}

/** Starts a worker. */
export function createLayouter (): Layouter {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
  const asked = new Map<number, PromiseWithResolvers<Placed>>()
  let count = 0
  let hasFailed = false
  worker.addEventListener('message', ({ data }: MessageEvent<{ number: number, placed: Placed }>) => {
    asked.get(data.number)?.resolve(data.placed)
    asked.delete(data.number)
  })
  worker.addEventListener('error', () => {
    hasFailed = true
    for (const { reject } of asked.values()) reject(new Error('The drawing cannot be laid out'))
    asked.clear()
  })
  return {
    layOut (drawing) {
      const answer = Promise.withResolvers<Placed>()
      if (hasFailed) answer.reject(new Error('The drawing cannot be laid out'))
      else {
        asked.set(++count, answer)
        worker.postMessage({ number: count, drawing })
      }
      return answer.promise
    },
    close: () => worker.terminate()
  }
}

/** The drawing with places, as soon as there are some; until then those of the one before, or nothing. `hasFailed` where there will be none. */
export function useLayout (layouter: Layouter, drawing: Drawing): { placed: Placed | undefined, hasFailed: boolean } {
  const [placed, setPlaced] = useState<Placed>()
  const [hasFailed, setFailed] = useState(false)
  // Asked for before the rest of the page is drawn, so that both are made at one time.
  const coming = useMemo(() => layouter.layOut(drawing), [layouter, drawing])
  useEffect(() => {
    let isWanted = true
    setFailed(false)
    coming.then(placed => { if (isWanted) setPlaced(placed) }, () => { if (isWanted) setFailed(true) })
    return () => { isWanted = false }
  }, [coming])
  return { placed, hasFailed }
}
