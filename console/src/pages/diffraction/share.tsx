// Passing a frame on: a link that needs no session, and files.
import { useEffect, useState } from 'preact/hooks'
import { Field, Select } from '../../components/field.tsx'
import { Copy, Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { address, ApiFailure } from '../../lib/api.ts'
import { drawingQuery } from './drawing.ts'
import type { Drawing, Levels } from './drawing.ts'
import { DiffractionFailed, wordsOf } from './failed.tsx'
import type { Place } from './place.ts'
import type { Server } from './server.ts'
import { texts } from './texts.ts'

const lifetimes = { 3600: () => texts.oneHour, 86400: () => texts.oneDay, 604800: () => texts.oneWeek }
const formats = { jpg: () => texts.jpeg, png: () => texts.png, raw: () => texts.raw }

/** Links and files. */
export function Share ({ server, place, drawing, levels }: { server: Server, place: Place, drawing: Drawing, levels: Levels | undefined }) {
  const [seconds, setSeconds] = useState('3600')
  const [format, setFormat] = useState<keyof typeof formats>('jpg')
  const [link, setLink] = useState<Awaited<ReturnType<Server['link']>>>()
  const [failure, setFailure] = useState<ApiFailure>()
  const { file, frame } = place
  const query = drawingQuery(drawing, levels)
  useEffect(() => setLink(undefined), [file, frame])

  const attempt = async (work: () => Promise<void>) => {
    setFailure(undefined)
    try {
      await work()
    } catch (error) {
      const problem = error instanceof ApiFailure ? error : new ApiFailure(500, '')
      setFailure(problem)
      announce(wordsOf(problem), { urgent: true })
    }
  }
  const makeLink = () => attempt(async () => {
    setLink(await server.link(place, Number(seconds)))
    announce(texts.linkMade)
  })
  const download = () => attempt(async () => {
    announce(texts.downloading)
    const response = await server.picture(place, format, query)
    const measures = format === 'raw' ? `-${response.headers.get('diffraction-size') ?? ''}-${response.headers.get('diffraction-depth') ?? ''}` : ''
    const url = URL.createObjectURL(await response.blob())
    const name = (file.split('/').at(-1) ?? '').replace(/\.\w+$/, '')
    Object.assign(document.createElement('a'), { href: url, download: `${name}-${frame}${measures}.${format}` }).click()
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
    announce(texts.downloaded)
  })
  return (
    <section aria-labelledby='share-title'>
      <h2 id='share-title'>{texts.share}</h2>
      {failure === undefined ? null : <DiffractionFailed failure={failure} />}
      <form aria-label={texts.download} onSubmit={event => { event.preventDefault(); void download() }}>
        <div class='field-row'>
          <Select label={texts.format} hint={texts.formatHint} value={format} options={Object.entries(formats).map(([value, name]) => ({ value, label: name() }))} onChange={value => setFormat(value as keyof typeof formats)} />
          <div class='actions'><button type='submit'>{texts.download}</button></div>
        </div>
      </form>
      <form aria-label={texts.link} onSubmit={event => { event.preventDefault(); void makeLink() }}>
        <div class='field-row'>
          <Select label={texts.lifetime} hint={texts.lifetimeHint} value={seconds} options={Object.entries(lifetimes).map(([value, name]) => ({ value, label: name() }))} onChange={setSeconds} />
          <div class='actions'><button type='submit'>{texts.makeLink}</button></div>
        </div>
      </form>
      {link === undefined
        ? null
        : (
          <>
            <Address label={texts.linkPicture} text={address(`/iiif/3/${link.id}/full/!1024,1024/0/default.jpg?${query}`)} />
            <Address label={texts.linkZoom} text={address(link.path)} />
            <p>{texts.ends} <Time at={link.expires} /></p>
          </>
          )}
    </section>
  )
}

function Address ({ label, text }: { label: string, text: string }) {
  return (
    <div class='address'>
      <Field label={label}>{control => <input {...control} class='path' readOnly value={text} />}</Field>
      <div class='actions'><Copy text={text} label={texts.copy(label)} /></div>
    </div>
  )
}
