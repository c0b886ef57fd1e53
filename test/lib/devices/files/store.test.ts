// Files by their digest: whole or not at all, once each, within bounds, and never found by a name from outside.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { openFileStore } from '../../../../lib/devices/files/store.ts'
import type { FileStoreOptions, PutOptions } from '../../../../lib/devices/files/store.ts'

const options: PutOptions = { mediaType: 'text/plain', originalName: 'some.txt' }
const hour = 3600_000

async function openStore (t: { testdir (): string }, { maxBytes = 1e6, maxFile = 1e5, ...rest }: Partial<FileStoreOptions> = {}) {
  const folder = rest.folder ?? path.join(t.testdir(), 'files')
  const store = await openFileStore({ ...rest, folder, maxBytes, maxFile })
  return { store, folder }
}

function sha256 (text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

function filesIn (folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => !entry.isDirectory()).map(({ name }) => name)
}

/** A stream of pieces that tells how many have been taken. */
function counting (pieces: number, size: number) {
  const taken = { count: 0 }
  const stream = Readable.from((function * () {
    for (; taken.count < pieces; taken.count++) yield Buffer.alloc(size, taken.count % 256)
  })(), { objectMode: false })
  return { stream, taken }
}

t.test('what is put is found by its digest, whole, with what was said of it', async t => {
  const { store } = await openStore(t)
  const stored = await store.put(Readable.from([Buffer.from('ab'), Buffer.from('c')]), { mediaType: 'Image/PNG; q=1', originalName: '../../etc/a\u0000b.png' })
  t.strictSame(stored, { sha256: sha256('abc'), size: 3, mediaType: 'image/png', originalName: 'ab.png' })
  const { stream, size } = await store.open(stored.sha256)
  t.equal(size, 3)
  t.equal((await buffer(stream)).toString(), 'abc')
  t.ok(await store.has(stored.sha256))
  t.strictSame(store.usage(), { files: 1, bytes: 3 })
})

t.test('an empty file is a file, and two that are the same are one, also after the store was opened again', async t => {
  const { store, folder } = await openStore(t)
  for (const text of ['', 'same', 'same']) await store.put(Readable.from([Buffer.from(text)]), options)
  t.strictSame(filesIn(folder).sort(), [sha256(''), sha256('same')].sort())
  const again = await openStore(t, { folder })
  t.strictSame(again.store.usage(), { files: 2, bytes: 4 })
  t.equal((await buffer((await again.store.open(sha256('same'))).stream)).toString(), 'same')
})

t.test('many of the same at once, kept and as outputs, are one that is kept', async t => {
  const { store, folder } = await openStore(t)
  await Promise.all(Array.from({ length: 20 }, async (_, index) => await store.put(Readable.from([Buffer.alloc(1000)]), { ...options, isOutput: index % 2 === 0 })))
  t.strictSame(readdirSync(path.join(folder, 'kept')), [sha256(Buffer.alloc(1000))])
  t.strictSame(filesIn(folder).length, 1)
  t.strictSame(store.usage(), { files: 1, bytes: 1000 })
})

t.test('what is too large is refused as soon as it is, and nothing is left', async t => {
  const { store, folder } = await openStore(t)
  const { stream, taken } = counting(1e6, 1000)
  await t.rejects(store.put(stream, { ...options, limit: 5000 }), { code: 'TOO_LARGE' })
  t.ok(taken.count < 200, `${taken.count} pieces of a million were taken`)
  t.ok(stream.destroyed)
  await t.rejects(store.put(counting(1000, 1000).stream, { ...options, limit: 1e9 }), { code: 'TOO_LARGE' }, 'no limit is above that of the store')
  t.ok(await store.put(Readable.from([Buffer.alloc(5000)]), { ...options, limit: 5000 }), 'the limit itself is allowed')
  t.equal(filesIn(folder).length, 1)
  t.strictSame(store.usage(), { files: 1, bytes: 5000 })
})

t.test('a part of a form that was cut off counts as too large', async t => {
  const { store, folder } = await openStore(t)
  await t.rejects(store.put(Object.assign(Readable.from([Buffer.from('begin')]), { truncated: true }), options), { code: 'TOO_LARGE' })
  t.strictSame(filesIn(folder), [])
})

t.test('a stream that breaks, one that is given up, and one that is refused leave nothing', async t => {
  const { store, folder } = await openStore(t)
  const breaking = Readable.from((function * () {
    yield Buffer.from('begin')
    throw new Error('the client has gone')
  })())
  await t.rejects(store.put(breaking, options), { message: 'the client has gone' })

  const hanging = new Readable({ read () {} })
  hanging.push('begin')
  const controller = new AbortController()
  const given = store.put(hanging, { ...options, signal: controller.signal })
  setImmediate(() => controller.abort(new Error('nobody wants it')))
  await t.rejects(given, { message: 'nobody wants it' })
  t.ok(hanging.destroyed)

  let seen = ''
  const check = async (file: string) => {
    seen = file
    t.ok(existsSync(file))
    throw new Error('it is ugly')
  }
  await t.rejects(store.put(Readable.from([Buffer.from('ugly')]), { ...options, check }), { message: 'it is ugly' })
  t.notOk(existsSync(seen))
  t.strictSame(filesIn(folder), [])
  t.strictSame(store.usage(), { files: 0, bytes: 0 })
})

