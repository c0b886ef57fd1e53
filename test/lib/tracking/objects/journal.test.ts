// The file of the exchange: cut, damaged, on disks that fail, and in processes that are killed.
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { decodeLine, encodeRecords, readRecords } from '../../../../lib/tracking/objects/journal-records.ts'
import type { JournalRecord } from '../../../../lib/tracking/objects/journal-records.ts'
import { openMemoryExchange } from '../../../../lib/tracking/objects/memory-exchange.ts'
import { mountHung } from '../../../faults/hung-folder.ts'
import { cameraOf, open, optionsIn, orderOf, stateOf } from '../exchanges.ts'

const script = fileURLToPath(new URL('../tracking-process.ts', import.meta.url))

/** A file with all that can be in one, and what its whole lines say. */
async function fullFile (t: Test): Promise<{ bytes: Buffer, lines: Array<{ end: number, record: Line }> }> {
  const options = optionsIn(t.testdir())
  let now = 1e12
  const exchange = await openMemoryExchange({ ...options, now: () => now })
  exchange.register(cameraOf('a'), 'first')
  await exchange.start(orderOf('a', '"ü"'))
  await exchange.start(orderOf('a'))
  await exchange.map(2, Buffer.from('[1.0]'))
  await exchange.stop(1)
  await exchange.start(orderOf('a', '{"kind":"stop","id":2}'))
  now += 1
  exchange.relay(undefined, Buffer.from('1'), Buffer.from('[]'), [2, 3])
  await exchange.map(2, Buffer.from('[2.0]'))
  await exchange.close()
  const bytes = readFileSync(path.join(options.folder, 'objects.log'))
  const lines = []
  for (let begin = 0, end = bytes.indexOf('\n'); end !== -1; begin = end + 1, end = bytes.indexOf('\n', begin)) {
    if (end > begin) lines.push({ end, record: JSON.parse(bytes.toString('utf8', begin + 9, end)) as Line })
  }
  return { bytes, lines }
}

/** A line as a program in another language would read it. */
interface Line { kind: string, id?: number, value?: unknown, epoch?: string }

/** What whole lines say, found in another way. */
function expectation (records: Line[]): { lastId: number, objects: unknown[] } {
  const objects = new Map<number, { image: unknown, featureMap: unknown }>()
  let lastId = 0
  for (const { kind, id = 0, value } of records) {
    lastId = Math.max(lastId, id)
    const object = objects.get(id)
    if (kind === 'start') objects.set(id, { image: undefined, featureMap: {} })
    if (kind === 'stop') objects.delete(id)
    if (kind === 'image' && object !== undefined) object.image = value
    if (kind === 'map' && object !== undefined) object.featureMap = value
  }
  return { lastId, objects: [...objects].map(([id, object]) => ({ id, ...object })) }
}

t.test('a file that is cut at any byte loads all that is whole, and no number is used again', { timeout: 120_000 }, async t => {
  const { bytes, lines } = await fullFile(t)
  t.strictSame(new Set(lines.map(({ record }) => record.kind)), new Set(['open', 'start', 'image', 'map', 'stop', 'seen', 'closed']))
  const place = t.testdir()
  const epoch = lines.at(-1)?.record.epoch
  const load = async (cut: number) => {
    const folder = path.join(place, String(cut))
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'objects.log'), bytes.subarray(0, cut))
    const exchange = await openMemoryExchange(optionsIn('', { folder }))
    const expected = expectation(lines.filter(({ end }) => end <= cut).map(({ record }) => record))
    const found = stateOf(exchange).map(({ id, image, featureMap }) => ({ id, image: image && JSON.parse(image), featureMap: JSON.parse(featureMap) }))
    t.strictSame({ lastId: exchange.lastId, objects: found }, expected, `cut at ${cut}`)
    t.equal(exchange.epoch === epoch, cut >= bytes.length - 1)
    exchange.register(cameraOf('a'), 'first')
    t.match(await exchange.start(orderOf('a')), { objectId: expected.lastId + 1 })
    await exchange.close()
    // What was written after half a line is whole.
    const again = await openMemoryExchange(optionsIn('', { folder }))
    t.equal(again.lastId, expected.lastId + 1)
    t.equal(again.objects.size, expected.objects.length + 1)
    t.equal(again.epoch, exchange.epoch)
    await again.close()
  }
  for (let cut = 0; cut <= bytes.length; cut += 16) {
    await Promise.all(Array.from({ length: Math.min(16, bytes.length + 1 - cut) }, (_, more) => load(cut + more)))
  }
})

