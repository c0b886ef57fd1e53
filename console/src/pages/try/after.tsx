// What one can do when an answer has come: ask about it, have it kept, send it again from a terminal.
import { useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'
import { failureWords } from '../../components/loaded.tsx'
import { Copy } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { ApiFailure, api, ask } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { isSignedIn } from '../../lib/session.ts'
import { save } from '../../lib/save.ts'
import { curlOf, keepForDebugging } from './keeping.ts'
import { texts } from './texts.ts'
import { trials } from './trial.ts'
import type { Question, Trial } from './trial.ts'

/** The buttons, and the question where there are services for it. */
export function After ({ trial, onAsk }: { trial: Trial, onAsk: (question: Question) => void }) {
  const [said, setSaid] = useState('')
  // Of a request and the questions about it, which have its id, the server has stored the last.
  const isStored = trials.value.find(({ id, state }) => id === trial.id && state === 'done')?.number === trial.number
  const keep = async () => {
    const words = await keepForDebugging(trial).then(() => texts.kept, (error: unknown) => error instanceof ApiFailure && error.status === 503
      ? texts.notStored
      : texts.notKept(error instanceof ApiFailure ? failureWords(error) : ''))
    setSaid(words)
    announce(words)
  }
  return (
    <>
      {trial.state === 'done' ? <FollowUp trial={trial} onAsk={onAsk} /> : null}
      <h3>{texts.afterwards}</h3>
      <p class='hint'>{texts.keepHint}</p>
      <div class='actions'>
        {trial.state === 'done' && isStored ? <button type='button' onClick={() => { void keep() }}>{texts.keep}</button> : null}
        <button type='button' onClick={() => save('request.json', new Blob([JSON.stringify(trial.request)], { type: 'application/json' }))}>{texts.saveRequest}</button>
        <Copy text={curlOf()} label={texts.copyCurl} />
      </div>
      {said === '' ? null : <p>{said}</p>}
    </>
  )
}

/** Only operators can know whether there are services that answer questions. */
function FollowUp ({ trial, onAsk }: { trial: Trial, onAsk: (question: Question) => void }) {
  return isSignedIn.value ? <FollowUpForm trial={trial} onAsk={onAsk} /> : null
}

function FollowUpForm ({ trial, onAsk }: { trial: Trial, onAsk: (question: Question) => void }) {
  const [query, setQuery] = useState('')
  const { data } = useResource(signal => ask(api.GET('/topology', { signal })), [])
  if (typeof data !== 'object' || data.services.some(({ routes }) => routes.includes('followup')) !== true) return null
  const previous = trials.value.filter(({ id, number, state }) => id === trial.id && state === 'done' && number <= trial.number).toReversed().flatMap(({ request, renderings }) => {
    const { query } = (request.followup ?? {}) as { query?: string }
    return query === undefined ? [] : [[query, renderings.map(({ data, description }) => typeof data.text === 'string' ? data.text : description).join(' ')] as const]
  })
  return (
    <form onSubmit={event => {
      event.preventDefault()
      if (query.trim() === '') return announce(texts.askEmpty, { urgent: true })
      onAsk({ id: trial.id, query: query.trim(), previous })
    }}
    >
      <h3>{texts.question}</h3>
      <Field label={texts.questionLabel}>{control => <input {...control} type='text' value={query} onInput={event => setQuery(event.currentTarget.value)} />}</Field>
      <div class='actions'><button type='submit'>{texts.ask}</button></div>
    </form>
  )
}
