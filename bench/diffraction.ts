// npm run bench:diffraction: how long frames of a synthetic detector take until they can be seen, how many go out, and what memory holds.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { writeEiger } from '../scripts/diffraction-demo/eiger.ts'
import { writeIntoPage } from '../scripts/page-section.ts'
import type { Bar } from './bar.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { readDelay, readMemory } from './process-cost.ts'
import { barTable, brief, table } from './report.ts'
import { startProcess } from './server-process.ts'
import { median, percentile } from './statistics.ts'

const usage = `npm run bench:diffraction -- [options]

--distinct N    distinct frames of 16 megapixels that memory is watched over, instead of 500
--looks N       times that each kind of view is asked for, instead of 30
--out FOLDER    where the page goes, instead of docs where the numbers are worth it, and out otherwise
`

const root = path.dirname(import.meta.dirname)
const megabyte = 1024 * 1024
const { distinct, looks, out, isWhole } = read()
const machine = thisMachine()

/** The defaults of DIFFRACTION_FRAME_CACHE and DIFFRACTION_REDUCED_CACHE, in bytes. */
const budget = (256 + 128) * megabyte

/** Detectors whose frames are looked at. */
const detectors = [
  { name: 'eiger16m', title: 'Eiger 16M, 32 bit', width: 4150, height: 4371, allowed: 250 },
  { name: 'eiger4m', title: 'Eiger 4M, 32 bit', width: 2070, height: 2167, allowed: 120 },
  { name: 'six', title: '6 megapixels, 32 bit', width: 2463, height: 2527, allowed: 120 }
] as const

/** Frames in one master; copies of it under other names make more that nobody has seen. */
const framesInMaster = 5

console.log(describeMachine(machine))
const folder = mkdtempSync(path.join(tmpdir(), 'bench-diffraction-'))
const frames = path.join(folder, 'frames')
mkdirSync(frames)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
await prepareFrames()
writeFileSync(path.join(folder, 'sessions.json'), JSON.stringify({ bench: { uid: 'bench', pid: 'bench', role: 'user', allowedESAFs: [1] } }))

/** Times in milliseconds, and the bar for them where there is one. */
interface Times { title: string, bar?: { allowed: string, limit: number, judged: 'p95' | 'median' }, times: number[] }

const copies = new Map<string, number>()
const measured: Times[] = []
let mostLate = 0

// A beamline has one detector, and so has a server here. The last of these goes on to what is measured besides.
let { server, pool } = await begin(detectors[0].name)
for (const [number, { name, title, allowed }] of detectors.entries()) {
  if (number > 0) {
    await end()
    ;({ server, pool } = await begin(name))
  }
  measured.push({ title: `cold view of 1024 pixels, ${title}`, bar: { allowed: `below ${allowed} ms`, limit: allowed, judged: 'p95' }, times: await repeat(looks, async index => await view(unseen(name, index), 1 + index % framesInMaster)) })
  mostLate = Math.max(mostLate, await late())
}
const known = unseen('eiger16m', 0)
await view(known, 1)
measured.push({ title: 'a reduced frame with new contrast', bar: { allowed: 'below 12 ms', limit: 12, judged: 'median' }, times: await repeat(looks, async index => await view(known, 1, { contrast: 20 + index })) })
// What of it is JPEG of the highest quality, which is the default as it is that of the LS-CAT image server.
for (const quality of [90, 50]) measured.push({ title: `the same in JPEG of quality ${quality}`, times: await repeat(looks, async index => await view(known, 1, { contrast: 20 + index, quality })) })
measured.push({ title: 'a tile of a frame that is in memory, zoom 4', bar: { allowed: 'below 50 ms', limit: 50, judged: 'median' }, times: await repeat(looks, async index => await view(known, 1, { zoom: 4, segcol: index % 4, segrow: Math.floor(index / 4) % 4, xsize: 512 + index })) })
mostLate = Math.max(mostLate, await late())

