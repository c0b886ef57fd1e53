// The page of tracking: cameras, what they see, what is followed, and timelines.
import { signal } from '@preact/signals'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Field, Toggle } from '../../components/field.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { Page } from '../../components/page.tsx'
import { Empty } from '../../components/problem.tsx'
import { State, Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { api, ask, unlessMissing } from '../../lib/api.ts'
import { keepForTab, keptForTab } from '../../lib/keep.ts'
import { useResource } from '../../lib/resource.ts'
import { CameraView } from './camera.tsx'
import { Connections } from './connections.tsx'
import { useKeptFocus } from './kept-focus.ts'
import { keyOf, nothingSeen } from './sight.ts'
import type { Box, Sight } from './sight.ts'
import { texts } from './texts.ts'
import { Timelines } from './timeline.tsx'
import { watchTracking } from './watch.ts'
import type { Watch, WatchState } from './watch.ts'
import { nameOf } from './words.ts'
import './tracking.css'

const token = signal(keptForTab('tracking') ?? '')

/** How often tables take over what has come, in milliseconds. */
const pace = 500

/** The page. */
export default function TrackingPage () {
  // Whether there is such a path says whether the server tracks.
  const module = useResource(async signal => await unlessMissing(ask(api.GET('/docs/asyncapi.json', { signal, parseAs: 'text' }))) !== undefined, [])
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded resource={module} isEmpty={tracks => !tracks} empty={<Empty title={texts.off}><p>{texts.offCure}</p></Empty>}>{() => <Tracking key={token.value} />}</Loaded>
    </Page>
  )
}

const stateWords: Record<WatchState, () => string> = {
  connecting: () => texts.connecting, open: () => texts.open, lost: () => texts.lost, token: () => texts.tokenNeeded
}
const stateKinds = { connecting: 'busy', open: 'good', lost: 'warning', token: 'warning' } as const

function Tracking () {
  const [state, setState] = useState<WatchState>('connecting')
  const [sight, setSight] = useState<Sight>(nothingSeen)
  const [isHeld, setHeld] = useState(false)
  const [shown, setShown] = useState<string>()
  const [asked, setAsked] = useState('')
  const watch = useRef<Watch>()
  // What is held still is what was shown then: tables and picture alike.
  const held = useRef<Sight>()
  const all = useRef<HTMLDivElement>(null)
  // A camera that is not there any more takes all of its part along.
  useKeptFocus(all, 'cameras')
  held.current = isHeld ? sight : undefined

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const own = watchTracking({
      token: token.value,
      onState (next) {
        setState(next)
        if (next === 'lost' || next === 'token') announce(stateWords[next]())
      },
      onSight () {
        timer ??= setTimeout(() => {
          timer = undefined
          if (held.current === undefined) setSight(own.sight)
        }, pace)
      },
      onAnswer: ({ objectId, message }) => announce(message === undefined ? texts.followed(objectId ?? 0) : texts.refused(message))
    })
    watch.current = own
    return () => {
      clearTimeout(timer)
      own.close()
    }
  }, [])

  const live = useCallback(() => shown === undefined ? undefined : (held.current ?? watch.current?.sight)?.cameras.get(shown), [shown])
  const camera = shown === undefined ? undefined : sight.cameras.get(shown)
  /** The button that was pressed goes; the focus goes to the heading of where it was. */
  const stopFrom = (heading: 'camera' | 'objects') => (object: number) => {
    watch.current?.stop(object)
    announce(texts.stopped(object))
    document.getElementById(heading)?.focus()
  }
  const follow = (frame: string, { boxId }: Box) => {
    if (camera !== undefined) watch.current?.start(camera.id, frame, boxId)
    document.getElementById('camera')?.focus()
  }
  const show = (key: string) => {
    setShown(key)
    focusOn('camera')
  }
  const askFor = (object: string) => {
    setAsked(object)
    if (object !== '') focusOn('timelines')
  }

  return (
    <div ref={all}>
      <p>{texts.state}: <State kind={stateKinds[state]}>{stateWords[state]()}</State></p>
      {state === 'token' ? <TokenForm /> : null}
      <Toggle label={texts.pause} hint={texts.pauseHint} isOn={isHeld} onChange={on => { setHeld(on); if (!on && watch.current !== undefined) setSight(watch.current.sight) }} />
      <Cameras sight={sight} onShow={show} />
      {camera === undefined ? null : <CameraView key={shown} camera={camera} live={live} onFollow={follow} onStop={stopFrom('camera')} />}
      <Objects sight={sight} onStop={stopFrom('objects')} onTimeline={object => askFor(String(object))} />
      <Timelines asked={asked} token={token.value} onChoose={setAsked} />
      <Connections isHeld={isHeld} />
    </div>
  )
}

