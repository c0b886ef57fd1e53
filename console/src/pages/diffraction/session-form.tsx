// The form in which one says whose frames are looked at.
import { useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'
import { announce } from '../../lib/announce.ts'
import { ApiFailure } from '../../lib/api.ts'
import { DiffractionFailed, wordsOf } from './failed.tsx'
import { openServer } from './server.ts'
import { enter } from './session.ts'
import { texts } from './texts.ts'

/** The form. @param esaf - that the address of the page names */
export function SessionForm ({ esaf: named }: { esaf?: number | undefined }) {
  const [token, setToken] = useState('')
  const [esaf, setEsaf] = useState(named === undefined ? '' : String(named))
  const [hasTried, setTried] = useState(false)
  const [isChecking, setChecking] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const isNumber = /^[1-9]\d{0,8}$/.test(esaf.trim())

  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    if (isChecking) return
    if (token.trim() === '' || !isNumber) {
      announce(token.trim() === '' ? texts.tokenMissing : texts.esafWrong, { urgent: true })
      return
    }
    setChecking(true)
    try {
      const given = { token: token.trim(), esaf: Number(esaf) }
      await openServer(given).files('')
      // The form goes away.
      document.querySelector('h1')?.focus()
      enter(given)
      announce(texts.signedInFor(given.esaf))
    } catch (error) {
      const problem = error instanceof ApiFailure ? error : new ApiFailure(500, '')
      setFailure(problem)
      announce(wordsOf(problem), { urgent: true })
    } finally {
      setChecking(false)
    }
  }
  return (
    <section aria-labelledby='session-title'>
      <h2 id='session-title'>{texts.session}</h2>
      <form onSubmit={event => { void submit(event) }} noValidate>
        <div class='field-row'>
          <Field label={texts.token} hint={texts.tokenHint} error={hasTried && token.trim() === '' ? texts.tokenMissing : undefined}>
            {control => <input {...control} type='password' autoComplete='off' maxLength={256} value={token} onInput={event => setToken(event.currentTarget.value)} />}
          </Field>
          <Field label={texts.esaf} hint={texts.esafHint} error={hasTried && !isNumber ? texts.esafWrong : undefined}>
            {control => <input {...control} inputMode='numeric' autoComplete='off' maxLength={9} value={esaf} onInput={event => setEsaf(event.currentTarget.value)} />}
          </Field>
        </div>
        <div class='actions'><button type='submit' class='main' aria-disabled={isChecking}>{isChecking ? texts.checking : texts.showFiles}</button></div>
      </form>
      {failure === undefined ? null : <DiffractionFailed failure={failure} />}
    </section>
  )
}
