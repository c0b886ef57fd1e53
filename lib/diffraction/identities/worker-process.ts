// One worker process from its start to its end. Whatever it says is believed as little as what it reads.
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { openLink } from './link.ts'
import type { FromProcess, ToProcess } from './messages.ts'

/** A process that has been started. */
export interface WorkerProcess {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined
  send (message: ToProcess, bytes?: Uint8Array): void
  /** Bytes that it has not taken yet. */
  readonly backlog: number
  /** Asks it to end, and kills it where it does not. */
  end (): void
  /** Kills it, and what it has started in its own group. */
  kill (): void
  /** Resolves when it has gone. */
  readonly gone: Promise<ProcessEnd>
}

/** How a process ended. */
export interface ProcessEnd {
  /** Such as `SIGKILL`, or `exit status 1`. */
  readonly status: string
  /** The last that it wrote to standard error. */
  readonly output: string
}

/** What a process is started with. */
export interface WorkerProcessOptions {
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Most bytes of a picture. */
  readonly mostBytes: number
  /** Milliseconds that it has to end by itself. */
  readonly farewell: number
  readonly onMessage: (message: FromProcess, bytes: Buffer | undefined) => void
}

/** Characters of standard error that are kept. */
const mostOutput = 2000

/** Memory for objects, in megabytes: frames lie outside of it, within budgets of their own. Nobody but the server may tell it anything, so a signal opens no inspector. */
const flags = ['--max-old-space-size=256', '--max-semi-space-size=2', '--disable-sigusr1', '--disable-warning=ExperimentalWarning']

/** Starts a process. It inherits nothing but the one end of its link. */
export function startProcess ({ environment, farewell, mostBytes, onMessage }: WorkerProcessOptions): WorkerProcess {
  const { promise: gone, resolve } = Promise.withResolvers<ProcessEnd>()
  // A process group of its own: Ctrl+C in a terminal reaches the server alone, and what the process starts can be killed with it.
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL('process.ts', import.meta.url))], {
    cwd: '/', env: environment, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe']
  })
  let output = ''
  let isGone = false
  let lastResort: NodeJS.Timeout | undefined
  const finish = (status: string) => {
    isGone = true
    clearTimeout(lastResort)
    resolve({ status, output })
  }
  child.once('close', (code, signal) => finish(signal ?? `exit status ${code}`))
  child.on('error', error => { if (child.pid === undefined) finish(error.message) })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { output = (output + text).slice(-mostOutput) }).on('error', () => {})

  const kill = () => {
    if (isGone || child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      child.kill('SIGKILL')
    }
  }
  const fault = (error: unknown) => {
    output = `${output}${String(error)}\n`
    kill()
  }
  const socket = child.stdio?.[3]
  const link = socket instanceof Socket ? openLink<ToProcess, FromProcess>(socket, { mostBytes, onMessage, onFault: fault }) : undefined
  // Nobody can speak with it any more.
  if (socket instanceof Socket) socket.on('close', kill)

  return {
    pid: child.pid,
    send (message, bytes) { link?.send(message, bytes) },
    get backlog () { return link?.backlog ?? 0 },
    end () {
      link?.send({ kind: 'end' })
      lastResort ??= setTimeout(kill, farewell)
    },
    kill,
    gone
  }
}