const rate = await throughput(8, 5000)
mostLate = Math.max(mostLate, await late())

const before = await decoded()
const crowd = unseen('eiger16m', 0)
const waits = (await Promise.all(Array.from({ length: 100 }, () => view(crowd, 2)))).toSorted((a, b) => a - b)
const decodes = await decoded() - before
mostLate = Math.max(mostLate, await late())

await end()
;({ server, pool } = await begin('eiger16m'))
const memory = await watchMemory()
mostLate = Math.max(mostLate, await late())
await end()

const bars: Bar[] = [
  ...measured.flatMap(({ title, bar, times }): Bar[] => {
    if (bar === undefined) return []
    const { allowed, judged, limit } = bar
    const size = judged === 'p95' ? percentile(times, 0.95) : median(times)
    return [{ what: `${title}, ${judged === 'p95' ? '95th percentile' : 'median'}`, allowed, measured: `${size.toFixed(1)} ms`, where: `${times.length} times`, holds: size < limit }]
  }),
  { what: 'JPEGs a second of reduced frames', allowed: 'at least 100', measured: rate.toFixed(0), where: '8 clients', holds: rate >= 100 },
  { what: 'frames decoded for 100 viewers of one', allowed: '1', measured: String(decodes), where: 'Eiger 16M', holds: decodes === 1 },
  { what: 'memory over distinct frames of 16 megapixels', allowed: `below ${((budget / megabyte) + 300).toFixed(0)} MB`, measured: `${(memory / megabyte).toFixed(0)} MB`, where: `${distinct} frames`, holds: memory < budget + 300 * megabyte },
  { what: 'event loop of the server late by', allowed: 'at most 20 ms', measured: `${mostLate.toFixed(1)} ms`, where: 'all of the above', holds: mostLate <= 20 }
]
finish()

/** Starts a server that has shown one file already: the first of all waits for the worker process to begin. */
async function begin (name: string) {
  const server = await startProcess({
    MODULES: 'diffraction',
    DIFFRACTION_IDENTITY: 'single',
    DIFFRACTION_ROOT: frames,
    DIFFRACTION_SESSIONS: path.join(folder, 'sessions.json'),
    // What is measured is asked for, and nothing else.
    DIFFRACTION_PREFETCH: '0',
    DATA_DIR: path.join(folder, 'data')
  })
  const pool = new Pool(server.origin, { connections: 128, bodyTimeout: 60_000, headersTimeout: 60_000 })
  for (let frame = 1; frame <= framesInMaster; frame++) await ask(pool, `${name}_master.h5`, frame)
  await readDelay(server.process)
  return { server, pool }
}

async function end (): Promise<void> {
  await pool.close()
  await server.end()
}

/** Writes the masters that all others are copies of. */
async function prepareFrames (): Promise<void> {
  for (const { name, width, height } of detectors) await writeEiger(frames, { name, version: '1.8.0', width, height, frames: framesInMaster, framesPerFile: framesInMaster, depth: 32 })
}

/** A master whose frames nobody has seen: a copy of a master, which links to the same data file. */
function unseen (name: string, index: number): string {
  const number = index % framesInMaster === 0 ? (copies.get(name) ?? 0) + 1 : copies.get(name) ?? 1
  copies.set(name, number)
  const file = `${name}_${number}_master.h5`
  if (!existsSync(path.join(frames, file))) cpSync(path.join(frames, `${name}_master.h5`), path.join(frames, file))
  return file
}

/** Asks the server of the moment for a picture. @returns milliseconds until it is there whole */
async function view (fn: string, frame: number, more: Record<string, number> = {}): Promise<number> {
  return await ask(pool, fn, frame, more)
}

async function ask (pool: Pool, fn: string, frame: number, more: Record<string, number> = {}): Promise<number> {
  const begun = performance.now()
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/diffraction/jpeg',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify({ esaf: 1, fn, frame, xsize: 1024, zoom: 1, segcol: 0, segrow: 0, contrast: 0, wval: -1, ...more })
  })
  const bytes = await body.bytes()
  if (statusCode !== 200 || bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error(`no picture of ${fn}: ${statusCode} ${Buffer.from(bytes).toString('utf8', 0, 300)}`)
  return performance.now() - begun
}

