// Has a reduced frame drawn by as many threads as are quickest.
import { release } from '../../release.ts'
import { joinJpegs, rowsOfShares } from '../pixels/jpeg-shares.ts'
import type { Errands } from './errand.ts'
import type { Bounds, Threads } from './threads.ts'

/** Fewest pixels that are worth a thread of their own: to write them takes milliseconds, to send for them a fraction of one. */
const fewestPixels = 250_000

/** Draws a reduced frame; all threads have a share in a large JPEG. The file is the same whatever else threads do. */
export async function drawShared (threads: Threads, ask: Omit<Errands['draw']['ask'], 'rows'>, bounds: Bounds): Promise<Errands['draw']['result']> {
  const { drawing, reduced } = ask
  const rows = rowsOfShares(reduced, drawing, threads.sharesOf(reduced.width * reduced.height, fewestPixels))
  const parts = await threads.sendShares('draw', rows.length, share => ({ ...ask, rows: rows[share]! }), bounds)
  const first = parts[0]!
  if (parts.length === 1) return first
  const bytes = joinJpegs(parts.map(({ bytes }) => bytes))
  for (const part of parts) release(part.bytes)
  return { ...first, bytes, height: reduced.height }
}
