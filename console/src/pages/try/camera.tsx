// Taking a photograph with the camera of this machine, where the browser can use one.
import { useEffect, useRef, useState } from 'preact/hooks'
import { announce } from '../../lib/announce.ts'
import { texts } from './texts.ts'

/** What a camera could not be used for, by the name of the browser's error: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
const causes: Readonly<Record<string, () => string>> = { NotAllowedError: () => texts.cameraForbidden, NotFoundError: () => texts.cameraMissing, NotReadableError: () => texts.cameraBusy }

/** A button that turns the camera on, what it sees, and buttons that take a picture or turn it off. The browser has no camera for pages that came neither by TLS nor from this machine. */
export function Camera ({ onTake }: { onTake: (picture: File) => void }) {
  const [stream, setStream] = useState<MediaStream>()
  const [error, setError] = useState('')
  const video = useRef<HTMLVideoElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const taker = useRef<HTMLButtonElement>(null)
  const held = useRef<MediaStream>()
  const isAsking = useRef(false)
  const isGone = useRef(false)
  useEffect(() => () => {
    isGone.current = true
    stop(held.current)
  }, [])
  useEffect(() => {
    held.current = stream
    if (stream === undefined || video.current === null) return
    video.current.srcObject = stream
    taker.current?.focus()
  }, [stream])
  if (!('mediaDevices' in navigator)) return null

  const fail = (words: string) => {
    setError(words)
    announce(words, { urgent: true })
  }
  const begin = async () => {
    // Each time the browser is asked it gives a camera, and only the last would be turned off.
    if (isAsking.current) return
    isAsking.current = true
    setError('')
    try {
      const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } } })
      // Whoever is asked may answer when the page has been left.
      if (isGone.current) return stop(found)
      found.getVideoTracks()[0]?.addEventListener('ended', () => {
        if (held.current !== found) return
        end(found)
        fail(texts.cameraGone)
      })
      setStream(found)
      announce(texts.cameraIsOn)
    } catch (thrown) {
      if (!isGone.current) fail((causes[(thrown as Error).name] ?? (() => texts.cameraFailed))())
    } finally {
      isAsking.current = false
    }
  }
  const end = (ending: MediaStream | undefined) => {
    // Its button comes back in place of those that go; who is elsewhere on the page stays there.
    const { activeElement } = document
    const isHere = activeElement === document.body || frame.current?.contains(activeElement) === true
    stop(ending)
    setStream(undefined)
    if (isHere) requestAnimationFrame(() => opener.current?.focus())
  }
  const take = () => {
    const { current } = video
    if (current === null || current.videoWidth === 0) return announce(texts.cameraNotYet, { urgent: true })
    const canvas = document.createElement('canvas')
    canvas.width = current.videoWidth
    canvas.height = current.videoHeight
    canvas.getContext('2d')?.drawImage(current, 0, 0)
    canvas.toBlob(picture => {
      if (picture !== null) onTake(new File([picture], texts.photographName, { type: 'image/jpeg' }))
      end(stream)
    }, 'image/jpeg', 0.9)
  }
  return (
    <>
      {stream === undefined
        ? <div class='actions'><button type='button' ref={opener} aria-describedby={error === '' ? undefined : 'try-camera-error'} onClick={() => { void begin() }}>{texts.useCamera}</button></div>
        : (
          <div class='card' ref={frame}>
            <video ref={video} class='viewfinder' autoPlay muted playsInline aria-label={texts.cameraSees} />
            <div class='actions'>
              <button type='button' class='main' ref={taker} onClick={() => take()}>{texts.takePicture}</button>
              <button
                type='button' onClick={() => {
                  end(stream)
                  announce(texts.cameraIsOff)
                }}
              >{texts.cameraOff}
              </button>
            </div>
          </div>
          )}
      {error === '' ? null : <p class='error' id='try-camera-error'>{error}</p>}
    </>
  )
}

function stop (stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}
