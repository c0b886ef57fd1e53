// Tasks done with real files in real threads: what is kept and shared, what is looked up anew, and what happens to files that are hard.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { createFrames } from '../../../../lib/diffraction/frames/frames.ts'
import type { Frames, FramesOptions, SharedReduced } from '../../../../lib/diffraction/frames/frames.ts'
import type { Tasks } from '../../../../lib/diffraction/task.ts'
import { writeEiger } from '../../../../scripts/diffraction-demo/eiger.ts'
import { decodedPicture } from '../../../recorded-pictures.ts'
import { pipesOf } from './hard-thread.ts'
import { smvBytes, writeOld } from './smv-file.ts'

const root = realpathSync(t.testdir())
const options: FramesOptions = {
  roots: [root], threads: 1, queue: 2, frameBytes: 64 * 1024 ** 2, reducedBytes: 16 * 1024 ** 2, maxPixels: 1_000_000, prefetch: 0, shared: undefined, patience: 100, module: new URL('hard-thread.ts', import.meta.url)
}
const timeout = 60_000

function build (overrides: Partial<FramesOptions> = {}): Frames {
  const frames = createFrames({ ...options, ...overrides })
  t.teardown(() => frames.close())
  return frames
}

// Threads take long to begin: tests share them where they can.
const wide = build({ threads: 2, queue: 200 })
const narrow = build()

/** A folder for one test. */
function folder (name: string): string {
  mkdirSync(path.join(root, name))
  return path.join(root, name)
}

type Ask = Tasks['picture']['ask']

function ask (file: string, { frame = 1, drawing = {}, ...reduction }: Partial<Ask['reduction']> & { frame?: number, drawing?: Partial<Ask['drawing']> } = {}): Ask {
  return {
    source: { file, frame },
    reduction: { part: 'whole', width: 16, height: 16, mode: 'legacy', frames: 1, ...reduction },
    drawing: { scale: 'linear', invert: false, palette: 'grey', overloadColour: [255, 0, 0], format: 'png', quality: 100, chroma: '4:2:0', ...drawing }
  }
}

/** The gates of a file whose name begins with `slow`. @returns once a thread has come to the next one, does something and opens it */
function gates (file: string): (meanwhile?: () => unknown) => Promise<void> {
  const pipes = pipesOf(file)
  execFileSync('mkfifo', pipes)
  return async (meanwhile = () => {}) => {
    const pipe = await open(pipes.shift()!, 'w')
    meanwhile()
    await pipe.close()
  }
}

/** What some work costs. */
async function cost (frames: Frames, work: () => Promise<unknown>) {
  const before = frames.numbers()
  await work()
  const after = frames.numbers()
  return { decoded: after.decoded - before.decoded, reduced: after.reduced - before.reduced }
}

t.test('each task is done, and the file is read once', async t => {
  const at = folder('tasks')
  const file = writeOld(path.join(at, 'a_1.img'), smvBytes())
  const source = { file: 'tasks/a_1.img', frame: 1 }
  const spent = await cost(wide, async () => {
    const { metadata, identity, ...description } = await wide.perform('describe', { source }, { timeout })
    t.match(description, { format: 'smv', frames: 1, width: 40, height: 30, geometry: { wavelength: 1, distance: 0.2 } })
    t.match(metadata, { fn: { kind: 'string', value: source.file }, frame: { kind: 'integer', value: 1 }, first_frame: { value: 1 }, last_frame: { value: 1 }, image_depth: { value: 2 } })
    t.match(identity, { size: 512 + 2400, companions: undefined })
    const picture = await wide.perform('picture', ask(file), { timeout })
    t.match(await sharp(picture.bytes).metadata(), { width: 16, height: 16, format: 'png' })
    t.match(picture, { mediaType: 'image/png', width: 16, height: 16, statistics: { n: 256, saturated: 0 }, identity, metadata: { fn: { value: file } } })
    t.type(picture.spots, 'number')
    const counted = await wide.perform('spots', { source, width: 16 }, { timeout })
    t.strictSame([counted.spots, counted.statistics], [picture.spots, picture.statistics])
    t.match(await wide.perform('pixel', { source, x: 3, y: 2 }, { timeout }), { count: 23, isOverload: false, isMasked: false, d: Number })
    t.equal((await wide.perform('histogram', { source, bins: 10 }, { timeout })).counts.reduce((sum, each) => sum + each, 0), 1200)
    t.equal((await wide.perform('radial', { source, bins: 5 }, { timeout })).means.length, 5)
    t.match(await wide.perform('findSpots', { source, limit: 5 }, { timeout }), { spots: [], found: 0 })
    t.match(await wide.perform('list', { folder: 'tasks', limit: 10 }, { timeout }), { entries: [{ name: 'a_1.img', kind: 'file' }], more: false })
    t.strictSame(await wide.inspect(source.file, { timeout }), { path: file, companions: [], version: undefined })
  })
  t.strictSame(spent, { decoded: 1, reduced: 1 })
})

