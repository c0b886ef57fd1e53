// What could not be done.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Failed } from '../../components/loaded.tsx'
import { ApiFailure } from '../../lib/api.ts'

/** A failure that takes the focus when it comes, so that it is read and not passed by. */
export function FocusedFailure ({ failure }: { failure: ApiFailure }) {
  const box = useRef<HTMLDivElement>(null)
  // At once: whoever sees it may press a key already.
  useLayoutEffect(() => { box.current?.focus() }, [failure])
  return <div tabIndex={-1} ref={box}><Failed failure={failure} /></div>
}

/** A failure of whatever was thrown. */
export function failureFrom (error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(500, String(error))
}
