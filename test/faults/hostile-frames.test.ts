// Files of frames that are made to break their reader: each is refused by name, soon, and without memory being taken for what it claims.
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { byteOffset, cbfBytes, writeCbf } from '../diffraction-frames/cbf.ts'
import { marccdBytes } from '../diffraction-frames/marccd.ts'
import { opened } from '../diffraction-frames/opened.ts'
import { writeSmv } from '../diffraction-frames/smv.ts'
import { tiffBytes, writeTiff } from '../diffraction-frames/tiff.ts'
import { figure } from '../long.ts'

/** Memory that one refusal may cost, in kilobytes. */
const affordable = 100 * 1024

/** Asserts that a file is refused, within bounds of memory. */
async function refused (t: Test, file: string, code: string): Promise<void> {
  const before = process.resourceUsage().maxRSS
  await t.rejects(opened(file), { code })
  t.ok(process.resourceUsage().maxRSS - before < affordable, 'no memory was taken for it')
}

t.test('F30: a header that says 60,000 × 60,000 is refused before memory is taken, in every format', async t => {
  const folder = t.testdir({})
  const [width, height] = [60_000, 60_000]
  const counts = [1, 2, 3, 4]
  const side = String(width)
  writeCbf(path.join(folder, 'a.cbf'), { width: 2, height: 2, counts, fields: { 'X-Binary-Size-Fastest-Dimension': side, 'X-Binary-Size-Second-Dimension': side, 'X-Binary-Number-of-Elements': undefined } })
  writeFileSync(path.join(folder, 'a.tif'), tiffBytes({ width: 2, height: 2, counts, fields: { 256: [width], 257: [height] } }))
  writeFileSync(path.join(folder, 'a.mccd'), marccdBytes({ width: 2, height: 2, counts, numbers: { 80: width, 84: height } }))
  writeSmv(path.join(folder, 'a.img'), { width: 2, height: 2, counts, fields: { SIZE1: side, SIZE2: side } })
  for (const name of ['a.cbf', 'a.tif', 'a.img']) await refused(t, path.join(folder, name), 'TOO_LARGE')
  // The header of a camera that is not that of the pixels is none.
  t.equal((await opened(path.join(folder, 'a.mccd'))).format, 'tiff')
})

t.test('F30: a size that is allowed, of which the file has next to nothing', async t => {
  const folder = t.testdir({})
  const side = '9999'
  const counts = [1, 2, 3, 4]
  writeCbf(path.join(folder, 'a.cbf'), { width: 2, height: 2, counts, fields: { 'X-Binary-Size-Fastest-Dimension': side, 'X-Binary-Size-Second-Dimension': side, 'X-Binary-Number-of-Elements': undefined, 'X-Binary-Size': '99999999' } })
  writeFileSync(path.join(folder, 'a.tif'), tiffBytes({ width: 2, height: 2, counts, bits: 32, fields: { 256: [9999], 257: [9999] } }))
  writeSmv(path.join(folder, 'a.img'), { width: 2, height: 2, counts, fields: { SIZE1: side, SIZE2: side } })
  for (const name of ['a.cbf', 'a.tif', 'a.img']) await refused(t, path.join(folder, name), 'FILE_BROKEN')
})

t.test('F30: a CBF file that is cut off, and one that announces more than it has', async t => {
  const file = path.join(t.testdir({}), 'a.cbf')
  const counts = Array.from({ length: 100 * 100 }, (_, at) => at % 500)
  const bytes = cbfBytes({ width: 100, height: 100, counts })
  const binary = bytes.indexOf('\x0c\x1a\x04\xd5', 0, 'latin1') + 4
  for (const length of [1, 100, binary - 1, binary, binary + 1, binary + byteOffset(counts).length - 1]) {
    writeFileSync(file, bytes.subarray(0, length))
    await refused(t, file, 'FILE_BROKEN')
  }
})

