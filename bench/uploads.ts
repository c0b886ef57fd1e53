// npm run bench:uploads: how soon uploads are refused that are too long, no modules, lie about their length or keep the engine busy, and how late the event loop is meanwhile.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import wabt from 'wabt'
import { writeIntoPage } from '../scripts/page-section.ts'
import type { Bar } from './bar.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { readDelay } from './process-cost.ts'
import { barTable, brief } from './report.ts'
import { startProcess } from './server-process.ts'
import { median } from './statistics.ts'

/** Times that each is sent. */
const rounds = 10

/** Bounds of an upload: time until it is answered, and how late the event loop may be, in milliseconds. */
const most = { answer: 2000, delay: 50 }

const root = path.dirname(import.meta.dirname)
const machine = thisMachine()
const folder = mkdtempSync(path.join(tmpdir(), 'bench-uploads-'))
const server = await startProcess({ MODULES: 'devices', DEVICES_MDNS: 'off', DATA_DIR: folder })
process.on('exit', () => {
  server.process.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
process.on('SIGTERM', () => process.exit(1))
process.on('SIGINT', () => process.exit(1))

const { parseWat } = await wabt()
const endless = Buffer.from(parseWat('start.wat', '(module (func $s (loop br 0)) (start $s) (func (export "f") (result i32) i32.const 7))').toBinary({}).buffer)

/** What is sent: a name, the status that is right, the bytes of the file, and what the head says instead of how long the body is. */
interface Upload { readonly name: string, readonly expected: number, readonly file: Uint8Array, readonly claims?: 'nothing' | 'less' }

const zeros = new Uint8Array(200_000_000)
const uploads: readonly Upload[] = [
  { name: 'a module whose start function never ends: accepted, and not run', expected: 201, file: endless },
  { name: '200 MB, whose length the head says', expected: 413, file: zeros },
  { name: '200 MB in chunks, without a length', expected: 413, file: zeros, claims: 'nothing' },
  { name: 'a head that says less than comes', expected: 400, file: zeros.subarray(0, 1_000_000), claims: 'less' },
  { name: 'a picture that says it is a module', expected: 422, file: Buffer.from('GIF89a') },
  { name: 'a module that promises ten million functions', expected: 422, file: promising(10_000_000) },
  { name: 'a module of which a section says it is longer than the file', expected: 422, file: Buffer.from([...endless.subarray(0, 8), 1, 0xff, 0xff, 0xff, 0x7f, 0]) },
  { name: 'a valid module that keeps the engine busy for longer', expected: 504, file: manyLocals(400_000) }
]

const measured = []
// The first one starts the process that looks at modules.
await send(uploads[0]!)
for (const upload of uploads) {
  const times: number[] = []
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    await readDelay(server.process)
    const begun = performance.now()
    const status = await send(upload)
    times.push(performance.now() - begun)
    delays.push((await readDelay(server.process)).most)
    if (status !== upload.expected) throw new Error(`${upload.name}: ${status} instead of ${upload.expected}`)
  }
  measured.push({ name: upload.name, times, delays })
  console.log(`${upload.name}: ${uploads.indexOf(upload) + 1} of ${uploads.length}, ${brief(median(times))} ms, ${brief(Math.max(...times))} ms at most; event loop late by ${brief(Math.max(...delays))} ms at most`)
}
await server.end()

const bars = measured.map(({ name, times, delays }): Bar => ({
  what: name,
  allowed: `${brief(most.answer / 1000)} s, ${most.delay} ms`,
  measured: `${brief(Math.max(...times) / 1000)} s, ${brief(Math.max(...delays))} ms`,
  where: `the most of ${times.length}`,
  holds: Math.max(...times) <= most.answer && Math.max(...delays) <= most.delay
}))
const section = `## Uploads of modules

\`npm run bench:uploads\` measured this on ${describeMachine(machine)}: the time from the first byte of an upload to its answer, and how late the event loop of the server was meanwhile.

${barTable(bars)}
`
mkdirSync(path.join(root, 'out'), { recursive: true })
writeFileSync(path.join(root, 'out/bench-uploads.json'), `${JSON.stringify({ machine, measured })}\n`)
writeIntoPage(path.join(root, 'docs/performance.md'), section)
console.log(section)
if (bars.some(({ holds }) => holds === false)) process.exitCode = 1

/** Sends a form over a connection of its own, whatever its head says. @returns the status of the answer */
async function send ({ file, claims }: Upload): Promise<number> {
  const edge = 'edge'
  const begin = Buffer.from(`--${edge}\r\ncontent-disposition: form-data; name="name"\r\n\r\nnew\r\n--${edge}\r\ncontent-disposition: form-data; name="wasm"; filename="new.wasm"\r\ncontent-type: application/wasm\r\n\r\n`)
  const end = Buffer.from(`\r\n--${edge}--\r\n`)
  const length = begin.length + file.length + end.length
  const says = claims === 'nothing' ? 'transfer-encoding: chunked' : `content-length: ${claims === 'less' ? begin.length + 1000 : length}`
  const { hostname, port } = new URL(server.origin)
  const socket = connect(Number(port), hostname)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  // What the server does not take any more is a reset; the answer has come before.
  socket.on('error', reject)
  socket.on('data', answer => {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1')) ?? []
    if (status !== undefined) resolve(Number(status))
  })
  socket.on('close', () => reject(new Error('no answer')))
  const chunk = (part: Uint8Array) => claims === 'nothing' ? [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')] : [part]
  socket.write(`POST /api/v1/modules HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: multipart/form-data; boundary=${edge}\r\n${says}\r\n\r\n`)
  for (const part of chunk(begin)) socket.write(part)
  const state = { isAnswered: false }
  const noted = () => { state.isAnswered = true }
  const answered = promise.then(noted, noted)
  const step = 1024 * 1024
  for (let at = 0; at < file.length && !state.isAnswered; at += step) {
    const isFull = chunk(file.subarray(at, at + step)).map(part => socket.write(part)).includes(false)
    if (isFull) await Promise.race([new Promise(resolve => socket.once('drain', resolve)), answered])
  }
  for (const part of chunk(end)) socket.write(part)
  if (claims === 'nothing') socket.write('0\r\n\r\n')
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

/** A number in LEB128: https://webassembly.github.io/spec/core/binary/values.html#integers */
function leb (number: number): number[] {
  return number < 128 ? [number] : [(number % 128) | 128, ...leb(Math.floor(number / 128))]
}

function sectionOf (id: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([id, ...leb(content.length)]), content])
}

/** A module whose section of functions says that there are so many, and ends. */
function promising (functions: number): Buffer {
  return Buffer.concat([endless.subarray(0, 8), sectionOf(1, Buffer.from([1, 0x60, 0, 0])), sectionOf(3, Buffer.from(leb(functions)))])
}

/** A valid module of so many functions with 50,000 local variables each, which engines take long to check. */
function manyLocals (functions: number): Buffer {
  const code = Buffer.from([1, ...leb(50_000), 0x7f, 0x0b])
  const body = Buffer.concat([Buffer.from(leb(code.length)), code])
  const types = sectionOf(1, Buffer.from([1, 0x60, 0, 0]))
  const declared = sectionOf(3, Buffer.concat([Buffer.from(leb(functions)), Buffer.alloc(functions)]))
  return Buffer.concat([endless.subarray(0, 8), types, declared, sectionOf(10, Buffer.concat([Buffer.from(leb(functions)), ...Array.from({ length: functions }, () => body)]))])
}