t.test('outputs give way, oldest first, and what is kept never does', async t => {
  const { store } = await openStore(t, { maxBytes: 5000, maxFile: 5000 })
  const put = async (letter: string, isOutput: boolean) => (await store.put(Readable.from([Buffer.alloc(1000, letter)]), { ...options, isOutput })).sha256
  const kept = [await put('a', false), await put('b', false)]
  const outputs = [await put('c', true), await put('d', true), await put('e', true)]
  const more = await put('f', false)
  t.strictSame(await Promise.all([...kept, ...outputs, more].map(store.has)), [true, true, false, true, true, true])
  await put('d', false)
  const output = await put('g', true)
  t.strictSame(await Promise.all([outputs[1]!, outputs[2]!, output].map(store.has)), [true, false, true], 'what was an output and is kept now stays')
  await put('h', false)
  t.notOk(await store.has(output))
  await t.rejects(put('i', false), { code: 'TOO_LARGE', message: /DEVICES_MAX_STORED/ })
  t.ok(store.usage().bytes <= 5000)
})

t.test('what nobody refers to goes, unless it has only just come', async t => {
  let later = 0
  const { store } = await openStore(t, { now: () => Date.now() + later })
  const [one, other] = await Promise.all(['one', 'other'].map(async text => (await store.put(Readable.from([Buffer.from(text)]), options)).sha256))
  t.equal(await store.sweep(new Set([one!])), 0)
  later = 2 * hour
  t.equal(await store.sweep(new Set([one!])), 1)
  t.strictSame(await Promise.all([one!, other!].map(store.has)), [true, false])
  t.strictSame(store.usage(), { files: 1, bytes: 3 })
})

t.test('whatever is no digest, or is not there, is missing', async t => {
  const { store, folder } = await openStore(t)
  writeFileSync(path.join(folder, 'secret'), 'x')
  for (const name of ['', '..', '../secret', `../kept/${sha256('')}`, sha256('').toUpperCase(), sha256('nowhere')]) {
    t.equal(await store.has(name), false)
    await t.rejects(store.open(name), { code: 'MISSING' })
  }
})

t.test('links are not followed: neither for a file nor for a folder', async t => {
  const { store, folder } = await openStore(t)
  writeFileSync(path.join(folder, 'secret'), 'x')
  symlinkSync('../secret', path.join(folder, 'kept', sha256('x')))
  t.equal(await store.has(sha256('x')), false)
  await t.rejects(store.open(sha256('x')), { code: 'MISSING' })
  rmSync(path.join(folder, 'outputs'), { recursive: true })
  symlinkSync('kept', path.join(folder, 'outputs'))
  await t.rejects(openStore(t, { folder }), { code: 'UNAVAILABLE' })
})

t.test('what a process that was killed had begun is removed by the next start, and what another is still writing is not', async t => {
  const { folder } = await openStore(t)
  const script = `
    import { Readable } from 'node:stream'
    import { openFileStore } from ${JSON.stringify(new URL('../../../../lib/devices/files/store.ts', import.meta.url).href)}
    const store = await openFileStore({ folder: process.argv[1], maxBytes: 1e6, maxFile: 1e6 })
    setInterval(() => {}, 1000)
    store.put(Readable.from((async function * () {
      yield Buffer.alloc(100)
      yield Buffer.alloc(100)
      process.stdout.write('begun')
      await new Promise(() => {})
    })()), { mediaType: 'text/plain', originalName: 'x' })`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await openStore(t, { folder })
  t.equal(filesIn(folder).length, 1, 'it is still being written')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const { store } = await openStore(t, { folder })
  t.strictSame(filesIn(folder), [])
  t.strictSame(store.usage(), { files: 0, bytes: 0 })
})

t.test('a disk that fails is said to, without a path', async t => {
  const { store, folder } = await openStore(t)
  const pulled = store.put(Readable.from((function * () {
    yield Buffer.from('begin')
    rmSync(folder, { recursive: true })
    yield Buffer.from('end')
  })()), options)
  await t.rejects(pulled, { code: 'UNAVAILABLE' })
  const message = await pulled.catch((error: Error) => error.message)
  t.notMatch(message, folder)
  await t.rejects(store.put(Readable.from([Buffer.from('x')]), options), { code: 'UNAVAILABLE' })
})

t.test('a disk that is full is said to be, and nothing is left', async t => {
  const folder = t.testdir()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status !== 0) return t.comment('needs the right to mount')
  try {
    const { store } = await openStore(t, { folder, maxBytes: 1e9, maxFile: 1e9 })
    await t.rejects(store.put(counting(1000, 1000).stream, options), { code: 'UNAVAILABLE', message: /full/ })
    t.strictSame(filesIn(folder), [])
    t.ok(await store.put(Readable.from([Buffer.alloc(100_000)]), options), 'smaller ones still fit')
  } finally {
    spawnSync('umount', [folder])
  }
})
