// X-ray diffraction frames: whose, which file, which frame, and everything in it as a picture and in words.
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Waiting } from '../../components/loaded.tsx'
import { Page } from '../../components/page.tsx'
import { Empty } from '../../components/problem.tsx'
import { announce } from '../../lib/announce.ts'
import { useResource } from '../../lib/resource.ts'
import './diffraction.css'
import { DiffractionFailed } from './failed.tsx'
import { Files } from './files.tsx'
import { Frame } from './frame.tsx'
import { readPlace, writePlace } from './place.ts'
import type { Place } from './place.ts'
import { hasModule, openServer } from './server.ts'
import { SessionForm } from './session-form.tsx'
import { enter, session } from './session.ts'
import type { DiffractionSession } from './session.ts'
import { texts } from './texts.ts'

/** The page. */
export default function Diffraction () {
  const module = useResource(hasModule, [])
  const [place, setPlace] = usePlace()
  const { data: isOn, failure, reload } = module
  const current = session.value
  return (
    <Page title={texts.title} lead={texts.lead}>
      {isOn === undefined
        ? failure === undefined ? <Waiting /> : <DiffractionFailed failure={failure} onRetry={reload} />
        : !isOn
            ? <Empty title={texts.isOff}><p>{texts.switchOn} <code>MODULES=diffraction</code></p></Empty>
            : current === undefined
              ? <SessionForm esaf={place?.esaf} />
              : <Open key={`${current.esaf} ${current.token}`} session={current} place={place} setPlace={setPlace} />}
    </Page>
  )
}

function Open ({ session, place, setPlace }: { session: DiffractionSession, place: Place | undefined, setPlace: (place: Place | undefined) => void }) {
  const { esaf } = session
  const server = useMemo(() => openServer(session), [session])
  const shown = place?.esaf === esaf ? place : undefined
  const open = useCallback((file: string) => {
    setPlace({ esaf, file, frame: 1 })
    // Whoever has chosen a file goes on there.
    requestAnimationFrame(() => document.getElementById('frame-title')?.focus())
  }, [esaf])
  const go = useCallback((frame: number) => { if (shown !== undefined) setPlace({ ...shown, frame }) }, [shown])
  const leave = () => {
    enter(undefined)
    announce(texts.signedOut)
    document.querySelector('h1')?.focus()
  }
  return (
    <>
      <div class='actions'><span>{texts.signedInFor(esaf)}</span> <button type='button' onClick={leave}>{texts.leave}</button></div>
      {place !== undefined && shown === undefined ? <p class='stale'>{texts.otherEsaf(place.esaf)}</p> : null}
      <Files server={server} file={shown?.file ?? ''} onOpen={open} />
      {shown === undefined ? <p>{texts.noFrame}</p> : <Frame server={server} place={shown} onFrame={go} />}
    </>
  )
}

/** The frame that the address names, and how to name another. */
function usePlace (): [place: Place | undefined, setPlace: (place: Place | undefined) => void] {
  const [place, setPlace] = useState(() => readPlace(location))
  const name = useCallback((place: Place | undefined) => {
    const url = new URL(location.href)
    url.search = ''
    url.hash = place === undefined ? '#/diffraction' : writePlace(place)
    history.replaceState(null, '', url)
    setPlace(place)
  }, [])
  useEffect(() => {
    // /diffraction/viewer leads here with a query.
    if (readPlace({ hash: '', search: location.search }) !== undefined) name(place)
    const read = () => { if (location.hash.startsWith('#/diffraction')) setPlace(readPlace(location)) }
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return [place, name]
}