t.test('a picture has the label and the overlays that were asked for', async t => {
  const at = folder('labels')
  const { master } = await writeEiger(at, { name: 'x', width: 64, height: 48, frames: 2, framesPerFile: 2 })
  const see = async (frame: number, drawing: Partial<Ask['drawing']>) => {
    const { bytes, height } = await wide.perform('picture', ask(master, { frame, width: 128, height: 128, drawing }), { timeout })
    return { height, pixels: await sharp(bytes).toColourspace('srgb').raw().toBuffer() }
  }
  const plain = await see(1, {})
  const [one, two] = [await see(1, { label: { text: 'a', height: 16 } }), await see(2, { label: { text: 'a', height: 16 } })]
  t.equal(one.height, plain.height + 16)
  const band = (picture: Buffer) => picture.subarray(0, picture.length / one.height * 16)
  t.notSame(band(one.pixels), band(two.pixels), 'with the number of the frame')
  t.notSame((await see(1, { overlays: { beam: true } })).pixels, plain.pixels)
})

t.test('F31: a hundred viewers of one cold frame have it decoded, reduced and drawn once', async t => {
  const at = folder('viewers')
  const [file, other] = ['slow.img', 'other.img'].map(name => writeOld(path.join(at, name), smvBytes())) as [string, string]
  const openGate = gates(file)
  t.strictSame(await cost(wide, async () => {
    const pictures = Promise.all(Array.from({ length: 100 }, () => wide.perform('picture', ask(file), { timeout })))
    // Files are looked up in turn: when these have been, so have the others.
    await Promise.all(Array.from({ length: 100 }, () => wide.perform('describe', { source: { file: other, frame: 1 } }, { timeout })))
    await openGate()
    t.equal(new Set((await pictures).map(({ bytes }) => bytes)).size, 1)
  }), { decoded: 1, reduced: 1 })
  const views = Array.from({ length: 100 }, (_, index) => ask(file, { width: 8 + index % 50, height: 8, drawing: { black: 1 + index } }))
  t.strictSame(
    await cost(wide, () => Promise.all(views.map(view => wide.perform('picture', view, { timeout })))),
    { decoded: 0, reduced: 50 },
    'other views of it cost their reduction, other contrasts only the drawing'
  )
})

t.test('F31: a frame that was rewritten is read anew, and only then', async t => {
  const file = path.join(folder('rewritten'), 'a.img')
  const count = async () => (await wide.perform('pixel', { source: { file, frame: 1 }, x: 0, y: 0 }, { timeout })).count
  writeOld(file, smvBytes({ offset: 1 }))
  const first = await wide.perform('picture', ask(file), { timeout })
  t.equal(await count(), 1)
  writeOld(file, smvBytes({ offset: 2 }), 900)
  t.equal(await count(), 2, 'with another time of change')
  const second = await wide.perform('picture', ask(file), { timeout })
  t.notSame(second.statistics, first.statistics)
  t.notSame(second.identity, first.identity)
  for (let offset = 3; offset < 12; offset++) {
    writeFileSync(file, smvBytes({ offset }))
    t.equal(await count(), offset, 'as soon as possible, and of the same size')
  }
  rmSync(file)
  await t.rejects(count(), { code: 'FILE_MISSING' })
})

