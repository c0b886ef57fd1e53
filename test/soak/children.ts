// The processes of a soak: the server as it is, and the services it asks.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../compile-cache.ts'
import { imageArguments } from '../image-arguments.ts'
import type { Probing, Reading } from './probe.ts'

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** A server under observation. */
export interface ObservedServer {
  port: number
  pid: number
  /** Everything it wrote to standard error. */
  stderr (): string
  /** What log lines tell of errors: text and reason, each with its number. */
  errors: Map<string, number>
  /** What the process says of itself. @throws Error where it has ended */
  probe (probing: Probing): Promise<Reading>
  /** Open files and connections. */
  descriptors (): Promise<number>
  /** Asks it to end. @returns its exit code, null where it was killed */
  stop (): Promise<number | null>
  /** Ends it at once. */
  kill (): void
}

/** Starts the server. @throws Error when it ends before it listens */
export async function startServer (environment: Record<string, string>): Promise<ObservedServer> {
  const child = spawn(process.execPath, [...imageArguments, '--expose-gc', '--import', new URL('probe.ts', import.meta.url).href, at('../../server.ts')], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const { stdout, stderr, pid } = child
  if (stdout === null || stderr === null || pid === undefined) throw new Error('the server cannot be started')
  let complaints = ''
  stderr.on('data', chunk => { complaints = (complaints + String(chunk)).slice(0, 100_000) })
  const errors = new Map<string, number>()
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const port = await new Promise<number>((resolve, reject) => {
    ended.then(() => reject(new Error(`the server has ended: ${complaints}`)))
    createInterface(stdout).on('line', line => {
      const level = Number(line.match(/^\{"level":(\d+)/)?.[1])
      if (level < 50 && !line.includes('"Server listening')) return
      const { msg = '', cause, err } = JSON.parse(line) as { msg?: string, cause?: string, err?: { message: string } }
      const text = `${msg} (${cause ?? err?.message ?? 'no reason'})`
      if (level >= 50) errors.set(text, (errors.get(text) ?? 0) + 1)
      else resolve(Number(new URL(msg.slice(msg.indexOf('http'))).port))
    })
  })
  return {
    port,
    pid,
    stderr: () => complaints,
    errors,
    async probe (probing) {
      const reply = once(child, 'message')
      child.send(probing)
      const [reading] = await Promise.race([reply, ended.then(() => { throw new Error(`the server has ended: ${complaints}`) })]) as [Reading]
      return reading
    },
    descriptors: async () => (await readdir(`/proc/${pid}/fd`)).length,
    async stop () {
      child.kill('SIGTERM')
      return await ended
    },
    kill: () => end(child)
  }
}

/** Starts the services. @returns their addresses by name, and what ends them */
export async function startServices (seed: number): Promise<{ origins: Record<string, string>, stop: () => void }> {
  const child = spawn(process.execPath, [at('service-process.ts')], {
    env: { PATH: process.env.PATH, ...compileCache, SOAK_SEED: String(seed) }, stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const [origins] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('the services have ended') })])
  return { origins, stop: () => end(child) }
}

function end (child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
}