async function repeat (times: number, work: (index: number) => Promise<number>): Promise<number[]> {
  const taken: number[] = []
  for (let index = 0; index < times; index++) taken.push(await work(index))
  return taken
}

/** Pictures a second, each with a contrast of its own, of eight frames that have been reduced. */
async function throughput (clients: number, milliseconds: number): Promise<number> {
  const file = unseen('eiger4m', 0)
  for (let frame = 1; frame <= framesInMaster; frame++) await view(file, frame)
  const end = performance.now() + milliseconds
  let count = 0
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    while (performance.now() < end) {
      await view(file, 1 + client % framesInMaster, { contrast: 20 + count % 1000 })
      count += 1
    }
  }))
  return count / milliseconds * 1000
}

/** How many frames have been decoded so far, as the server counts. */
async function decoded (): Promise<number> {
  const { body } = await pool.request({ method: 'GET', path: '/metrics' })
  const [, number] = (await body.text()).match(/^tutti_diffraction_decoded_total (\d+)$/m) ?? []
  if (number === undefined) throw new Error('the server does not say how many frames it has decoded')
  return Number(number)
}

/** The most memory that server and worker process have together while frames that nobody has seen are asked for one after the other, in bytes. */
async function watchMemory (): Promise<number> {
  let most = 0
  for (let index = 0; index < distinct; index++) {
    await view(unseen('eiger16m', index), 1 + index % framesInMaster)
    most = Math.max(most, await readMemory(server.pid) ?? 0)
    if (index % 50 === 49) console.log(`${index + 1} frames: ${(most / megabyte).toFixed(0)} MB at most`)
  }
  return most
}

async function late (): Promise<number> {
  return (await readDelay(server.process)).most
}

function finish (): void {
  const section = `## Diffraction frames

\`npm run bench:diffraction\` measured this on ${describeMachine(machine)}: synthetic frames, bitshuffle-LZ4 in HDF5, which the page cache of the system holds; asked for by \`POST /diffraction/jpeg\`
from a process of its own, one at a time where nothing else is said. *Cold* is a frame that the server has never seen; each detector has a server of its own, which has shown one file before.
Memory is that of the server and its worker process together, the pages of the program counted once.

${barTable(bars)}

${table(['', 'median, ms', 'p95, ms', 'most, ms'], measured.map(({ title, times }) => [title, brief(median(times)), brief(percentile(times, 0.95)), brief(Math.max(...times))]))}

Of 100 viewers of one cold frame of 16 megapixels the first had its picture after ${brief(waits[0])} ms, the last after ${brief(waits.at(-1))} ms.
`
  mkdirSync(path.join(root, 'out'), { recursive: true })
  writeFileSync(path.join(root, 'out/bench-diffraction.json'), `${JSON.stringify({ machine, measured, rate, decodes, waits, memory, mostLate })}\n`)
  const page = path.resolve(root, out ?? (isWhole ? 'docs' : 'out'), 'performance.md')
  writeIntoPage(page, section)
  console.log(`${section}\nwritten: ${path.relative(root, page)}, out/bench-diffraction.json`)
  if (bars.some(({ holds }) => holds === false)) process.exitCode = 1
}

function read () {
  try {
    const { values } = parseArgs({ options: { distinct: { type: 'string' }, looks: { type: 'string' }, out: { type: 'string' } } })
    const number = (name: string, text: string) => {
      const value = Number(text)
      if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`${name} must be a whole number from 1 on`)
      return value
    }
    return { distinct: number('--distinct', values.distinct ?? '500'), looks: number('--looks', values.looks ?? '30'), out: values.out, isWhole: values.distinct === undefined && values.looks === undefined }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
