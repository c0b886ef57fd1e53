// Files of frames, damaged: each is read, or refused by a code that says what is wrong with it, within 2 s, and nothing of it stays behind.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { figure, sized } from '../long.ts'
import { filesOf, fuzzedFormats } from './frame-files.ts'
import type { FuzzedFormat } from './frame-files.ts'
import type { ReaderResult, ReaderWork } from './frame-reader.ts'

const cases: Record<FuzzedFormat, number> = { cbf: sized(400, 200_000), tiff: sized(400, 200_000), marccd: sized(200, 200_000), smv: sized(200, 200_000), hdf5: sized(200, 200_000) }

/** Processor time that one file may take, in milliseconds; and time after which a thread has hung, however busy the machine is. */
const longest = 2000
const hung = 30_000

/** Reads damaged files in a thread, which is ended where it hangs. */
async function read (work: Omit<ReaderWork, 'progress'>): Promise<ReaderResult> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const thread = new Worker(new URL('frame-reader.ts', import.meta.url), { workerData: { ...work, progress } satisfies ReaderWork })
  const { promise, resolve, reject } = Promise.withResolvers<ReaderResult>()
  let [seen, since] = [-1, performance.now()]
  const watch = setInterval(() => {
    const now = Atomics.load(progress, 0)
    if (now !== seen) [seen, since] = [now, performance.now()]
    else if (performance.now() - since > hung) reject(new Error(`Seed ${work.seed + now} takes longer than ${hung} ms`))
  }, 200)
  thread.once('message', resolve).once('error', reject).once('exit', code => reject(new Error(`The thread ended with ${code} at seed ${work.seed + Atomics.load(progress, 0)}`)))
  try {
    return await promise
  } finally {
    clearInterval(watch)
    await thread.terminate()
  }
}

const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 1e9))
t.comment(`TEST_SEED=${seed}`)

for (const format of fuzzedFormats) {
  t.test(`${format}: a damaged file is read or refused`, async t => {
    const folder = t.testdir({})
    const place = path.join(folder, 'damaged')
    mkdirSync(place)
    const bases = await filesOf(format, folder)
    const result = await read({ folder: place, bases, seed, count: cases[format] })
    t.strictSame(result.strange, [])
    t.ok(result.longest < longest, `seed ${result.longestCase} took ${Math.round(result.longest)} ms`)
    t.ok(result.leaked <= 2, `${result.leaked} files are open still`)
    const refusals = Object.values(result.refused).reduce((sum, count) => sum + count, 0)
    t.equal(result.read + refusals, cases[format])
    t.ok(result.read > cases[format] / 50 && refusals > cases[format] / 50, 'some of each')
    figure(t, 'frames', `${cases[format]} damaged ${format} files, ${result.read} of them read, ${Object.entries(result.refused).map(([code, count]) => `${count} ${code}`).join(', ')}; the longest took ${Math.round(result.longest)} ms`)
  })
}