t.test('garbage in a file, anywhere, costs the lines that it is in', async t => {
  const { bytes, lines } = await fullFile(t)
  const folder = t.testdir()
  const file = path.join(folder, 'damaged.log')
  await fc.assert(fc.asyncProperty(fc.nat(bytes.length), fc.nat(40), fc.uint8Array({ maxLength: 60 }), async (at, removed, garbage) => {
    writeFileSync(file, Buffer.concat([bytes.subarray(0, at), garbage, bytes.subarray(at + removed)]))
    const found: Array<JournalRecord | undefined> = []
    await readRecords(file, 1e6, record => found.push(record))
    const whole = lines.filter(({ end, record }) => end < at || end - lineLength(record) > at + removed)
    const kinds = found.filter(record => record !== undefined).map(({ kind }) => kind)
    const before = lines.filter(({ end }) => end < at).map(({ record }) => record.kind)
    if (kinds.length < whole.length || kinds.length > lines.length || kinds.slice(0, before.length).join() !== before.join()) throw new Error(`${kinds} of ${lines.map(({ record }) => record.kind)}`)
  }), { numRuns: 300 })
  function lineLength (record: Line): number {
    const index = lines.findIndex(line => line.record === record)
    return (lines[index]?.end ?? 0) - (lines[index - 1]?.end ?? -1)
  }
})

t.test('records are read as they were written, values to the letter', async t => {
  const records: JournalRecord[] = [
    { kind: 'open' }, { kind: 'last', id: 3 }, { kind: 'start', id: 4, at: 5 }, { kind: 'seen', at: 6, ids: [4, 2] }, { kind: 'stop', id: 4 },
    { kind: 'image', id: 4, value: Buffer.from('{"a":1.0,"value":"ü,\\"value\\":"}') }, { kind: 'map', id: 4, value: Buffer.from('12e400') },
    { kind: 'closed', epoch: 'e', offset: 7 }
  ]
  const file = path.join(t.testdir(), 'objects.log')
  writeFileSync(file, encodeRecords(records))
  const found: Array<JournalRecord | undefined> = []
  t.equal(await readRecords(file, 1e6, record => found.push(record)), statSync(file).size)
  t.strictSame(found, records)
  found.length = 0
  await readRecords(file, 60, record => found.push(record))
  t.strictSame(found.filter(record => record === undefined).length, 1, 'a line that is too long is not whole')
  // Larger than what is read at a time.
  const value = Buffer.from(JSON.stringify('x'.repeat(3e6)))
  writeFileSync(file, encodeRecords([{ kind: 'image', id: 1, value }, { kind: 'open' }, { kind: 'map', id: 1, value }]))
  found.length = 0
  await readRecords(file, 1e7, record => found.push(record))
  t.strictSame(found.map(record => record?.kind), ['image', 'open', 'map'])
  t.ok(found.every(record => record?.kind === 'open' || (record?.kind !== undefined && 'value' in record && record.value.equals(value))))
})

