// What one camera sees now: boxes drawn on a canvas, and a table that says the same.
import { useRef } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { announce } from '../../lib/announce.ts'
import { formatNumber } from '../../lib/texts.ts'
import { useKeptFocus } from './kept-focus.ts'
import { Picture } from './picture.tsx'
import { placeOf } from './sight.ts'
import type { Box, Camera } from './sight.ts'
import { texts } from './texts.ts'
import { nameOf, wordsOf } from './words.ts'

/** A camera. @param live - the camera as it is at the moment, for the picture; the table shows `camera`, which changes more slowly */
export function CameraView ({ camera, live, onFollow, onStop }: { camera: Camera, live: () => Camera | undefined, onFollow: (frame: string, box: Box) => void, onStop: (object: number) => void }) {
  const part = useRef<HTMLElement>(null)
  useKeptFocus(part, 'camera', ({ textContent }) => announce(texts.gone(textContent ?? '')))
  const { frame } = camera
  const boxes = frame?.boxes ?? []
  const name = nameOf(camera.id)
  return (
    <section class='camera' ref={part}>
      <h2 id='camera' tabIndex={-1}>{texts.shown(name)}</h2>
      <Picture label={texts.picture(name, boxes.length)} live={live} />
      <DataTable
        caption={texts.inFrame(name, boxes.length)} rows={boxes.map((box, index) => ({ box, index }))} rowKey={({ box, index }) => box.boxId === undefined ? `#${index}` : wordsOf(box.boxId)}
        empty={<p class='empty'>{texts.nothing}</p>}
        columns={[
          { key: 'box', header: texts.box, cell: ({ box }) => wordsOf(box.boxId) },
          { key: 'kind', header: texts.kind, cell: ({ box }) => wordsOf(box.objectType) },
          { key: 'place', header: texts.place, cell: ({ box }) => <Place box={box} /> },
          { key: 'certainty', header: texts.certainty, isNumeric: true, cell: ({ box }) => typeof box.certainty === 'number' ? `${formatNumber(100 * box.certainty)} %` : '' },
          { key: 'object', header: texts.object, cell: ({ box }) => typeof box.objectId === 'number' ? box.objectId : texts.notFollowed },
          {
            key: 'actions',
            header: texts.actions,
            cell: ({ box }) => {
              const { objectId } = box
              if (typeof objectId === 'number') return <button type='button' onClick={() => onStop(objectId)}>{texts.unfollow(objectId)}</button>
              return box.boxId === undefined ? '' : <button type='button' onClick={() => onFollow(frame?.id ?? '', box)}>{texts.follow(wordsOf(box.boxId))}</button>
            }
          }
        ]}
      />
    </section>
  )
}

function Place ({ box }: { box: Box }) {
  const place = placeOf(box)
  if (place === undefined) return <>{texts.unknown}</>
  return <>{texts.at(texts.rows(place.row), texts.columns(place.column), `${formatNumber(100 * place.share)} %`)}</>
}
