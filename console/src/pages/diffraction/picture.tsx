// The picture of a frame, with buttons of our own, and the pixel that one asks for.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'
import { announce } from '../../lib/announce.ts'
import { ApiFailure } from '../../lib/api.ts'
import { formatNumber, language } from '../../lib/texts.ts'
import type { DeepZoom, PixelPlace } from './deep-zoom.ts'
import { drawingQuery, levelsQuery } from './drawing.ts'
import type { Drawing, Levels } from './drawing.ts'
import { wordsOf } from './failed.tsx'
import type { Place } from './place.ts'
import type { Server } from './server.ts'
import { texts } from './texts.ts'

/** What the picture is drawn of. */
export interface PictureProps {
  readonly server: Server
  readonly place: Place
  readonly size: { readonly width: number, readonly height: number } | undefined
  readonly drawing: Drawing
  /** What is marked. */
  readonly marks: readonly PixelPlace[]
  readonly onLevels: (levels: Levels) => void
  /** The picture of a frame is there. */
  readonly onShown: (place: Place) => void
  /** Goes to another frame. */
  readonly onStep: (by: number) => void
  readonly onEnd: (isFirst: boolean) => void
  /** The picture could not be had; undefined where it could. */
  readonly onFailure: (failure: ApiFailure | undefined) => void
  /** Another number has it tried again. */
  readonly attempt: number
}

/** The picture. */
export function Picture (props: PictureProps) {
  const { server, place, size, drawing, marks, attempt } = props
  const element = useRef<HTMLDivElement>(null)
  const [zoom, setZoom] = useState<DeepZoom>()
  const [pixel, setPixel] = useState({ x: 0, y: 0 })
  const [value, setValue] = useState('')
  const shown = useRef('')

  const read = async (at: PixelPlace | undefined, isSaid: boolean) => {
    if (at === undefined) return isSaid ? announce(texts.besideFrame) : undefined
    setPixel(at)
    try {
      const { count, isMasked, isOverload, d } = await server.pixel(place, at.x, at.y)
      const counted = isMasked ? texts.masked : isOverload ? texts.overloaded : texts.counts(formatNumber(count ?? 0))
      const words = texts.pixelIs(at.x, at.y, counted, d === undefined ? '' : formatNumber(d, 2))
      setValue(words)
      if (isSaid) announce(words)
    } catch (error) {
      const problem = wordsOf(asFailure(error))
      setValue(problem)
      if (isSaid) announce(problem, { urgent: true })
    }
  }
  // What was given to OpenSeadragon once finds here what holds now.
  const now = useRef({ ...props, read })
  now.current = { ...props, read }

  useEffect(() => {
    let isGone = false
    let opened: DeepZoom | undefined
    import('./deep-zoom.ts').then(({ openDeepZoom }) => {
      if (isGone || element.current === null) return
      const deepZoom = openDeepZoom(element.current, server.headers, {
        onRest: at => { void now.current.read(at, false) },
        onKey (key) {
          const { onEnd, onStep, read } = now.current
          if (key === 'Enter') void read(deepZoom.middle(), true)
          else if (key === 'PageUp' || key === 'PageDown') onStep(key === 'PageUp' ? -1 : 1)
          else if (key === 'Home' || key === 'End') onEnd(key === 'Home')
          else return false
          return true
        }
      })
      opened = deepZoom
      setZoom(deepZoom)
    }, () => now.current.onFailure(new ApiFailure(0, '')))
    return () => {
      isGone = true
      opened?.close()
    }
  }, [server])

  useEffect(() => zoom?.label(texts.pictureLabel), [zoom, language.value])

  const key = `${place.file} ${place.frame}`
  // The levels by hand are part of the query; those found belong to the frame.
  const wanted = JSON.stringify(drawing.levels === 'manual' ? drawing : { ...drawing, black: 0, white: 0 })
  useEffect(() => {
    if (zoom === undefined) return
    const controller = new AbortController()
    const { signal } = controller
    const run = async () => {
      const levels = drawing.levels === 'manual' ? undefined : await server.levels(place, levelsQuery(drawing), signal)
      const information = await server.information(place, signal)
      if (signal.aborted) return
      if (levels !== undefined) now.current.onLevels(levels)
      await zoom.show(information, drawingQuery(drawing, levels), shown.current === place.file)
      if (signal.aborted) return
      zoom.mark(now.current.marks)
      now.current.onFailure(undefined)
      shown.current = place.file
      now.current.onShown(place)
    }
    run().catch((error: unknown) => {
      if (signal.aborted) return
      now.current.onFailure(asFailure(error))
      announce(wordsOf(asFailure(error)), { urgent: true })
    })
    return () => controller.abort()
  }, [zoom, key, wanted, attempt])

  useEffect(() => zoom?.mark(marks), [zoom, marks])

  const coordinate = (name: 'x' | 'y', length: number | undefined) => (
    <Field label={name === 'x' ? texts.column : texts.row}>
      {control => <input {...control} type='number' min='0' step='1' max={length === undefined ? undefined : length - 1} value={pixel[name]} onInput={event => setPixel({ ...pixel, [name]: Math.max(0, Math.round(event.currentTarget.valueAsNumber || 0)) })} />}
    </Field>
  )
  return (
    <>
      <div class='actions' role='group' aria-label={texts.part}>
        <button type='button' onClick={() => zoom?.zoom(2)}>{texts.zoomIn}</button>
        <button type='button' onClick={() => zoom?.zoom(0.5)}>{texts.zoomOut}</button>
        <button type='button' onClick={() => zoom?.goHome()}>{texts.whole}</button>
      </div>
      <div class='diffraction-picture' ref={element} role='group' aria-label={texts.picture} />
      <form class='pixel' aria-label={texts.onePixel} onSubmit={event => { event.preventDefault(); void read(pixel, true) }} noValidate>
        <div class='field-row'>
          {coordinate('x', size?.width)}
          {coordinate('y', size?.height)}
          <div class='actions'><button type='submit'>{texts.readPixel}</button></div>
        </div>
        <p class='pixel-value'>{value === '' ? texts.noPixel : value}</p>
      </form>
    </>
  )
}

function asFailure (error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(500, error instanceof Error ? error.message : '')
}