t.test('lines of other versions, and such as nobody writes, are left out', async t => {
  const line = (record: unknown) => encodeRecords([record as JournalRecord]).subarray(1, -1)
  t.strictSame(decodeLine(line({ kind: 'stop', id: 1, more: 2 })), { kind: 'stop', id: 1 })
  const wrong = [
    { kind: 'later', id: 1 }, { kind: 'start', id: -1, at: 1 }, { kind: 'start', id: 1.5, at: 1 }, { kind: 'start', id: '1', at: 1 }, { kind: 'start', id: 1 },
    { kind: 'image', id: 1 }, { kind: 'seen', at: 1, ids: ['1'] }, { kind: 'closed', epoch: 1, offset: 1 }, { kind: 'closed', epoch: 'e', offset: -1 }, {}, []
  ]
  for (const record of wrong) t.equal(decodeLine(line(record)), undefined, JSON.stringify(record))
  for (const text of ['', ' ', '00000000', '00000000 ', '00000000 {}', 'x']) t.equal(decodeLine(Buffer.from(text)), undefined, text)
})

/** Starts the process beside this one. */
function startProcess (t: Test, ...args: string[]): { child: ChildProcess, lines: string[], said: (begin: string) => Promise<void>, ended: Promise<unknown> } {
  const child = fork(script, args, { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  let noticed = () => {}
  if (child.stdout === null) throw new Error('no pipe')
  const reader = createInterface(child.stdout).on('line', line => {
    lines.push(line)
    noticed()
  })
  const said = async (begin: string) => {
    while (!lines.some(line => line.startsWith(begin))) await new Promise<void>(resolve => { noticed = resolve })
  }
  return { child, lines, said, ended: Promise.all([once(child, 'exit'), once(reader, 'close')]) }
}

t.test('F27: a process that is killed at any moment has used no number that is used again', { timeout: 120_000 }, async t => {
  const folder = path.join(t.testdir(), 'tracking')
  let highest = 0
  let brokenOff = 0
  for (let round = 0; round < 5; round++) {
    const { child, lines, said, ended } = startProcess(t, folder)
    await said(String(highest + 300))
    // At another place in its work each time.
    for (let turn = 0; turn < Math.random() * 200; turn++) await new Promise(resolve => setImmediate(resolve))
    child.kill('SIGKILL')
    await ended
    if (existsSync(path.join(folder, 'objects.log.new'))) brokenOff += 1
    const numbers = lines.slice(1).map(Number)
    t.equal(lines[0], 'open')
    t.equal(numbers[0], highest + 1, 'it goes on where the one before ended')
    t.equal(numbers.findIndex((number, index) => number !== highest + 1 + index), -1)
    highest = numbers.at(-1) ?? 0

    const after = await openMemoryExchange(optionsIn('', { folder }))
    t.ok(after.lastId === highest || after.lastId === highest + 1, 'one more may have been written than was told')
    for (const { id, image, featureMap } of stateOf(after)) {
      if (image !== undefined && image !== JSON.stringify(`picture of ${id} `.padEnd(2000, '.'))) t.fail(`picture of ${id}`)
      if (featureMap !== '{}' && featureMap !== `[${id}.0]`) t.fail(`feature map of ${id}`)
    }
    const kept = new Set(after.objects.keys())
    // They were never stopped; what else is there was stopped just before the end.
    for (let id = 10; id <= highest; id += 10) if (!kept.has(id)) t.fail(`object ${id} is lost`)
    highest = after.lastId
    await after.close()
  }
  t.ok(readdirSync(folder).every(name => ['objects.log', 'objects.log.new', 'lock'].includes(name)), 'and nothing else is left')
  t.comment(`${brokenOff} kills while the file was written anew; ${highest} objects, ${statSync(path.join(folder, 'objects.log')).size} bytes`)
})

t.test('F27: a folder belongs to one process, until it ends in whatever way', { timeout: 60_000 }, async t => {
  const folder = path.join(t.testdir(), 'tracking')
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const first = startProcess(t, folder, 'once')
    await first.said('open')
    const second = startProcess(t, folder, 'once')
    await second.ended
    t.match(second.lines, [/^refused: .*another process uses it.*DATA_DIR/])
    await t.rejects(openMemoryExchange(optionsIn('', { folder })), { code: 'TUTTI_TRACKING_FOLDER' })
    first.child.kill(signal)
    await first.ended
    t.equal(existsSync(path.join(folder, 'lock')), signal === 'SIGKILL')
    await (await openMemoryExchange(optionsIn('', { folder }))).close()
    t.notOk(existsSync(path.join(folder, 'lock')))
  }
})

t.test('F27: a disk that hangs when the server starts is told, and not waited for', { timeout: 60_000 }, async t => {
  const place = mountHung(t)
  if (place === undefined) return t.comment('needs root and /dev/fuse')
  const { child, said, lines, ended } = startProcess(t, path.join(place, 'tracking'), 'once', '20')
  await said('refused')
  t.match(lines, [/^refused: .*its disk does not answer/])
  child.kill('SIGKILL')
  await ended
})

t.test('what is not told of within the call is in the file soon after, without an end', async t => {
  const { exchange, folder } = await open(t, { disk: { interval: 1 } })
  const changes = watch(path.join(folder, 'objects.log'))
  t.teardown(() => changes.close())
  const text = () => readFileSync(path.join(folder, 'objects.log'), 'utf8')
  await exchange.start(orderOf('a', '"picture"'))
  t.match(text(), /"kind":"start","id":1,/, 'the number at once')
  while (!text().includes('"picture"')) await once(changes, 'change')
  await exchange.map(1, Buffer.from('[0.0]'))
  await exchange.stop(1)
  while (!text().includes('"kind":"stop","id":1')) await once(changes, 'change')
  t.ok(text().includes('[0.0]'))
})

t.test('F27: a file that is there and cannot be read is no reason to begin anew', async t => {
  const folder = t.testdir({ 'objects.log': {} })
  await t.rejects(openMemoryExchange(optionsIn('', { folder })), { code: 'TUTTI_TRACKING_FOLDER', message: /EISDIR.*move it away/ })
})

t.test('F27: a folder that is a file: objects are tracked all the same, and kept as soon as they can be', async t => {
  const folder = path.join(t.testdir(), 'tracking')
  writeFileSync(folder, 'a file')
  const troubles: Array<string | undefined> = []
  const well = Promise.withResolvers<void>()
  const { exchange } = await open(t, {
    folder,
    disk: { interval: 1, retry: 2 },
    onTrouble (trouble) {
      troubles.push(trouble)
      if (trouble === undefined) well.resolve()
    }
  })
  const living = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(living))
  t.match(exchange.trouble, /folder is none/)
  t.match(await exchange.start(orderOf('a', '"picture"')), { objectId: 1 })
  await exchange.map(1, Buffer.from('[0.0]'))
  rmSync(folder)
  await well.promise
  t.equal(exchange.trouble, undefined)
  t.equal(troubles.length, 2, 'said once, and once that it is over')
  await exchange.start(orderOf('a'))
  await exchange.close()
  const after = await openMemoryExchange(optionsIn('', { folder }))
  t.strictSame(stateOf(after), [{ id: 1, image: '"picture"', featureMap: '[0.0]' }, { id: 2, image: undefined, featureMap: '{}' }])
  await after.close()
})

