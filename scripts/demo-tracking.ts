// npm run demo:tracking: a server with module `tracking`, two cameras that see coloured shapes wander about, and an operator who has them tracked, from start to end in one terminal.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { startOperator } from './tracking-demo/operator.ts'
import type { Operator } from './tracking-demo/operator.ts'
import { startProcessor } from './tracking-demo/processor.ts'
import type { Processor } from './tracking-demo/processor.ts'
import { createLines, createPictures } from './tracking-demo/view.ts'
import type { View } from './tracking-demo/view.ts'

const usage = `npm run demo:tracking -- [options]

--plain        lines only, no pictures; also where NO_COLOR is set or this is no terminal
--seconds S    ends by itself
--rate N       frames a second of each camera, instead of 10
--seed N       other ways of the shapes
`

const root = path.dirname(import.meta.dirname)

/** A server for the demonstration. */
interface Server { origin: string, end: () => Promise<void> }

/** Starts the server on a free port, with a folder of its own that goes with it. @throws Error where it does not start, with what it says */
async function startServer (say: (event: string) => void): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'demo-tracking-'))
  // In a group of its own, so that Ctrl+C comes here alone and everything ends in order.
  const child = spawn(process.execPath, [path.join(root, 'server.ts')], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', MODULES: 'tracking', DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const ended = once(child, 'close')
  let complaints = ''
  child.stderr.on('data', chunk => { complaints = (complaints + String(chunk)).slice(0, 10_000) })
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      ended.then(() => reject(new Error(`the server does not start: ${complaints}`)), reject)
      createInterface(child.stdout).on('line', line => {
        const { msg = '', level = 0 }: { msg?: string, level?: number } = line.startsWith('{') ? JSON.parse(line) : {}
        if (msg.startsWith('Server listening')) resolve(new URL(msg.slice(msg.indexOf('http'))).origin)
        // Warnings and worse.
        else if (level >= 40) say(`the server says: ${msg}`)
      })
    })
    return {
      origin,
      async end () {
        child.kill('SIGTERM')
        await ended
        await rm(folder, { recursive: true })
      }
    }
  } catch (error) {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
    throw error
  }
}

/** Says who has seen an object, and how often. */
async function tellTimeline (origin: string, objectId: number, say: (event: string) => void): Promise<void> {
  const response = await fetch(`${origin}/timelines?objectId=${objectId}`)
  if (!response.ok) return say(`object ${objectId} was never seen: ${await response.text()}`)
  const { data }: { data: Array<{ timeStamp: string, processorId: string }> } = JSON.parse(await response.text())
  const cameras = Map.groupBy(data, ({ processorId }) => processorId)
  const parts = [...cameras].map(([camera, sightings]) => `${sightings.length} times by camera ${camera}`)
  say(`timeline of object ${objectId}: seen ${parts.join(', ')}, first ${data[0]?.timeStamp}, last ${data.at(-1)?.timeStamp}`)
}

function read () {
  try {
    const { values } = parseArgs({ options: { plain: { type: 'boolean' }, seconds: { type: 'string' }, rate: { type: 'string' }, seed: { type: 'string' } } })
    const [seconds, rate, seed] = [Number(values.seconds ?? Infinity), Number(values.rate ?? 10), Number(values.seed ?? 1)]
    if (!(seconds > 0)) throw new RangeError('--seconds must be a number above 0')
    if (!(rate >= 1 && rate <= 60)) throw new RangeError('--rate must be a number from 1 to 60')
    if (!Number.isInteger(seed)) throw new RangeError('--seed must be a whole number')
    return { isPlain: values.plain === true || process.env.NO_COLOR !== undefined || process.stdout.isTTY !== true, seconds, rate, seed }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

async function main (): Promise<void> {
  const { isPlain, seconds, rate, seed } = read()
  // Before anything is started that would have to be ended.
  const { promise: enough, resolve: stop } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  const view: View = isPlain ? createLines(line => console.log(line)) : createPictures(text => process.stdout.write(text))
  const server = await startServer(view.say)
  let operator: Operator | undefined
  const processors: Processor[] = []
  try {
    view.say(`Tutti listens at ${server.origin}, where any other client or processor may join; Ctrl+C ends everything`)
    const address = server.origin.replace('http', 'ws')
    // Most of the time of a short demonstration is for the first two objects.
    const patience = Math.min(8000, seconds * 400)
    operator = await startOperator({ url: `${address}/client`, view, patience })
    for (const [index, name] of ['hall', 'yard'].entries()) {
      processors.push(await startProcessor({ name, url: `${address}/processor`, seed: seed + index, rate, say: view.say }))
    }
    const timer = Number.isFinite(seconds) ? setTimeout(stop, seconds * 1000, 'time') : undefined
    await enough
    clearTimeout(timer)
    await operator.end()
    for (const objectId of operator.objects) await tellTimeline(server.origin, objectId, view.say)
  } finally {
    for (const processor of processors) await processor.end()
    await server.end()
    view.say('everything has ended')
    view.end()
  }
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