/** Moves the focus to a heading once it is there. */
function focusOn (id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus())
}

function TokenForm () {
  const [given, setGiven] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    keepForTab('tracking', given.trim())
    token.value = given.trim()
    // All below the title is made anew with it.
    focusOn('cameras')
  }
  return (
    <form onSubmit={submit}>
      <Field label={texts.token} hint={texts.tokenHint}>
        {control => <input {...control} type='password' autoComplete='off' value={given} onInput={event => setGiven(event.currentTarget.value)} />}
      </Field>
      <div class='actions'><button type='submit' class='main'>{texts.tokenUse}</button></div>
    </form>
  )
}

function Cameras ({ sight, onShow }: { sight: Sight, onShow: (key: string) => void }) {
  const rows = useMemo(() => [...sight.cameras.values()].sort((a, b) => nameOf(a.id).localeCompare(nameOf(b.id))), [sight])
  const part = useRef<HTMLElement>(null)
  useKeptFocus(part, 'cameras')
  return (
    <section class='cameras' ref={part}>
      <h2 id='cameras' tabIndex={-1}>{texts.cameras}</h2>
      <DataTable
        caption={texts.cameras} isCaptionHeardOnly rows={rows} rowKey={({ id }) => keyOf(id)} empty={<Empty title={texts.noCameras}><p>{texts.noCamerasCure}</p></Empty>}
        columns={[
          { key: 'camera', header: texts.camera, cell: ({ id }) => nameOf(id), sortBy: ({ id }) => nameOf(id) },
          { key: 'processor', header: texts.processor, cell: ({ since }) => since === undefined ? <State kind='off'>{texts.away}</State> : <State kind='good'>{texts.here}</State>, sortBy: ({ since }) => since ?? '' },
          { key: 'frames', header: texts.frames, isNumeric: true, cell: ({ frames }) => frames, sortBy: ({ frames }) => frames },
          { key: 'boxes', header: texts.boxes, isNumeric: true, cell: ({ frame }) => frame?.boxes.length ?? '', sortBy: ({ frame }) => frame?.boxes.length ?? 0 },
          { key: 'last', header: texts.lastFrame, cell: ({ frame }) => frame === undefined ? texts.never : <Time at={frame.at} /> },
          { key: 'actions', header: texts.actions, cell: ({ id }) => <button type='button' onClick={() => onShow(keyOf(id))}>{texts.show(nameOf(id))}</button> }
        ]}
      />
    </section>
  )
}

function Objects ({ sight, onStop, onTimeline }: { sight: Sight, onStop: (object: number) => void, onTimeline: (object: number) => void }) {
  const rows = useMemo(() => [...sight.objects.values()].sort((a, b) => a.id - b.id), [sight])
  const part = useRef<HTMLElement>(null)
  useKeptFocus(part, 'objects', ({ textContent }) => announce(texts.gone(textContent ?? '')))
  return (
    <section class='objects' ref={part}>
      <h2 id='objects' tabIndex={-1}>{texts.objects}</h2>
      <DataTable
        caption={texts.objects} isCaptionHeardOnly rows={rows} rowKey={({ id }) => String(id)} empty={<p class='empty'>{texts.noObjects}</p>}
        columns={[
          { key: 'object', header: texts.object, cell: ({ id, image }) => <>{id} {image === undefined ? null : <img class='thumbnail' src={image} alt={texts.image(id)} />}</>, sortBy: ({ id }) => id },
          { key: 'camera', header: texts.camera, cell: ({ seen }) => seen === undefined ? texts.never : nameOf(seen.camera) },
          { key: 'seen', header: texts.seen, cell: ({ seen }) => seen === undefined ? '' : <Time at={seen.at} />, sortBy: ({ seen }) => seen?.at ?? 0 },
          { key: 'sightings', header: texts.sightings, isNumeric: true, cell: ({ sightings }) => sightings, sortBy: ({ sightings }) => sightings },
          {
            key: 'actions',
            header: texts.actions,
            cell: ({ id }) => (
              <div class='actions'>
                <button type='button' onClick={() => onTimeline(id)}>{texts.timelineOf(id)}</button>
                <button type='button' onClick={() => onStop(id)}>{texts.unfollow(id)}</button>
              </div>
            )
          }
        ]}
      />
    </section>
  )
}
