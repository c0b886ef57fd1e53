// The picture of what a camera sees: boxes on a canvas, drawn no faster than eyes follow, and not at all while nobody can see them.
import { useEffect, useRef } from 'preact/hooks'
import type { Box, Camera } from './sight.ts'
import { texts } from './texts.ts'
import { wordsOf } from './words.ts'

const size = { width: 640, height: 360 }

/** Least time between two pictures, in milliseconds: 25 in a second. */
const pace = 40

/** The picture. @param live - the camera as it is at the moment */
export function Picture ({ label, live }: { label: string, live: () => Camera | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => canvas.current === null ? undefined : drawLive(canvas.current, live), [live])
  return <canvas ref={canvas} width={size.width} height={size.height} class='boxes' role='img' aria-label={label} />
}

/** Draws what there is now, again and again while the canvas is to be seen. @returns ends it */
function drawLive (canvas: HTMLCanvasElement, live: () => Camera | undefined): () => void {
  const context = canvas.getContext('2d')
  if (context === null) return () => {}
  let drawn: Camera['frame'] | 'nothing' = 'nothing'
  let handle: number | undefined
  let isInView = false
  let last = -Infinity

  const draw = (now: number) => {
    handle = requestAnimationFrame(draw)
    const frame = live()?.frame
    if (frame === drawn || now - last < pace) return
    // On a grid of the pace: with 60 pictures of the screen in a second, every third would be twenty only.
    last = now - last > 2 * pace ? now : now - (now - last) % pace
    drawn = frame
    drawBoxes(context, frame?.boxes ?? [])
  }
  const goOnOrRest = () => {
    const isToBeSeen = isInView && !document.hidden
    if (isToBeSeen) handle ??= requestAnimationFrame(draw)
    else if (handle !== undefined) {
      cancelAnimationFrame(handle)
      handle = undefined
    }
  }
  const observer = new IntersectionObserver(entries => {
    isInView = entries.at(-1)?.isIntersecting === true
    goOnOrRest()
  })
  observer.observe(canvas)
  document.addEventListener('visibilitychange', goOnOrRest)
  return () => {
    observer.disconnect()
    document.removeEventListener('visibilitychange', goOnOrRest)
    if (handle !== undefined) cancelAnimationFrame(handle)
  }
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
