// What stands where something is loaded: the wait, the failure with its cure, nothing at all, or the thing itself.
import type { ComponentChildren } from 'preact'
import type { ApiFailure, FailureKind } from '../lib/api.ts'
import type { Resource } from '../lib/resource.ts'
import { askForSignIn } from '../lib/session.ts'
import { texts } from '../texts.ts'
import { Problem } from './problem.tsx'

const words: Record<FailureKind, () => string> = {
  offline: () => texts.offline,
  unauthorised: () => texts.unauthorised,
  forbidden: () => texts.forbidden,
  missing: () => texts.missing,
  refused: () => texts.refused,
  busy: () => texts.busy,
  broken: () => texts.broken
}

/** What a failure is called, in the present language. */
export function failureWords ({ kind }: ApiFailure): string {
  return words[kind]()
}

/** The wait for something. */
export function Waiting () {
  return <p class='waiting' role='status'>{texts.loading}</p>
}

/** A failure with what one can do about it. @param onRetry - tries again */
export function Failed ({ failure, onRetry }: { failure: ApiFailure, onRetry?: () => void }) {
  return (
    <Problem title={failureWords(failure)}>
      {failure.message === '' ? null : <p lang='en'>{texts.said(failure.message)}</p>}
      <div class='actions'>
        {failure.kind === 'unauthorised' ? <button type='button' onClick={askForSignIn}>{texts.signIn}</button> : null}
        {onRetry === undefined ? null : <button type='button' onClick={onRetry}>{texts.retry}</button>}
      </div>
    </Problem>
  )
}

/** Draws what has been loaded. @param empty - stands there where `isEmpty` says that there is nothing */
export function Loaded<T> ({ resource, children, isEmpty, empty }: { resource: Resource<T>, children: (data: T) => ComponentChildren, isEmpty?: (data: T) => boolean, empty?: ComponentChildren }) {
  const { data, failure, reload } = resource
  if (data === undefined) return failure === undefined ? <Waiting /> : <Failed failure={failure} onRetry={reload} />
  return (
    <>
      {failure === undefined ? null : <p class='stale'>{texts.stale(failureWords(failure))} <button type='button' onClick={reload}>{texts.retry}</button></p>}
      {isEmpty?.(data) === true ? empty ?? <p class='empty'>{texts.nothing}</p> : children(data)}
    </>
  )
}