t.test('F30: differences that run out of 32 bits, and out of 64', async t => {
  const file = path.join(t.testdir({}), 'a.cbf')
  const longest = (...low: number[]) => Buffer.from([0x80, 0, 0x80, 0, 0, 0, 0x80, ...low])
  for (const bytes of [
    Buffer.concat([longest(0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0), Buffer.from([1, 0, 0])]),
    Buffer.concat([longest(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), longest(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), Buffer.from([0, 0])]),
    Buffer.concat([longest(0, 0, 0, 0, 0, 0, 0, 0x80), Buffer.from([0, 0, 0])]),
    Buffer.from([0, 0, 0, 0x80]), Buffer.from([0, 0, 0, 0x80, 0, 0x80]), Buffer.from([0, 0, 0x80, 0, 0x80, 0, 0, 0, 0x80])
  ]) {
    writeCbf(file, { width: 2, height: 2, counts: [], bytes })
    await refused(t, file, 'FILE_BROKEN')
  }
})

t.test('F30: directories of TIFF in a circle are not gone round, and 10,000 strips are read', async t => {
  const file = path.join(t.testdir({}), 'a.tif')
  const counts = Array.from({ length: 10_000 }, (_, at) => at)
  writeTiff(file, { width: 1, height: 10_000, counts, rowsPerStrip: 1, nextDirectory: 8 })
  t.same((await opened(file)).counts, counts)
  writeTiff(file, { width: 1, height: 10_000, counts, rowsPerStrip: 1, isDeflated: true, nextDirectory: 8 })
  t.same((await opened(file)).counts, counts)
  // All strips at the same place, of the whole file each.
  writeTiff(file, { width: 1, height: 10_000, counts, rowsPerStrip: 1, isDeflated: true, fields: { 273: counts.map(() => 8), 279: counts.map(() => 100_000) } })
  await refused(t, file, 'FILE_BROKEN')
  writeTiff(file, { width: 1, height: 100_000, counts: Array<number>(100_000).fill(0), rowsPerStrip: 1 })
  await refused(t, file, 'FILE_BROKEN')
  // The directory itself, and a field of it, where there is nothing.
  writeFileSync(file, Buffer.from([0x49, 0x49, 42, 0, 0xff, 0xff, 0xff, 0xff]))
  await refused(t, file, 'FILE_BROKEN')
  writeFileSync(file, Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0xff, 0xff, 0, 1]))
  await refused(t, file, 'FILE_BROKEN')
  const bytes = tiffBytes({ width: 1, height: 10, counts, rowsPerStrip: 1 })
  const field = bytes.indexOf(Buffer.from([0x11, 0x01, 4, 0]))
  bytes.writeUInt32LE(0xffffffff, field + 4)
  bytes.writeUInt32LE(0xfffffff0, field + 8)
  writeFileSync(file, bytes)
  await refused(t, file, 'FILE_BROKEN')
})

t.test('F30: a strip that inflates without end', async t => {
  const file = path.join(t.testdir({}), 'a.tif')
  const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024))
  const bytes = tiffBytes({ width: 10, height: 10, counts: Array<number>(100).fill(0), fields: { 259: [8], 279: [bomb.length], 273: [1000] } })
  writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(1000)], 1000))
  appendFileSync(file, bomb)
  await refused(t, file, 'FILE_BROKEN')
})

t.test('F30: a file of 50 GB that is a frame at its beginning', async t => {
  const folder = t.testdir({})
  const frame = { width: 2, height: 2, counts: [1, 2, 3, 4] }
  const before = process.resourceUsage().maxRSS
  writeCbf(path.join(folder, 'a.cbf'), frame)
  writeTiff(path.join(folder, 'a.tif'), frame)
  writeSmv(path.join(folder, 'a.img'), frame)
  for (const name of ['a.cbf', 'a.tif', 'a.img']) {
    truncateSync(path.join(folder, name), 50e9)
    t.same((await opened(path.join(folder, name))).counts, [1, 2, 3, 4])
  }
  writeFileSync(path.join(folder, 'zeros.cbf'), '')
  truncateSync(path.join(folder, 'zeros.cbf'), 50e9)
  await refused(t, path.join(folder, 'zeros.cbf'), 'FILE_BROKEN')
  const cost = process.resourceUsage().maxRSS - before
  figure(t, 'F30', `files of 50 GB took ${Math.round(cost / 1024)} MB`)
  t.ok(cost < affordable)
})
