// Lays drawings out beside the page, so that it stays quick meanwhile.
import { layOut } from './layout.ts'
import type { Drawing } from './layout.ts'

addEventListener('message', ({ data }: MessageEvent<{ number: number, drawing: Drawing }>) => {
  postMessage({ number: data.number, placed: layOut(data.drawing) })
})
