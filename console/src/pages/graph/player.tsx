// Steps through the moments of a request: by a slider, whose keys every reader knows, by buttons, or by itself.
import { useEffect, useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'
import { announce } from '../../lib/announce.ts'
import { formatDuration } from '../../lib/texts.ts'
import type { Moment, RecentRequest } from './requests.ts'
import { texts } from './texts.ts'
import { requestWords, stepWords } from './words.tsx'

/** Milliseconds from one moment to the next while it plays. */
const beat = 700

/** The player. @param onMove - goes to a moment, counted from 0 */
export function Player ({ request, moments, position, onMove }: { request: RecentRequest, moments: readonly Moment[], position: number, onMove: (position: number) => void }) {
  const [isPlaying, setPlaying] = useState(false)
  const last = moments.length - 1
  useEffect(() => {
    if (!isPlaying) return
    if (position >= last) return setPlaying(false)
    const timer = setTimeout(() => {
      say(position + 1)
      onMove(position + 1)
    }, beat)
    return () => clearTimeout(timer)
  }, [isPlaying, position, last])
  const wordsAt = (at: number): string => {
    const moment = moments[at]
    return moment === undefined ? '' : texts.moment(formatDuration(moment.at), momentWords(moment, request))
  }
  // What the slider says of itself is said by it.
  const say = (at: number) => announce(wordsAt(at))
  const go = (to: number) => {
    setPlaying(false)
    onMove(Math.min(last, Math.max(0, to)))
  }
  const press = (to: number) => {
    go(to)
    say(Math.min(last, Math.max(0, to)))
  }
  const play = () => {
    if (!isPlaying && position >= last) onMove(0)
    setPlaying(!isPlaying)
  }
  const words = wordsAt(position)
  return (
    <div class='player'>
      <Field label={texts.position}>
        {control => <input {...control} type='range' min={0} max={last} step={1} value={position} aria-valuetext={words} onInput={event => go(Number(event.currentTarget.value))} />}
      </Field>
      <div class='actions'>
        <button type='button' onClick={() => press(0)}>{texts.first}</button>
        <button type='button' onClick={() => press(position - 1)}>{texts.previous}</button>
        <button type='button' onClick={() => press(position + 1)}>{texts.next}</button>
        <button type='button' onClick={() => press(last)}>{texts.last}</button>
        <button type='button' onClick={play}>{isPlaying ? texts.pause : texts.play}</button>
      </div>
      <p>{texts.momentOf(position + 1, moments.length)}. {words}</p>
    </div>
  )
}

function momentWords ({ what, step }: Moment, request: RecentRequest): string {
  if (what === 'came') return texts.momentCame
  if (what === 'ended' || step === undefined) return texts.momentEnded(requestWords(request).words)
  return what === 'asked' ? texts.momentAsked(step.service) : texts.momentSettled(step.service, stepWords(step))
}