t.test('F27: more than may wait for the disk is let go, told, and written from what is tracked', async t => {
  const well = Promise.withResolvers<void>()
  const troubles: Array<string | undefined> = []
  const { exchange, folder } = await open(t, {
    disk: { interval: 1, retry: 2, mostWaiting: 5000 },
    onTrouble (trouble) {
      troubles.push(trouble)
      if (trouble === undefined) well.resolve()
    }
  })
  const living = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(living))
  const picture = (id: number) => JSON.stringify(`picture of ${id} `.padEnd(1000, '.'))
  for (let id = 1; id <= 10; id++) t.match(await exchange.start(orderOf('a', picture(id))), { objectId: id })
  await well.promise
  t.match(troubles, [/too slow/, undefined])
  const text = readFileSync(path.join(folder, 'objects.log'), 'utf8')
  for (let id = 1; id <= 10; id++) t.ok(text.includes(picture(id)), `picture ${id}`)
  await exchange.close()
  const after = await openMemoryExchange(optionsIn('', { folder }))
  t.equal(after.objects.size, 10)
  await after.close()
})

/** Runs a command. @returns its exit code */
async function run (command: string, ...args: string[]): Promise<number> {
  const child = spawn('env', ['-i', `PATH=${process.env.PATH}`, command, ...args], { stdio: 'ignore' })
  const [code] = await once(child, 'close')
  return code
}

