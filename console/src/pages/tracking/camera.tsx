// What one camera sees now: boxes drawn on a canvas, and a table that says the same.
import { useEffect, useRef } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { formatNumber } from '../../lib/texts.ts'
import { placeOf } from './sight.ts'
import type { Box, Camera } from './sight.ts'
import { texts } from './texts.ts'

const size = { width: 640, height: 360 }

/** Words for a camera. */
export function nameOf (id: Camera['id']): string {
  return id === null ? texts.unnamed : String(id)
}

/** Most characters that are shown of a value. */
const longest = 60

/** Words for a value of a box. */
function wordsOf (value: unknown): string {
  const words = value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return words.length > longest ? `${words.slice(0, longest)}…` : words
}

/** A camera. @param live - the camera as it is at the moment, for the picture; the table shows `camera`, which changes more slowly */
export function CameraView ({ camera, live, onFollow, onStop }: { camera: Camera, live: () => Camera | undefined, onFollow: (frame: string, box: Box) => void, onStop: (object: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let drawn: unknown
    let handle = 0
    const draw = () => {
      handle = requestAnimationFrame(draw)
      const frame = live()?.frame
      const context = canvas.current?.getContext('2d')
      if (frame === drawn || context === null || context === undefined) return
      drawn = frame
      drawBoxes(context, frame?.boxes ?? [])
    }
    draw()
    return () => cancelAnimationFrame(handle)
  }, [live])
  const { frame } = camera
  const boxes = frame?.boxes ?? []
  const name = nameOf(camera.id)
  return (
    <section class='camera'>
      <h2 id='camera' tabIndex={-1}>{texts.shown(name)}</h2>
      <canvas ref={canvas} width={size.width} height={size.height} class='boxes' role='img' aria-label={texts.picture(name, boxes.length)} />
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

function drawBoxes (context: CanvasRenderingContext2D, boxes: readonly Box[]): void {
  const { canvas } = context
  context.fillStyle = '#101418'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.font = '16px sans-serif'
  context.lineWidth = 3
  for (const box of boxes) {
    if (box.rect?.length !== 4) continue
    const [left = 0, top = 0, right = 0, bottom = 0] = box.rect
    const isFollowed = typeof box.objectId === 'number'
    context.strokeStyle = context.fillStyle = isFollowed ? '#ffd24d' : '#8fd3ff'
    context.setLineDash(isFollowed ? [] : [8, 5])
    context.strokeRect(left * canvas.width, top * canvas.height, (right - left) * canvas.width, (bottom - top) * canvas.height)
    context.fillText(isFollowed ? `${texts.object} ${String(box.objectId)}` : wordsOf(box.objectType), left * canvas.width + 4, Math.max(16, top * canvas.height - 6))
  }
}
