// One frame of a file: which, how it is drawn, its picture, what is in it, what the file says of it.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { Field, Toggle } from '../../components/field.tsx'
import { announce } from '../../lib/announce.ts'
import type { ApiFailure } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { usualDrawing } from './drawing.ts'
import type { Levels } from './drawing.ts'
import { DrawingForm } from './drawing-form.tsx'
import { DiffractionFailed } from './failed.tsx'
import { find, Found } from './found.tsx'
import { Headers } from './headers.tsx'
import { NumberField } from './number-field.tsx'
import { Picture } from './picture.tsx'
import type { Place } from './place.ts'
import type { Server } from './server.ts'
import { Share } from './share.tsx'
import { texts } from './texts.ts'

/** Milliseconds from one frame to the next while they play, at least. */
const pace = 400

const none: readonly never[] = []

/** The frame. @param onFrame - goes to another frame of the file */
export function Frame ({ server, place, onFrame }: { server: Server, place: Place, onFrame: (frame: number) => void }) {
  const { file, frame } = place
  const [drawing, setDrawing] = useState(usualDrawing)
  const [levels, setLevels] = useState<Levels>()
  const [hasSpots, setSpots] = useState(false)
  const [isPlaying, setPlaying] = useState(false)
  const [shown, setShown] = useState<Place>()
  const heading = useRef<HTMLHeadingElement>(null)
  const described = useResource(signal => server.describe(place, signal), [server, file, frame])
  const { reload } = described
  const [pictureFailure, setPictureFailure] = useState<ApiFailure>()
  const [attempt, setAttempt] = useState(0)
  const failure = described.failure ?? pictureFailure
  const retry = () => {
    // The button goes away with the failure.
    heading.current?.focus()
    setPictureFailure(undefined)
    setAttempt(attempt + 1)
    if (described.failure !== undefined) reload()
  }
  // While one frame follows another, what is known of the file stays.
  const last = useRef({ file, data: described.data })
  if (last.current.file !== file) last.current = { file, data: undefined }
  if (described.data !== undefined) last.current.data = described.data
  const known = last.current.data
  const frames = known?.description.frames ?? 1
  const size = known?.description
  const isShown = shown !== undefined && shown.file === file && shown.frame === frame
  const findings = useResource(async signal => isShown && !isPlaying ? await find(server, place, signal) : undefined, [server, file, frame, isShown, isPlaying])
  const spots = hasSpots ? findings.data?.spots.spots ?? none : none

  useEffect(() => {
    if (shown !== undefined && size !== undefined && isShown && !isPlaying) announce(texts.frameIs(frame, frames, file, size.width, size.height))
  }, [shown, isPlaying, known === undefined])
  const foundNumber = findings.data?.spots.found
  useEffect(() => { if (foundNumber !== undefined) announce(texts.spotsFound(foundNumber)) }, [foundNumber, frame])

  const go = useCallback((wanted: number) => {
    if (wanted < 1 || wanted > frames) announce(texts.framesAre(frames), { urgent: true })
    else if (wanted !== frame) onFrame(wanted)
  }, [frame, frames, onFrame])
  useEffect(() => {
    if (!isPlaying || !isShown) return
    if (frame >= frames) return setPlaying(false)
    const timer = setTimeout(() => onFrame(frame + 1), pace)
    return () => clearTimeout(timer)
  }, [isPlaying, isShown, frame, frames])

  return (
    <>
      <section aria-labelledby='frame-title'>
        <h2 id='frame-title' tabIndex={-1} ref={heading}>{texts.frame}</h2>
        <p class='frame-status'>{isShown && size !== undefined ? texts.frameIs(frame, frames, file, size.width, size.height) : texts.opening(frame, file)}</p>
        {failure === undefined ? null : <DiffractionFailed failure={failure} onRetry={retry} />}
        <FrameForm frame={frame} frames={frames} isPlaying={isPlaying} onFrame={go} onPlay={setPlaying} />
        <DrawingForm drawing={drawing} levels={levels} onChange={setDrawing} hasSpots={hasSpots} onSpots={setSpots} />
        <Picture
          server={server} place={place} size={size} drawing={drawing} marks={spots} attempt={attempt}
          onFailure={setPictureFailure} onLevels={setLevels} onShown={setShown} onStep={by => go(frame + by)} onEnd={isFirst => go(isFirst ? 1 : frames)}
        />
      </section>
      <Found findings={findings} size={size} isPlaying={isPlaying} />
      {known === undefined ? null : <Headers metadata={known.metadata} units={known.units} />}
      <Share server={server} place={place} drawing={drawing} levels={levels} />
    </>
  )
}

function FrameForm ({ frame, frames, isPlaying, onFrame, onPlay }: { frame: number, frames: number, isPlaying: boolean, onFrame: (frame: number) => void, onPlay: (isPlaying: boolean) => void }) {
  return (
    <form aria-label={texts.chooseFrame} onSubmit={event => event.preventDefault()}>
      <fieldset>
        <legend>{texts.chooseFrame}</legend>
        <Field label={texts.slider} hint={texts.keysHint}>
          {control => <input {...control} type='range' min='1' max={frames} value={frame} aria-valuetext={texts.frameOf(frame, frames)} onChange={event => onFrame(event.currentTarget.valueAsNumber)} />}
        </Field>
        <div class='field-row'>
          <NumberField label={texts.number} min={1} max={frames} value={frame} onChange={value => onFrame(Math.round(value))} />
          <div class='actions'>
            <button type='button' onClick={() => onFrame(frame - 1)}>{texts.previous}</button>
            <button type='button' onClick={() => onFrame(frame + 1)}>{texts.next}</button>
          </div>
        </div>
        <Toggle label={texts.play} isOn={isPlaying} onChange={onPlay} />
      </fieldset>
    </form>
  )
}
