// Has modules looked at in processes, with a deadline and a memory limit each: engines cannot be stopped while they look, and there are small modules that take them minutes.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DevicesError } from '../devices-error.ts'
import type { Analysis } from '../wasm-module.ts'
import { begun } from './analysis-messages.ts'
import type { AnalysisJob, AnalysisReply } from './analysis-messages.ts'
import { broken } from './binary.ts'

/** Looks at modules. */
export interface Analyser {
  /**
   * Looks at the module in a file; its bytes do not pass through this process.
   * @throws DevicesError MODULE_BROKEN, TOO_LARGE, TIMEOUT, BUSY where too many wait, UNAVAILABLE where no process can begin; the reason of the signal
   */
  analyse (file: string, signal?: AbortSignal): Promise<Analysis>
  /** Ends the processes, whatever they do, and refuses all that comes later. */
  close (): Promise<void>
}

/** What an analyser is made of. */
export interface AnalyserOptions {
  /** Most bytes of a module. */
  readonly largest: number
  /** Time for one once a process has begun with it, in milliseconds. */
  readonly timeout?: number
  /** Time until its process has begun, with the time that it waits for others, in milliseconds. */
  readonly patience?: number
  /** Memory that looking at one may take, in megabytes. */
  readonly memory?: number
  /** Processes at one time. */
  readonly processes?: number
  /** Modules that may wait for one. */
  readonly queue?: number
}

/** Time after which a process that has nothing to do is ended, in milliseconds. */
const rest = 60_000

const program = fileURLToPath(new URL('analysis-process.ts', import.meta.url))

/** Makes an analyser; no process begins before the first module. */
export function createAnalyser ({ largest, timeout = 1600, patience = 10_000, memory = 256, processes = 2, queue = 16 }: AnalyserOptions): Analyser {
  const ending = new AbortController()
  const waiting = new Set<() => void>()
  const running = new Set<Promise<unknown>>()
  const idle = new Map<ChildProcess, NodeJS.Timeout>()
  let free = processes

  /** Waits for a place, which is given back by `leave`. */
  const enter = async (signal: AbortSignal) => {
    if (free > 0) {
      free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', giveUp)
        waiting.delete(begin)
        resolve()
      }
      const giveUp = () => {
        waiting.delete(begin)
        reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp)
      waiting.add(begin)
    })
  }

  /** Whoever waits longest has the place; nobody who comes meanwhile. */
  const leave = () => {
    const [next] = waiting
    if (next === undefined) free += 1
    else next()
  }

  const begin = () => {
    const child = fork(program, [], {
      // One core, no memory of its own that is larger, and nothing of what this process was started with.
      execArgv: ['--v8-pool-size=0', `--max-old-space-size=${memory}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced'
    })
    // Whoever asks it hears of it.
    child.on('error', () => {})
    child.once('exit', () => idle.delete(child))
    return child
  }

  /** Keeps a process for the next module, for some time. One that rests does not keep this process from ending. */
  const keep = (child: ChildProcess) => {
    child.unref()
    child.channel?.unref()
    idle.set(child, setTimeout(() => end(child), rest).unref())
  }

  const end = (child: ChildProcess) => {
    clearTimeout(idle.get(child))
    idle.delete(child)
    child.kill('SIGKILL')
  }

  const take = () => {
    const [child = begin()] = idle.keys()
    clearTimeout(idle.get(child))
    idle.delete(child)
    child.ref()
    child.channel?.ref()
    return child
  }

  /** Undefined where the process ended without a word, or was ended. */
  const ask = async (file: string, signal: AbortSignal, onBegun: () => void) => {
    signal.throwIfAborted()
    const child = take()
    const { promise, resolve, reject } = Promise.withResolvers<AnalysisReply | undefined>()
    const hear = (message: unknown) => message === begun ? onBegun() : resolve(message as AnalysisReply)
    const leave = (code: number | null, killed: string | null) => killed === null && code !== 0 ? reject(new Error(`The process that looks at modules ended with ${code}.`)) : resolve(undefined)
    const abort = () => end(child)
    child.on('message', hear).once('exit', leave).once('error', reject)
    signal.addEventListener('abort', abort)
    child.send({ file, largest, memory: memory * 1024 * 1024 } satisfies AnalysisJob, error => error === null ? undefined : reject(error))
    try {
      const reply = await promise
      if (reply !== undefined && !reply.isTired && !signal.aborted) keep(child)
      else end(child)
      return reply?.outcome
    } catch (error) {
      end(child)
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      child.off('message', hear).off('exit', leave).off('error', reject)
    }
  }

  return {
    async analyse (file, signal) {
      ending.signal.throwIfAborted()
      if (free === 0 && waiting.size >= queue) throw busy()
      const deadline = new AbortController()
      let timer = setTimeout(() => deadline.abort(), patience)
      const until = AbortSignal.any([ending.signal, deadline.signal, ...signal === undefined ? [] : [signal]])
      let hasBegun = false
      try {
        await enter(until)
        const asked = ask(file, until, () => {
          hasBegun = true
          clearTimeout(timer)
          timer = setTimeout(() => deadline.abort(), timeout)
        })
        running.add(asked)
        const outcome = await asked.finally(() => {
          running.delete(asked)
          leave()
        })
        until.throwIfAborted()
        if (outcome === undefined) throw broken(`looking at it takes more than ${memory} MB of memory`)
        if (outcome.kind === 'refused') throw new DevicesError(outcome.code, outcome.message)
        return outcome.analysis
      } catch (error) {
        if (error instanceof DevicesError) throw error
        if (signal?.aborted) throw signal.reason
        if (ending.signal.aborted) throw busy()
        if (!deadline.signal.aborted) throw Object.assign(new DevicesError('UNAVAILABLE', 'Modules cannot be looked at now. The operator looks at the log.'), { cause: error })
        throw hasBegun ? new DevicesError('TIMEOUT', `The module could not be looked at within ${timeout} ms. Send it again, or a simpler one.`) : busy()
      } finally {
        clearTimeout(timer)
      }
    },
    async close () {
      ending.abort(busy())
      await Promise.allSettled(running)
      for (const child of [...idle.keys()]) end(child)
    }
  }
}

function busy (): DevicesError {
  return new DevicesError('BUSY', 'Too many modules are looked at. Send it again.')
}
