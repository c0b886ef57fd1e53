// Broken HDF5 files: each is refused or read, none takes long, none ends the thread, none leaves a file open, none says anything on standard error.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DiffractionError } from '../../../../lib/diffraction/diffraction-error.ts'
import { openHdf5 } from '../../../../lib/diffraction/formats/hdf5.ts'
import { writeEiger, writeNxmx } from '../../../../scripts/diffraction-demo/eiger.ts'
import { figure, sized } from '../../../long.ts'

const size = { width: 60, height: 50 }

/** Numbers that follow from a seed, from 0 to below 1. */
function randomOf (seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

/** Reads all that there is of a file. */
async function readAll (path: string): Promise<'read' | 'refused'> {
  try {
    const file = await openHdf5(path, { mayOpen: () => true, maxPixels: 1e6 })
    try {
      file.metadata(1)
      file.companions(1)
      const mask = file.mask()
      const { pixels } = file.read(1, mask)
      return pixels.length === file.width * file.height ? 'read' : 'refused'
    } finally {
      file.close()
    }
  } catch (error) {
    if (!(error instanceof DiffractionError)) throw error
    return 'refused'
  }
}

t.test('files with bits turned over, cut off, or with pieces overwritten', async t => {
  const folder = realpathSync(t.testdir())
  const { master, data: [data = ''] } = await writeEiger(folder, { ...size, name: 'x', frames: 1, framesPerFile: 1 })
  const { master: one } = await writeNxmx(folder, { ...size, name: 'y', frames: 1, compression: 'gzip' })
  const times = sized(25, 1000)
  const random = randomOf(7)
  let longest = 0
  const counts = { read: 0, refused: 0 }
  for (const [target, opened] of [[master, master], [data, master], [one, one]] as const) {
    const whole = readFileSync(target)
    // What says where all else is lies at the beginning.
    const place = () => Math.floor((random() < 0.7 ? Math.min(whole.length, 6000) : whole.length) * random())
    for (let i = 0; i < times; i++) {
      let bytes = Buffer.from(whole)
      const kind = i % 3
      if (kind === 0) for (let n = 0; n < 1 + 8 * random(); n++) bytes[place()]! ^= 1 << Math.floor(8 * random())
      else if (kind === 1) bytes = bytes.subarray(0, Math.floor(whole.length * random()))
      else bytes.fill(random() < 0.5 ? 0xff : Math.floor(256 * random()), place(), place() + 4)
      writeFileSync(target, bytes)
      const start = performance.now()
      counts[await readAll(opened)] += 1
      longest = Math.max(longest, performance.now() - start)
    }
    writeFileSync(target, whole)
  }
  t.equal(await readAll(master), 'read', 'whole files are read afterwards')
  t.equal(await readAll(one), 'read')
  t.equal(readdirSync('/proc/self/fd').filter(number => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(folder)
    } catch {
      return false
    }
  }).length, 0, 'nothing stays open')
  t.ok(counts.refused > 0)
  figure(t, 'hdf5, data files too', `${3 * times} files: ${counts.read} read, ${counts.refused} refused, longest ${Math.round(longest)} ms`)
})

t.test('lists of free places that lead anywhere do not fill the memory', async t => {
  const { master } = await writeEiger(realpathSync(t.testdir()), { ...size, name: 'x', frames: 4, framesPerFile: 2 })
  await readAll(master)
  const whole = readFileSync(master)
  const before = process.resourceUsage().maxRSS
  let heaps = 0
  let refused = 0
  for (let at = whole.indexOf('HEAP'); at >= 0; at = whole.indexOf('HEAP', at + 1)) {
    // In a local heap the place of the first free block comes after its signature, version and size (HDF5 File Format Specification, III.D).
    const list = at + 16
    const free = whole.readBigUInt64LE(list)
    const copy = Buffer.from(whole)
    for (const shift of [8n, 16n, -8n]) {
      copy.writeBigUInt64LE(BigInt.asUintN(64, free + shift), list)
      writeFileSync(master, copy)
      if (await readAll(master) === 'refused') refused += 1
    }
    heaps += 1
  }
  t.ok(heaps > 5 && refused > 0, `${refused} of ${3 * heaps} were refused`)
  const more = (process.resourceUsage().maxRSS - before) / 1024
  t.ok(more < 400, `${Math.round(more)} MB`)
})

t.test('what is no number is left out of the metadata', async t => {
  const { master } = await writeEiger(realpathSync(t.testdir()), { ...size, name: 'x', frames: 1, framesPerFile: 1 })
  const metadata = async () => {
    const file = await openHdf5(master, { mayOpen: () => true, maxPixels: 1e6 })
    try {
      return file.metadata(1)
    } finally {
      file.close()
    }
  }
  const { value } = (await metadata()).beam_center_x ?? {}
  const bytes = readFileSync(master)
  const number = Buffer.alloc(8)
  number.writeDoubleLE(Number(value))
  const half = Buffer.alloc(4)
  half.writeFloatLE(Number(value))
  for (const each of [number, half]) for (let at = bytes.indexOf(each); at >= 0; at = bytes.indexOf(each, at + 1)) bytes.fill(0xff, at, at + each.length)
  writeFileSync(master, bytes)
  const after = await metadata()
  t.notOk('beam_center_x' in after)
  t.ok('detector_distance' in after)
})

t.test('standard error stays empty', async t => {
  const folder = t.testdir({ 'junk.h5': 'not HDF5', 'run.ts': '' })
  const { data: [data = ''], master } = await writeEiger(folder, { ...size, name: 'x', frames: 1, framesPerFile: 1 })
  writeFileSync(data, readFileSync(data).subarray(0, 3000))
  writeFileSync(join(folder, 'run.ts'), `
    import { openHdf5 } from ${JSON.stringify(new URL('../../../../lib/diffraction/formats/hdf5.ts', import.meta.url).href)}
    for (const path of ${JSON.stringify([join(folder, 'junk.h5'), master])}) {
      try {
        const file = await openHdf5(path, { mayOpen: () => true, maxPixels: 1e6 })
        file.read(1)
      } catch (error) {
        console.log(error.code)
      }
    }
  `)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'run.ts')], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' } })
  t.strictSame({ status, stdout, stderr }, { status: 0, stdout: 'FILE_BROKEN\nFRAME_MISSING\n', stderr: '' })
})
