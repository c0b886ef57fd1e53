// The dialog in which an operator signs in.
import { useState } from 'preact/hooks'
import { announce } from '../lib/announce.ts'
import { ApiFailure, failureOf, fetchFromServer } from '../lib/api.ts'
import { signIn, wantsSignIn } from '../lib/session.ts'
import { texts } from '../texts.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { failureWords } from './loaded.tsx'

/** The dialog; it is there only while somebody wants to sign in. */
export function SignIn () {
  const [token, setToken] = useState('')
  const [error, setError] = useState<string>()
  const [isChecking, setChecking] = useState(false)
  const close = () => {
    wantsSignIn.value = false
    setToken('')
    setError(undefined)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (token.trim() === '') return setError(texts.tokenMissing)
    setChecking(true)
    const problem = await judge(token.trim())
    setChecking(false)
    if (problem !== undefined) return setError(problem)
    signIn(token.trim())
    close()
    announce(texts.signedIn)
  }
  return (
    <Dialog title={texts.signIn} isOpen={wantsSignIn.value} onClose={close}>
      <form onSubmit={event => { void submit(event) }} noValidate>
        <Field label={texts.token} hint={texts.tokenHint} error={error}>
          {control => <input {...control} type='password' autoComplete='current-password' autoFocus value={token} onInput={event => setToken(event.currentTarget.value)} />}
        </Field>
        <div class='actions'><button type='submit' class='main' aria-disabled={isChecking}>{isChecking ? texts.checking : texts.signIn}</button></div>
      </form>
    </Dialog>
  )
}

/** Asks the server whether a token is an operator's. @returns why it is not; nothing where it is */
async function judge (token: string): Promise<string | undefined> {
  try {
    const response = await fetchFromServer('/metrics', { method: 'HEAD', headers: { authorization: `Bearer ${token}` } })
    if (response.ok) return undefined
    const failure = failureOf(response.status, undefined)
    return failure.kind === 'unauthorised' || failure.kind === 'forbidden' ? texts.tokenWrong : failureWords(failure)
  } catch (error) {
    return failureWords(error instanceof ApiFailure ? error : new ApiFailure(0, ''))
  }
}
