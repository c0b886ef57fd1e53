// The home page: somebody sends a picture, a chart or a place, hears what works on it, and gets what was made of it.
import { useEffect, useRef, useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Field, Select } from '../../components/field.tsx'
import { Failed } from '../../components/loaded.tsx'
import { Page } from '../../components/page.tsx'
import { announce } from '../../lib/announce.ts'
import { formatDuration, language, languages } from '../../lib/texts.ts'
import { After } from './after.tsx'
import { Choose } from './choose.tsx'
import type { Graphic } from './graphic.ts'
import { Results } from './results.tsx'
import { Services } from './services.tsx'
import { play } from './sounds.ts'
import { texts } from './texts.ts'
import { send, trials } from './trial.ts'
import type { Question, Trial } from './trial.ts'
import './try.css'

/** Least milliseconds between two announcements of progress. */
const pace = 3000

/** The page. */
export default function Try () {
  const [graphic, setGraphic] = useState<Graphic>()
  const [answerLanguage, setAnswerLanguage] = useState<string>(language.value)
  const [route, setRoute] = useState('')
  const [chosen, setChosen] = useState<number>()
  const ending = useRef<AbortController>()
  const sender = useRef<HTMLButtonElement>(null)
  const canceller = useRef<HTMLButtonElement>(null)
  useEffect(() => () => ending.current?.abort(), [])
  const trial = trials.value.find(({ number }) => number === chosen) ?? trials.value[0]
  const isSending = trials.value[0]?.state === 'sending'

  const start = async (question?: Question) => {
    const what = question === undefined ? graphic : trial?.graphic
    if (isSending) return
    if (what === undefined) return announce(texts.nothingChosen, { urgent: true })
    if (question === undefined && isWrong(route)) {
      announce(texts.routeWrong, { urgent: true })
      document.querySelector('details.route')?.setAttribute('open', '')
      return document.querySelector<HTMLElement>('.route [aria-invalid]')?.focus()
    }
    const controller = new AbortController()
    ending.current = controller
    let last = 0
    setChosen(undefined)
    // The form of a question goes while it is answered.
    if (question !== undefined) sender.current?.focus()
    await send(what, { language: answerLanguage, route: question === undefined ? route.trim() : 'followup', ...question === undefined ? {} : { question } }, controller.signal, {
      onSent () {
        play('sent')
        announce(texts.sent)
      },
      onProgress (ended, of) {
        play('progress')
        if (ended === of || performance.now() - last < pace) return
        last = performance.now()
        announce(texts.progress(ended, of))
      },
      onReduced: pixels => announce(texts.reduced(pixels)),
      onEnd (ended) {
        // The button that has the focus goes with what it would have ended.
        if (document.activeElement === canceller.current) sender.current?.focus()
        tellEnd(ended)
      }
    })
  }
  const cancel = () => {
    ending.current?.abort()
    sender.current?.focus()
  }

  return (
    <Page title={texts.title} lead={texts.lead}>
      <Choose graphic={graphic} onChoose={setGraphic} />
      <section aria-labelledby='try-send'>
        <h2 id='try-send'>{texts.sendHeading}</h2>
        <Select label={texts.answerLanguage} value={answerLanguage} options={Object.entries(languages).map(([value, label]) => ({ value, label, lang: value }))} onChange={setAnswerLanguage} />
        <details class='route'>
          <summary>{texts.more}</summary>
          <Field label={texts.route} hint={texts.routeHint} error={isWrong(route) ? texts.routeWrong : undefined}>
            {control => <input {...control} type='text' autoComplete='off' spellcheck={false} value={route} onInput={event => setRoute(event.currentTarget.value)} />}
          </Field>
        </details>
        <div class='actions'>
          <button key='send' ref={sender} type='button' class='main' aria-disabled={isSending || graphic === undefined} onClick={() => { void start() }}>{texts.send}</button>
          {isSending ? <button key='cancel' ref={canceller} type='button' onClick={cancel}>{texts.cancel}</button> : null}
          {trial?.state === 'done' ? <button key='results' type='button' onClick={() => document.getElementById('try-results')?.focus()}>{texts.toResults}</button> : null}
        </div>
        <p>{stateOf(trial)}</p>
      </section>
      {trial === undefined ? null : <Services services={trial.services} />}
      {trial === undefined ? null : <Outcome trial={trial} onAsk={question => { void start(question) }} />}
      <Earlier
        trials={trials.value} shown={trial?.number} onShow={number => {
          setChosen(number)
          document.getElementById('try-results')?.focus()
        }}
      />
    </Page>
  )
}

/** Whether a route cannot be one: services name theirs by letters, digits and low lines. */
function isWrong (route: string): boolean {
  return !/^\w*$/.test(route.trim())
}

function tellEnd (trial: Trial): void {
  play(trial.state === 'done' ? 'done' : 'failed')
  announce(stateOf(trial), { urgent: trial.state === 'failed' })
}

/** What a trial has come to, in a sentence. */
function stateOf (trial: Trial | undefined): string {
  if (trial === undefined) return texts.nothingSent
  if (trial.state === 'sending') return texts.working
  if (trial.state === 'cancelled') return texts.cancelled
  if (trial.state === 'failed') return texts.failed
  return texts.done(trial.renderings.length, formatDuration(trial.milliseconds ?? 0))
}

function Outcome ({ trial, onAsk }: { trial: Trial, onAsk: (question: Question) => void }) {
  const missing = trial.services.filter(({ state }) => state === 'failed' || state === 'late')
  return (
    <section aria-labelledby='try-results'>
      <h2 id='try-results' tabIndex={-1}>{texts.results}</h2>
      {trial.reducedTo === undefined ? null : <p>{texts.reduced(trial.reducedTo)}</p>}
      {trial.failure === undefined ? null : <Failed failure={trial.failure} />}
      {trial.state === 'sending' || missing.length === 0 ? null : <p class='stale'>{texts.missing(missing.map(({ service }) => service).join(', '))}</p>}
      {trial.state === 'done' && trial.renderings.length === 0 ? <p class='empty'>{texts.noResults}</p> : null}
      <Results key={`results-${trial.number}`} trial={trial} />
      {trial.state === 'sending' ? null : <After key={`after-${trial.number}`} trial={trial} onAsk={onAsk} />}
    </section>
  )
}

function Earlier ({ trials, shown, onShow }: { trials: readonly Trial[], shown: number | undefined, onShow: (number: number) => void }) {
  if (trials.length < 2) return null
  return (
    <section aria-labelledby='try-earlier'>
      <h2 id='try-earlier'>{texts.earlier}</h2>
      <p class='hint'>{texts.earlierHint}</p>
      <DataTable
        caption={texts.earlierCaption}
        isCaptionHeardOnly
        rows={trials}
        rowKey={({ number }) => String(number)}
        columns={[
          { key: 'number', header: texts.number, cell: ({ number, graphic }) => `${number}. ${graphic.name}` },
          { key: 'state', header: texts.outcome, cell: stateOf },
          { key: 'show', header: texts.show, cell: ({ number }) => <button type='button' aria-pressed={number === shown} aria-label={texts.showNumber(number)} onClick={() => onShow(number)}>{texts.show}</button> }
        ]}
      />
    </section>
  )
}