t.test('a frame of HDF5 is read anew when its data file changes; the mask is read once', async t => {
  const at = folder('hdf5')
  // Of a size that no other file has here: one mask does for all files that have the same.
  const shape = { name: 'x', width: 66, height: 48, frames: 4, framesPerFile: 2 }
  const { master, data } = await writeEiger(at, { ...shape, seed: 1 })
  const see = async (frame: number) => await wide.perform('picture', ask(master, { frame }), { timeout })
  for (const file of [master, ...data]) execFileSync('touch', ['-d', '1 hour ago', file])
  const masks = wide.numbers().bytes.masks
  const [first] = await Promise.all([see(1), see(3)])
  t.match(first.identity, { companions: String })
  const added = wide.numbers().bytes.masks - masks
  t.ok(added >= 66 * 48 && added < 2 * 66 * 48)
  t.match(await cost(wide, () => Promise.all([see(1), see(3), see(1)])), { decoded: 0 })
  const others = await writeEiger(folder('hdf5-others'), { ...shape, seed: 99 })
  await wide.perform('picture', ask(others.master), { timeout })
  t.equal(wide.numbers().bytes.masks - masks, added, 'a file with the same mask adds none')
  execFileSync('cp', [others.data[0]!, data[0]!])
  execFileSync('touch', ['-d', '30 minutes ago', data[0]!])
  const again = await see(1)
  t.notSame(again.statistics, first.statistics)
  t.not(again.identity.companions, first.identity.companions)
  t.match(await cost(wide, () => see(3)), { decoded: 0 }, 'frames of other data files are still what they were')
  rmSync(data[1]!)
  await t.rejects(see(3), { code: 'FRAME_MISSING' })
  t.equal((await see(2)).metadata.frame?.value, 2, 'a missing data file costs only its frames')
  t.match(await wide.inspect(master, { timeout }), { path: master, companions: [data[0]], version: '1.8.0' })
})

t.test('threads share the work of a large frame, and come to the same', async t => {
  const at = folder('large')
  const size = { width: 1700, height: 1300 }
  const [alone, together] = [1, 2].map(threads => build({ threads, maxPixels: 4_000_000 })) as [Frames, Frames]
  const isSame = async (file: string, frame: number, reduction: Partial<Ask['reduction']> = {}) => {
    const view = ask(file, { width: 100, height: 100, frame, ...reduction, drawing: { format: 'raw' } })
    const pictures = await Promise.all([alone, together].map(each => each.perform('picture', view, { timeout })))
    const [one, two] = pictures.map(({ bytes, ...others }) => ({ ...others, digest: createHash('sha256').update(bytes).digest('hex') }))
    t.strictSame(two, one, `frame ${frame} of ${path.basename(file)}`)
  }
  const write = async (depth: 16 | 32, frames: number) => await writeEiger(at, { name: `eiger${depth}`, ...size, depth, frames, framesPerFile: 1 })
  await isSame((await write(16, 1)).master, 1)
  const { master, data } = await write(32, 2)
  await isSame(master, 1)
  await isSame(master, 1, { mode: 'mean', height: 70 })
  await isSame(master, 1, { mode: 'nearest', ...size })
  // Large enough for both to draw and write a part of it: the file is another, its pixels are the same.
  const files = await Promise.all([alone, together].map(async each => await each.perform('picture', ask(master, { ...size, mode: 'nearest', drawing: { format: 'jpeg', black: 300, white: 0 } }), { timeout })))
  const [one, two] = await Promise.all(files.map(async ({ bytes, ...others }) => ({ ...others, digest: (await decodedPicture(bytes)).rgb_sha256 })))
  t.strictSame(two, one)
  const [isShared, isSharedToo] = files.map(({ bytes }) => Buffer.from(bytes).includes(Buffer.of(0xff, 0xdd, 0, 4)))
  t.strictSame([isShared, isSharedToo], [false, true], 'where there are two threads it was written in two parts')
  // Somewhere behind the middle lies what the second thread decompresses.
  const bytes = readFileSync(data[0]!)
  writeFileSync(data[0]!, bytes.fill(0xff, Math.floor(bytes.length * 0.7), Math.floor(bytes.length * 0.8)))
  await t.rejects(together.perform('picture', ask(master), { timeout }), { code: 'FILE_BROKEN' })
  await isSame(master, 2)
})

t.test('several frames are added up', async t => {
  const { master } = await writeEiger(folder('sums'), { name: 'x', width: 64, height: 48, frames: 4, framesPerFile: 3 })
  const sumOf = async (frame: number, count: number) => {
    const { bytes } = await wide.perform('picture', ask(master, { frame, frames: count, mode: 'nearest', width: 64, height: 48, drawing: { format: 'raw' } }), { timeout })
    return new Uint32Array(bytes.slice().buffer)
  }
  const singles = await Promise.all([1, 2, 3, 4].map(frame => sumOf(frame, 1)))
  const all = await sumOf(1, 4)
  t.ok(all.every((count, at) => count === 0xffffffff || count === singles.reduce((sum, single) => sum + single[at]!, 0)))
  t.ok(all.some(count => count > 0 && count !== 0xffffffff))
  await t.rejects(sumOf(2, 4), { code: 'FRAME_MISSING' })
  for (const count of [0, 1.5, 1001]) await t.rejects(sumOf(1, count), { code: 'REQUEST' })
})

