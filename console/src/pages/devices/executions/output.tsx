// A file that came out: to be saved, and where a browser can show it, shown.
import { useEffect, useState } from 'preact/hooks'
import { Failed } from '../../../components/loaded.tsx'
import { announce } from '../../../lib/announce.ts'
import { failureOf, fetchFromServer } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { save } from '../../../lib/save.ts'
import { formatBytes } from '../../../lib/texts.ts'
import { failureFrom } from '../failure.tsx'
import { texts } from './texts.ts'

/** Bytes of a file that is shown without being asked for, and characters of a text. */
const mostShown = 5_000_000
const mostText = 20_000

/** What a file can be shown as. Types that a browser would run are none of them: a picture is drawn from its bytes, and a text is only ever text. */
function kindOf (mediaType: string): 'picture' | 'sound' | 'text' | undefined {
  if (/^image\/(?:png|jpeg|webp|gif|bmp|avif|svg\+xml)$/.test(mediaType)) return 'picture'
  if (/^audio\//.test(mediaType)) return 'sound'
  return /^text\/|^application\/(?:.*\+)?json$/.test(mediaType) ? 'text' : undefined
}

/** The file. @param path - where it is on the server */
export function Output ({ path, name, file: { mediaType, size, originalName } }: { path: string, name: string, file: { mediaType: string, size: number, originalName: string } }) {
  const kind = size > mostShown ? undefined : kindOf(mediaType)
  const content = useResource(async signal => kind === undefined ? undefined : await fetchFile(path, signal), [path, kind])
  const download = () => {
    fetchFile(path).then(blob => {
      save(originalName === '' ? name : originalName, blob)
      announce(texts.saved)
    }, error => announce(texts.notSaved(failureFrom(error).message), { urgent: true }))
  }
  return (
    <div class='card'>
      <h4>{name}</h4>
      <p>{texts.fileIs(mediaType, formatBytes(size))}</p>
      {content.failure === undefined ? null : <Failed failure={content.failure} onRetry={() => content.reload()} />}
      {content.data === undefined ? null : <Shown kind={kind} name={name} mediaType={mediaType} content={content.data} />}
      <div class='actions'><button type='button' onClick={() => download()}>{texts.save(name)}</button></div>
    </div>
  )
}

function Shown ({ kind, name, mediaType, content }: { kind: ReturnType<typeof kindOf>, name: string, mediaType: string, content: Blob }) {
  const [address, setAddress] = useState<string>()
  const [text, setText] = useState<string>()
  useEffect(() => {
    if (kind === 'text') {
      let isWanted = true
      content.text().then(all => { if (isWanted) setText(all) }, () => {})
      return () => { isWanted = false }
    }
    const url = URL.createObjectURL(new Blob([content], { type: mediaType }))
    setAddress(url)
    return () => URL.revokeObjectURL(url)
  }, [content, kind, mediaType])
  if (kind === 'text') return text === undefined ? null : <><pre tabIndex={0} role='region' aria-label={texts.contentOf(name)}>{text.slice(0, mostText)}</pre>{text.length > mostText ? <p>{texts.cut(mostText)}</p> : null}</>
  if (address === undefined) return null
  return kind === 'picture' ? <img src={address} alt={texts.pictureOf(name)} /> : <audio controls src={address} aria-label={name} />
}

async function fetchFile (path: string, signal?: AbortSignal): Promise<Blob> {
  const response = await fetchFromServer(path, signal === undefined ? {} : { signal })
  if (!response.ok) throw failureOf(response.status, await response.json().catch(() => undefined))
  return await response.blob()
}
