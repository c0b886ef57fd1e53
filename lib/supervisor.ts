// Keeps processes running: starts each, waits until it says that it is ready, starts it again with back-off when it ends.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** A program that is kept running. It sends `{ type: 'listening', port }` over its IPC channel once it is ready. */
export interface Program {
  /** Name for messages. */
  name: string
  /** Path of its script. */
  script: string
}

/** What happens to a program. */
export interface SupervisorEvents {
  /** It is ready and listens on a port of this machine. */
  onReady: (name: string, port: number) => void
  /** It has ended by itself and will be started again after so many milliseconds. */
  onCrash: (name: string, status: string, pause: number) => void
}

/** How long to wait before a program is started again, in milliseconds. */
export interface BackOff {
  /** First pause. */
  first: number
  /** Longest pause; each one is twice as long as the one before. */
  longest: number
  /** A program that ran so long starts with the first pause again. */
  steady: number
}

/** Programs that are kept running. */
export interface Supervisor {
  /** Tells all programs to end (SIGTERM), kills those that do not within `grace` milliseconds, and resolves when none is left. */
  stop (grace?: number): Promise<void>
}

interface Kept { child: ChildProcess | undefined, pause: number, restart: NodeJS.Timeout | undefined }

/**
 * Starts programs and keeps them running.
 * @param environment - environment of the programs
 */
export function supervise (
  programs: readonly Program[], environment: NodeJS.ProcessEnv, events: SupervisorEvents,
  backOff: BackOff = { first: 500, longest: 30000, steady: 60000 }
): Supervisor {
  let stopping = false
  const kept = programs.map(program => {
    const state: Kept = { child: undefined, pause: backOff.first, restart: undefined }
    const start = () => {
      const startedAt = performance.now()
      // A process group of its own: Ctrl+C in a terminal reaches the supervisor alone, which stops the others in order.
      const child = fork(program.script, { env: environment, detached: true, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      state.child = child
      child.on('message', message => {
        const port = readyPort(message)
        if (port !== undefined) events.onReady(program.name, port)
      })
      // A process that could not even be started has no exit.
      child.once('error', () => {})
      child.once('close', (code, signal) => {
        state.child = undefined
        if (stopping) return
        if (performance.now() - startedAt >= backOff.steady) state.pause = backOff.first
        events.onCrash(program.name, signal ?? `exit status ${code}`, state.pause)
        state.restart = setTimeout(start, state.pause)
        state.pause = Math.min(state.pause * 2, backOff.longest)
      })
    }
    start()
    return state
  })

  return {
    async stop (grace = 12000) {
      stopping = true
      await Promise.all(kept.map(async ({ child, restart }) => {
        clearTimeout(restart)
        if (child === undefined) return
        const closed = new Promise(resolve => child.once('close', resolve))
        const lastResort = setTimeout(() => child.kill('SIGKILL'), grace)
        child.kill('SIGTERM')
        await closed
        clearTimeout(lastResort)
      }))
    }
  }
}

function readyPort (message: unknown): number | undefined {
  const { type, port } = (message ?? {}) as { type?: unknown, port?: unknown }
  return type === 'listening' && typeof port === 'number' ? port : undefined
}
