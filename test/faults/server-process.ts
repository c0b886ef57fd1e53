// Starts the server as a process of its own and follows what it writes.
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import type { Serializable } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { compileCache } from '../compile-cache.ts'
import type { LogLine } from '../helper.ts'

/** How a process ended. */
export interface Ending { code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }

/** What a process measured since it was last asked. */
export interface Measurement {
  /** Longest time that its event loop was held up, in milliseconds. */
  delay: number
  /** Most work that its event loop did without a pause, in milliseconds of processor time: what is left of the delay when nothing else keeps the machine busy. */
  work: number
  /** Processor time that it took, just then, to parse a megabyte of keys, in milliseconds. */
  knownWork: number
  /** Highest resident memory, in bytes. */
  memory: number
}

/** A server process. */
export interface ServerProcess {
  /** Resolves with the first log line whose text begins so, read or to come. */
  logged (beginning: string): Promise<LogLine>
  /** The log lines so far. */
  lines (): readonly LogLine[]
  /** The port, once it listens. */
  port: Promise<number>
  kill (signal: NodeJS.Signals): void
  /** Sends a message to what was loaded into the process besides the server; resolves when it has done what it says. */
  tell (message: unknown): Promise<void>
  /** Ends the running measurement, begins the next. Only of a measured server. */
  measure (): Promise<Measurement>
  ended: Promise<Ending>
}

/**
 * Starts the server; it is killed with the test at the latest.
 * @param environment - its whole environment, but for HOST and PORT, which are any free port of this machine, MAX_EVENT_LOOP_DELAY, which is off, and the cache of what was compiled
 * @param isMeasured - true for a process that answers measure()
 * @param openFiles - most files that it may have open
 */
export function startProcess (t: Test, environment: Record<string, string>, isMeasured = false, openFiles?: number): ServerProcess {
  const script = fileURLToPath(new URL(isMeasured ? 'measured-server.ts' : '../../server.ts', import.meta.url))
  const command = openFiles === undefined ? [process.execPath, script] : ['/bin/sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$1"`, process.execPath, script]
  const child = spawn(command[0] ?? '', command.slice(1), {
    // The machine that tests may be busy enough to be taken for a loop that is held up.
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', MAX_EVENT_LOOP_DELAY: '0', ...compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('a child has pipes')
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  const texts = { stdout: '', stderr: '' }
  const lines: LogLine[] = []
  const waiting = new Map<string, PromiseWithResolvers<LogLine>>()
  stderr.on('data', chunk => { texts.stderr += String(chunk) })
  createInterface(stdout).on('line', text => {
    texts.stdout += `${text}\n`
    if (!text.startsWith('{')) return
    const line: LogLine = JSON.parse(text)
    lines.push(line)
    for (const [beginning, deferred] of waiting) if (line.msg?.startsWith(beginning)) deferred.resolve(line)
  })
  const logged: ServerProcess['logged'] = async beginning => {
    const known = lines.find(line => line.msg?.startsWith(beginning))
    if (known !== undefined) return known
    const deferred = waiting.get(beginning) ?? Promise.withResolvers<LogLine>()
    waiting.set(beginning, deferred)
    return await deferred.promise
  }
  const port = logged('Server listening').then(({ msg = '' }) => Number(new URL(msg.slice(msg.indexOf('http'))).port))
  return {
    logged,
    lines: () => lines,
    port,
    kill: signal => { child.kill(signal) },
    async tell (message) {
      child.send(message as Serializable)
      await once(child, 'message')
    },
    async measure () {
      child.send('measure')
      const [measurement] = await once(child, 'message')
      return measurement
    },
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...texts }))
  }
}

/** The options of Node that load a module of this folder into a process before the server. */
export function loading (name: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${new URL(name, import.meta.url).href}` }
}