/** Mounts a disk of 256 kB outside of the tree. @returns its folder; undefined where it may not be mounted */
async function mount (t: Test): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-tracking-'))
  t.teardown(async () => {
    await run('umount', '-l', folder)
    rmSync(folder, { recursive: true, force: true })
  })
  return await run('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder) === 0 ? folder : undefined
}

t.test('F27: a disk that is full, or can only be read, costs nothing but what it does not keep', async t => {
  const place = await mount(t)
  if (place === undefined) return t.comment('needs root, and to mount')
  const folder = path.join(place, 'tracking')
  const troubles: Array<string | undefined> = []
  let noticed = () => {}
  const until = async (words: RegExp | undefined) => {
    while (words === undefined ? exchange.trouble !== undefined : !words.test(exchange.trouble ?? '')) await new Promise<void>(resolve => { noticed = resolve })
  }
  const { exchange } = await open(t, {
    folder,
    disk: { interval: 1, retry: 2 },
    onTrouble (trouble) {
      troubles.push(trouble)
      noticed()
    }
  })
  const living = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(living))
  const picture = (id: number) => JSON.stringify(`picture of ${id} `.padEnd(30_000, '.'))
  await exchange.start(orderOf('a', picture(1)))
  writeFileSync(path.join(place, 'filling'), Buffer.alloc(4096))
  try {
    writeFileSync(path.join(place, 'filling'), Buffer.alloc(1_000_000))
  } catch {
    // As much as there is space for.
  }
  for (const id of [2, 3]) t.match(await exchange.start(orderOf('a', picture(id))), { objectId: id })
  await until(/full/)
  t.match(await exchange.start(orderOf('a', picture(4))), { objectId: 4 })
  t.equal(exchange.objects.size, 4)
  rmSync(path.join(place, 'filling'))
  await until(undefined)
  const kept = async () => {
    const copy = path.join(t.testdir(), 'copy')
    mkdirSync(copy)
    writeFileSync(path.join(copy, 'objects.log'), readFileSync(path.join(folder, 'objects.log')))
    const other = await openMemoryExchange(optionsIn('', { folder: copy }))
    const state = stateOf(other)
    await other.close()
    return state
  }
  t.strictSame(await kept(), [1, 2, 3, 4].map(id => ({ id, image: picture(id), featureMap: '{}' })))

  // A file that is open for writing keeps a disk from becoming read-only: one that begins so.
  await exchange.close()
  t.equal(await run('mount', '-o', 'remount,ro', place), 0)
  const reading = await openMemoryExchange(optionsIn('', { folder, disk: { interval: 1, retry: 2 }, onTrouble: () => noticed() }))
  t.teardown(() => reading.close())
  t.match(reading.trouble, /can only be read/)
  t.equal(reading.objects.size, 4)
  t.not(reading.epoch, exchange.epoch, 'what cannot be written down is no history that can go on')
  reading.register(cameraOf('a'), 'first')
  t.match(await reading.start(orderOf('a')), { objectId: 5 })
  await reading.stop(1)
  await run('mount', '-o', 'remount,rw', place)
  while (reading.trouble !== undefined) await new Promise<void>(resolve => { noticed = resolve })
  t.strictSame((await kept()).map(({ id }) => id), [2, 3, 4, 5])
})
