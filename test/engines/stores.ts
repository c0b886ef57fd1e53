// Starts a real Redis or memcached, which a test kills, holds and starts again.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { CacheName } from '../../lib/cache/cache.ts'
import { closedPort } from '../lib/cache/broken-server.ts'

/** A program that a test starts, stops and starts again at the same place. */
export interface Engine {
  readonly port: number
  start (): Promise<void>
  kill (): Promise<void>
  /** Stops all its threads where they are. */
  hold (): Promise<void>
  release (): void
}

/** Programs that keep values. */
export type EngineName = Exclude<CacheName, 'memory'>

const programs: Record<EngineName, (port: number, folder: string, extra: readonly string[]) => [string, string[]]> = {
  redis: (port, folder, extra) => ['redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', ...extra]],
  memcached: (port, _, extra) => ['memcached', ['-u', 'nobody', '-l', '127.0.0.1', '-p', String(port), '-U', '0', '-I', '8m', ...extra]]
}

/** Resolves as soon as somebody listens on a port. */
async function listening (port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await pause(10)
    } finally {
      socket.destroy()
    }
  }
}

/** Starts a program in a folder of its own; it ends with the test. */
export async function startEngine (t: Test, name: EngineName, extra: readonly string[] = []): Promise<Engine> {
  const port = await closedPort()
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-store-'))
  let child: ChildProcess | undefined
  const engine: Engine = {
    port,
    async start () {
      const [program, args] = programs[name](port, folder, extra)
      child = spawn(program, args, { stdio: 'ignore' })
      await once(child, 'spawn')
      await listening(port)
    },
    async kill () {
      if (child === undefined) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      child = undefined
      await ended
    },
    async hold () {
      child?.kill('SIGSTOP')
      const threads = `/proc/${child?.pid}/task`
      const isHeld = (thread: string) => /\) T /.test(readFileSync(`${threads}/${thread}/stat`, 'latin1'))
      while (!readdirSync(threads).every(isHeld)) await pause(1)
    },
    release: () => { child?.kill('SIGCONT') }
  }
  t.teardown(async () => {
    await engine.kill()
    rmSync(folder, { recursive: true })
  })
  await engine.start()
  return engine
}