t.test('what is kept stays within its budgets, and memory that is used again shows nothing of what was in it', async t => {
  const at = folder('budgets')
  const budget = 10_000
  const small = build({ frameBytes: budget, reducedBytes: budget })
  const files = Array.from({ length: 12 }, (_, offset) => writeOld(path.join(at, `a_${offset}.img`), smvBytes({ offset, width: 40 - offset % 3 })))
  for (const file of [...files, ...files]) {
    const { statistics } = await small.perform('picture', ask(file), { timeout })
    t.same(statistics, (await wide.perform('picture', ask(file), { timeout })).statistics)
    const { bytes } = small.numbers()
    t.ok(bytes.frames + bytes.masks <= budget && bytes.reduced <= budget, JSON.stringify(bytes))
  }
  t.match(small.numbers(), { decoded: 24, reduced: 24, hits: 0 })
  await small.perform('picture', ask(files[11]!), { timeout })
  t.match(small.numbers(), { decoded: 24, hits: 1 })
})

t.test('a file that takes a thread with it costs its own task only; the next ones are done', async t => {
  const at = folder('hard')
  const [hang, die, a, b] = ['hang.img', 'die.img', 'a.img', 'b.img'].map(name => writeOld(path.join(at, name), smvBytes())) as [string, string, string, string]
  await narrow.perform('picture', ask(a), { timeout })
  await t.rejects(narrow.perform('picture', ask(die), { timeout }), { code: 'FILE_BROKEN' })
  const [hanging, waiting] = await Promise.allSettled([narrow.perform('picture', ask(hang), { timeout: 500 }), narrow.perform('picture', ask(b), { timeout })])
  t.match(hanging, { status: 'rejected', reason: { code: 'TIMEOUT' } })
  t.match(waiting, { status: 'fulfilled' }, 'whoever waited meanwhile gets a new thread')
  t.match(await cost(narrow, () => narrow.perform('picture', ask(a), { timeout })), { decoded: 0 }, 'and what was read before is still there')
})

t.test('who cancels goes at once, and takes nothing from others', async t => {
  const at = folder('cancel')
  const [slow, a] = ['slow.img', 'a.img'].map(name => writeOld(path.join(at, name), smvBytes())) as [string, string]
  const openGate = gates(slow)
  const [one, other, queued] = [new AbortController(), new AbortController(), new AbortController()]
  const spent = await cost(narrow, async () => {
    const first = narrow.perform('picture', ask(slow), { timeout, signal: one.signal })
    const second = narrow.perform('picture', ask(slow), { timeout, signal: other.signal })
    const third = narrow.perform('picture', ask(a), { timeout, signal: queued.signal })
    one.abort()
    queued.abort()
    await t.rejects(first, { code: 'CANCELLED' })
    await t.rejects(third, { code: 'CANCELLED' })
    await t.rejects(narrow.perform('picture', ask(a), { timeout, signal: queued.signal }), { code: 'CANCELLED' })
    await openGate()
    t.match(await second, { statistics: { n: 256 } })
  })
  t.match(spent, { decoded: 1 }, 'what was cancelled before it began was not done')
})

t.test('no more tasks wait than may', async t => {
  const slow = writeOld(path.join(folder('queue'), 'slow.img'), smvBytes())
  const openGate = gates(slow)
  const outcomes = Promise.allSettled(Array.from({ length: 5 }, () => narrow.perform('picture', ask(slow), { timeout })))
  await openGate()
  t.strictSame((await outcomes).map(each => each.status === 'fulfilled' ? 'done' : each.reason.code), ['done', 'done', 'done', 'BUSY', 'BUSY'])
})

t.test('a file that changes before it is read is looked at once more, and no more', async t => {
  const slow = writeOld(path.join(folder('changes'), 'slow.img'), smvBytes())
  const openGate = gates(slow)
  const see = () => narrow.perform('pixel', { source: { file: slow, frame: 1 }, x: 0, y: 0 }, { timeout })
  const rewrite = (offset: number) => () => writeOld(slow, smvBytes({ offset }), 500 - offset)
  const seen = see()
  await openGate(rewrite(5))
  await openGate()
  t.match(await seen, { count: 5 })
  rewrite(6)()
  const lost = t.rejects(see(), { code: 'FILE_BROKEN', message: /changes while it is read/ })
  await openGate(rewrite(7))
  await openGate(rewrite(8))
  await lost
})

