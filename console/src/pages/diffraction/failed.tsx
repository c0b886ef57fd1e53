// A failure in the words of this page: its session is not that of the operator.
import { failureWords } from '../../components/loaded.tsx'
import { Problem } from '../../components/problem.tsx'
import type { ApiFailure } from '../../lib/api.ts'
import { enter, session } from './session.ts'
import { texts } from './texts.ts'

/** What a failure is called. */
export function wordsOf (failure: ApiFailure): string {
  if (failure.status === 401) return texts.sessionWrong
  if (failure.status === 403) return texts.esafForbidden
  if (failure.status === 404) return texts.fileMissing
  // Waiting would not help where something is not set up.
  if (failure.code === 'TUTTI_DIFFRACTION_UNAVAILABLE') return texts.unavailable
  return failureWords(failure)
}

/** A failure with what one can do about it. */
export function DiffractionFailed ({ failure, onRetry }: { failure: ApiFailure, onRetry?: () => void }) {
  return (
    <Problem title={wordsOf(failure)}>
      {failure.message === '' ? null : <p lang='en'>{failure.message}</p>}
      <div class='actions'>
        {failure.status === 401 && session.value !== undefined ? <button type='button' onClick={() => enter(undefined)}>{texts.otherSession}</button> : null}
        {onRetry === undefined ? null : <button type='button' onClick={onRetry}>{texts.again}</button>}
      </div>
    </Problem>
  )
}
