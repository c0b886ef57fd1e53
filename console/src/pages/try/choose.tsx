// Choosing what to send: a file, a photograph, what is dropped or pasted, a text, or an example.
import { useEffect, useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Field } from '../../components/field.tsx'
import { announce } from '../../lib/announce.ts'
import { formatBytes, formatNumber } from '../../lib/texts.ts'
import { Camera } from './camera.tsx'
import { exampleChart, examplePicture, examplePlace } from './examples.ts'
import { FaultyGraphic, pointsOf, readFile, readPlaceId, readText } from './graphic.ts'
import type { Fault, Graphic } from './graphic.ts'
import { texts } from './texts.ts'

const faults: Record<Fault, () => string> = {
  empty: () => texts.faultEmpty, 'not-json': () => texts.faultNotJson, 'no-chart': () => texts.faultNoChart, 'not-a-place': () => texts.faultNotAPlace, 'not-a-picture': () => texts.faultNotAPicture, 'too-large': () => texts.faultTooLarge, 'no-place': () => texts.faultNoPlace
}

/** The choice, with a look at what was chosen. */
export function Choose ({ graphic, onChoose }: { graphic: Graphic | undefined, onChoose: (graphic: Graphic) => void }) {
  const [error, setError] = useState<{ place: 'file' | 'text' | 'place', words: string }>()
  const [placeId, setPlaceId] = useState('')
  const [text, setText] = useState('')
  const [isOver, setOver] = useState(false)
  const take = async (place: 'file' | 'text' | 'place', read: () => Graphic | Promise<Graphic>) => {
    try {
      const found = await read()
      setError(undefined)
      onChoose(found)
      announce(texts.chosen(wordsOf(found)))
    } catch (thrown) {
      if (!(thrown instanceof FaultyGraphic)) throw thrown
      const words = `${faults[thrown.fault]()} ${thrown.more}`.trim()
      setError({ place, words })
      announce(words, { urgent: true })
    }
  }
  const takeFile = (file: File | undefined) => { if (file !== undefined) void take('file', () => readFile(file)) }
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const [file] = event.clipboardData?.files ?? []
      const pasted = event.clipboardData?.getData('text') ?? ''
      // Words go into the field that has the focus, where one can write; no field takes a picture.
      if (pasted !== '' && event.target instanceof HTMLElement && event.target.matches('input:not([type=file]), textarea')) return
      if (file !== undefined) takeFile(file)
      else if (pasted.trim() !== '') void take('text', () => readText(pasted))
    }
    document.addEventListener('paste', paste)
    return () => document.removeEventListener('paste', paste)
  }, [])

  return (
    <section aria-labelledby='try-choose'>
      <h2 id='try-choose'>{texts.choose}</h2>
      <div
        class={`drop${isOver ? ' is-over' : ''}`}
        onDragOver={event => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={event => {
          event.preventDefault()
          setOver(false)
          takeFile(event.dataTransfer?.files[0])
        }}
      >
        <Field label={texts.file} hint={texts.fileHint} error={error?.place === 'file' ? error.words : undefined}>
          {control => <input {...control} type='file' accept='image/*,.json,application/json' onChange={event => takeFile(event.currentTarget.files?.[0])} />}
        </Field>
        <Field label={texts.photograph}>
          {control => <input {...control} type='file' accept='image/*' capture='environment' onChange={event => takeFile(event.currentTarget.files?.[0])} />}
        </Field>
        <Camera onTake={picture => takeFile(picture)} />
        <Field label={texts.text} hint={texts.textHint} error={error?.place === 'text' ? error.words : undefined}>
          {control => <textarea {...control} rows={3} spellcheck={false} value={text} onInput={event => setText(event.currentTarget.value)} />}
        </Field>
        <div class='actions'>
          <button type='button' onClick={() => { void take('text', () => readText(text)) }}>{texts.useText}</button>
        </div>
        <Field label={texts.placeId} hint={texts.placeIdHint} error={error?.place === 'place' ? error.words : undefined}>
          {control => <input {...control} type='text' autoComplete='off' value={placeId} onInput={event => setPlaceId(event.currentTarget.value)} />}
        </Field>
        <div class='actions'>
          <button type='button' onClick={() => { void take('place', () => readPlaceId(placeId)) }}>{texts.usePlace}</button>
        </div>
      </div>
      <h3 id='try-examples'>{texts.examples}</h3>
      <div class='actions' role='group' aria-labelledby='try-examples'>
        <button type='button' onClick={() => { void take('file', () => examplePicture(texts.exampleNotice)) }}>{texts.examplePicture}</button>
        <button type='button' onClick={() => { void take('text', () => exampleChart(texts.exampleTitle, texts.exampleMonths.split(' '), texts.exampleUnit)) }}>{texts.exampleChart}</button>
        <button type='button' onClick={() => { void take('text', examplePlace) }}>{texts.examplePlace}</button>
      </div>
      {graphic === undefined ? null : <Preview graphic={graphic} />}
    </section>
  )
}

/** What a graphic is, in words. */
function wordsOf (graphic: Graphic): string {
  if (graphic.kind === 'picture') {
    const words = texts.isPicture(graphic.name, `${formatNumber(graphic.width)} × ${formatNumber(graphic.height)}`, formatBytes(graphic.bytes))
    return graphic.wasWider === undefined ? words : `${words}. ${texts.wasWider(formatNumber(graphic.wasWider))}`
  }
  return graphic.kind === 'chart' ? texts.isChart(graphic.name, pointsOf(graphic).length) : texts.isPlace(graphic.name)
}

function Preview ({ graphic }: { graphic: Graphic }) {
  return (
    <figure class='preview'>
      {graphic.kind === 'picture' ? <img src={graphic.address} alt={texts.previewAlt} /> : null}
      <figcaption>{wordsOf(graphic)}</figcaption>
      {graphic.kind === 'chart'
        ? (
          <details>
            <summary>{texts.points}</summary>
            <DataTable
              caption={texts.points}
              rows={pointsOf(graphic).map((point, index) => ({ ...point, index }))}
              rowKey={({ index }) => String(index)}
              columns={[
                { key: 'x', header: texts.pointX, cell: ({ x }) => x },
                { key: 'y', header: texts.pointY, cell: ({ y }) => y === null ? texts.gap : formatNumber(y, 3), isNumeric: true },
                { key: 'series', header: texts.series, cell: ({ series }) => series }
              ]}
            />
          </details>
          )
        : null}
    </figure>
  )
}