t.test('F30: pictures and frames have as many pixels as are allowed', async t => {
  const at = folder('sizes')
  const file = writeOld(path.join(at, 'a.img'), smvBytes())
  const large = writeOld(path.join(at, 'large.img'), smvBytes({ width: 1001, height: 1000 }))
  await t.rejects(wide.perform('picture', ask(file, { width: 1001, height: 1000 }), { timeout }), { code: 'TOO_LARGE', message: /1000000/ })
  await t.rejects(wide.perform('picture', ask(large), { timeout }), { code: 'TOO_LARGE' })
  for (const width of [0, -1, 1.5, NaN, Infinity]) await t.rejects(wide.perform('picture', ask(file, { width }), { timeout }), { code: 'REQUEST' })
  for (const part of [{ zoom: 0, column: 0, row: 0 }, { zoom: NaN, column: 0, row: 0 }, { x: 0, y: NaN, width: 1, height: 1 }, { x: 0, y: 0, width: 0, height: 1 }]) {
    const outcome = await wide.perform('picture', ask(file, { part }), { timeout }).then(() => 'done', (error: { code: unknown }) => error.code)
    t.ok(outcome === 'done' || outcome === 'REQUEST', JSON.stringify(part))
  }
  for (const frame of [0, -1, 1.5, NaN]) await t.rejects(wide.perform('picture', ask(file, { frame }), { timeout }), { code: 'REQUEST' })
  await t.rejects(wide.perform('picture', ask(file, { frame: 2 }), { timeout }), { code: 'FRAME_MISSING' })
  await t.rejects(wide.perform('picture', ask('/etc/passwd'), { timeout }), { code: 'FILE_MISSING' })
})

t.test('reduced frames are shared: others have them without the file being decoded', async t => {
  const at = folder('shared')
  const kept = new Map<string, Uint8Array>()
  const givenUp: string[] = []
  let isDown = false
  const shared: SharedReduced = {
    async get (key) {
      if (isDown) throw new Error('down')
      return kept.get(key)
    },
    set: (key, bytes) => { kept.set(key, bytes) },
    giveUp: key => { givenUp.push(key) }
  }
  const file = writeOld(path.join(at, 'a.img'), smvBytes())
  const [one, other] = [build({ shared }), build({ shared, reducedBytes: 1 })]
  const { bytes, spots } = await one.perform('picture', ask(file), { timeout })
  t.equal(kept.size, 1)
  const found = await other.perform('picture', ask(file), { timeout })
  t.same([found.bytes, found.spots], [bytes, spots])
  t.match(other.numbers(), { decoded: 0, reduced: 0, sharedHits: 1 })
  for (const [key, bytes] of kept) kept.set(key, bytes.subarray(1))
  t.same((await other.perform('picture', ask(file), { timeout })).bytes, bytes, 'what is damaged is made anew')
  t.match(other.numbers(), { decoded: 1, reduced: 1, sharedHits: 1 })
  isDown = true
  t.match(await other.perform('picture', ask(file, { width: 8 }), { timeout }), { width: 8 }, 'and who cannot be reached is done without')
  isDown = false
  await t.rejects(one.perform('picture', ask(file, { part: { x: 0, y: 0, width: 0, height: 0 } }), { timeout }), { code: 'REQUEST' })
  t.equal(givenUp.length, 1, 'who could not make it says so')
})

t.test('neighbours are read ahead when there is nothing else to do', async t => {
  const { master, data } = await writeEiger(folder('ahead'), { name: 'x', width: 64, height: 48, frames: 5, framesPerFile: 5 })
  for (const file of [master, ...data]) execFileSync('touch', ['-d', '1 hour ago', file])
  const ahead = build({ prefetch: 1 })
  await ahead.perform('picture', ask(master, { frame: 3 }), { timeout })
  // Asks until it has been done, rather than waits for a time.
  while (ahead.numbers().decoded < 3) await ahead.perform('list', { folder: '', limit: 1 }, { timeout })
  for (const frame of [2, 4]) t.match(await cost(ahead, () => ahead.perform('spots', { source: { file: master, frame }, width: 16 }, { timeout })), { decoded: 0, reduced: 1 })
})

t.test('what runs when it closes ends, and nothing begins afterwards', async t => {
  const file = writeOld(path.join(folder('close'), 'hang.img'), smvBytes())
  const frames = build()
  const ended = t.rejects(frames.perform('picture', ask(file), { timeout }), { code: 'WORKER_ENDED' })
  await frames.close()
  await ended
  await t.rejects(frames.perform('list', { folder: '', limit: 1 }, { timeout }), { code: 'WORKER_ENDED' })
})
