// A process that records sightings of object 1, each a millisecond after the one before, writes them, and says how many are written. Between writings it
// removes the heads of files where the bytes it may keep are used up. Arguments: the folder, bytes that may be kept.
import { openTimelineFiles } from '../../../lib/tracking/timelines/files.ts'

const [folder = '', bytes = ''] = process.argv.slice(2)
const files = await openTimelineFiles({ folder, days: 0, bytes: Number(bytes) })
const [last] = (await files.read(1))?.sightings.slice(-1) ?? []
for (let at = (last?.at ?? 0) + 1; ; at++) {
  files.record([1], { at, processor: `"camera ${at}"` })
  if (at % 100 !== 0) continue
  await files.flush()
  if (at % 1000 === 0) await files.sweep()
  process.send?.(at)
}
