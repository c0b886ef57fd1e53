// What handlers have made: text to read, sound to hear, drawings to feel; anything else as the server sent it.
import { useMemo, useRef } from 'preact/hooks'
import { formatDuration } from '../../lib/texts.ts'
import { save } from '../../lib/save.ts'
import { layersOf, readDrawing, sheets, sized } from './tactile.ts'
import { texts } from './texts.ts'
import type { Rendering, Trial } from './trial.ts'

/** All renderings of a trial, each under its description. */
export function Results ({ trial: { renderings, request } }: { trial: Trial }) {
  const language = typeof request.language === 'string' ? request.language : undefined
  return (
    <>
      {renderings.map((rendering, index) => (
        <article key={index} class='result' aria-labelledby={`try-result-${index}`}>
          <h3 id={`try-result-${index}`} lang={language}>{rendering.description}</h3>
          <Content rendering={rendering} language={language} />
        </article>
      ))}
    </>
  )
}

function Content ({ rendering: { description, data }, language }: { rendering: Rendering, language: string | undefined }) {
  const { text, audio, audioFile, audioInfo, graphic, layers } = data
  if (typeof text === 'string') return <p class='said' lang={language}>{plain(text)}</p>
  const sound = audio ?? audioFile
  if (typeof sound === 'string' && sound.startsWith('data:audio/')) return <Sound address={sound} name={description} parts={partsOf(audioInfo)} />
  if (typeof graphic === 'string' && graphic.startsWith('data:image/')) return <Drawing address={graphic} name={description} />
  if (Array.isArray(layers)) {
    return (
      <ol>
        {(layers as Array<Record<string, unknown>>).filter(({ svg }) => typeof svg === 'string' && svg.startsWith('data:image/')).map(({ label, svg }, index) => (
          <li key={index}><h4 lang={language}>{String(label)}</h4><Drawing address={String(svg)} name={String(label)} /></li>
        ))}
      </ol>
    )
  }
  const json = JSON.stringify(data, null, 2)
  return (
    <>
      <p>{texts.unknownKind}</p>
      <pre tabIndex={0} role='region' aria-label={description}>{json.slice(0, 20_000)}</pre>
      <button type='button' onClick={() => save('rendering.json', new Blob([json], { type: 'application/json' }))}>{texts.saveJson}</button>
    </>
  )
}

/** Marks of simple HTML that an answer may hold; only where a text has no others is it taken for HTML at all. */
const mark = /<\/?(?:p|br|b|i|u|em|strong|span|div|ul|ol|li|h[1-6])\s*\/?>/gi

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** Simple HTML as words, which a reader would spell out otherwise. Anything else is the text that it is: nothing that others say is ever parsed. */
function plain (text: string): string {
  if (text.search(mark) === -1 && !/&[a-z]+;/i.test(text)) return text
  return text.replaceAll(mark, sign => /^<\/?(?:b|i|u|em|strong|span)\b/i.test(sign) ? '' : '\n').replaceAll(/&([a-z]+);/gi, (whole, name: string) => named[name.toLowerCase()] ?? whole).trim()
}

interface Part { name: string, offset: number, duration: number }

function partsOf (info: unknown): Part[] {
  if (!Array.isArray(info)) return []
  return (info as Array<Record<string, unknown>>).slice(0, 500).map(({ name, offset, duration }) => ({ name: String(name), offset: Number(offset) || 0, duration: Number(duration) || 0 }))
}

function Sound ({ address, name, parts }: { address: string, name: string, parts: readonly Part[] }) {
  const player = useRef<HTMLAudioElement>(null)
  const playing = useRef<{ from: number, until: number }>()
  const playPart = ({ offset, duration }: Part) => {
    const { current } = player
    if (current === null) return
    playing.current = { from: offset, until: offset + duration }
    current.currentTime = offset
    // Paused before it began is no failure, and what cannot be played the player itself says.
    current.play().catch(() => {})
  }
  return (
    <>
      <audio
        ref={player} controls src={address} aria-label={name} onTimeUpdate={event => {
          if (playing.current === undefined || event.currentTarget.currentTime < playing.current.until) return
          playing.current = undefined
          event.currentTarget.pause()
        }}
        // Who pauses, or goes elsewhere, has left the part: the sound is no longer to end with it.
        onPause={event => { if (event.currentTarget.paused) playing.current = undefined }}
        onSeeking={event => {
          const { current } = playing
          const { currentTime } = event.currentTarget
          // Players come to a place but nearly.
          if (current !== undefined && (currentTime < current.from - 0.05 || currentTime > current.until)) playing.current = undefined
        }}
      />
      {parts.length === 0 ? null : <ol>{parts.map((part, index) => <li key={index}><button type='button' onClick={() => playPart(part)}>{part.name} ({formatDuration(part.duration * 1000)})</button></li>)}</ol>}
      <p><a href={address} download={`sound.${extensionOf(address)}`}>{texts.saveSound}</a></p>
    </>
  )
}

/** How the name of a file of that type ends: mp3 for data:audio/mpeg. */
function extensionOf (address: string): string {
  const [, type = 'wav'] = /^data:audio\/(?:x-)?(\w+)/.exec(address) ?? []
  return type === 'mpeg' ? 'mp3' : type
}

function Drawing ({ address, name }: { address: string, name: string }) {
  const drawing = useMemo(() => readDrawing(address), [address])
  const layers = drawing === undefined ? [] : layersOf(drawing)
  const names = { a4: texts.a4, letter: texts.letter, braille: texts.braille }
  return (
    <>
      <img src={address} alt={texts.drawingAlt(name)} />
      {layers.length === 0 ? null : <><h4>{texts.layers}</h4><ul>{layers.map(layer => <li key={layer}>{layer}</li>)}</ul></>}
      {drawing === undefined
        ? null
        : (
          <div class='actions' role='group' aria-label={texts.print}>
            {(Object.keys(sheets) as Array<keyof typeof sheets>).map(sheet => <button key={sheet} type='button' onClick={() => save(`drawing-${sheet}.svg`, sized(drawing, sheets[sheet]))}>{texts.saveDrawing(names[sheet])}</button>)}
          </div>
          )}
    </>
  )
}
