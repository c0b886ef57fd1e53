// Starts a real PostgreSQL with a database of its own, which a test kills, holds and starts again.
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { closedPort } from '../lib/cache/broken-server.ts'
import type { Engine } from './stores.ts'

/** A PostgreSQL, and how it is reached. */
export interface PostgresEngine extends Engine {
  /** Makes a database that is empty. @returns its address */
  createDatabase (): Promise<string>
  /** Asks it as its owner. */
  ask (text: string): Promise<ReadonlyArray<Record<string, unknown>>>
}

/** Starts it in a folder of its own; it ends with the test. It is never run as root: it refuses that. */
export async function startPostgres (t: Test): Promise<PostgresEngine> {
  const [bin] = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  if (bin === undefined) throw new Error('PostgreSQL is missing: install the package postgresql')
  const port = await closedPort()
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-postgres-'))
  const user = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'latin1' }))
  const owner = process.getuid?.() === 0 ? { uid: user('-u'), gid: user('-g') } : {}
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid)
  chmodSync(folder, 0o700)
  execFileSync(path.join(bin, 'initdb'), ['--pgdata', folder, '--username', 'tutti', '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync'], { ...owner, cwd: '/', stdio: 'ignore' })
  const url = (name: string) => `postgres://tutti@127.0.0.1:${port}/${name}`
  let child: ChildProcess | undefined
  let databases = 0

  const ask = async (text: string) => {
    const client = new pg.Client({ connectionString: url('postgres') })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** It and all that it has started. */
  const processes = () => child?.pid === undefined ? [] : [child.pid, ...readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').split(' ').filter(text => text !== '').map(Number)]
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processes()) {
      // One that served a connection may have ended since it was listed.
      try { process.kill(pid, name) } catch (error) { if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error }
    }
  }

  const engine: PostgresEngine = {
    port,
    async start () {
      child = spawn(path.join(bin, 'postgres'), ['-D', folder, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off'], { ...owner, cwd: '/', stdio: 'ignore' })
      await once(child, 'spawn')
      while (await ask('select 1').catch(() => undefined) === undefined) await pause(50)
    },
    async kill () {
      if (child === undefined) return
      const ended = once(child, 'exit')
      signal('SIGCONT')
      // At once, without a word to clients or to its files: as a crash, but none of its processes is left behind.
      child.kill('SIGQUIT')
      child = undefined
      await ended
    },
    async hold () { signal('SIGSTOP') },
    release: () => { signal('SIGCONT') },
    ask,
    async createDatabase () {
      const name = `test_${databases++}`
      await ask(`create database ${name}`)
      return url(name)
    }
  }
  t.teardown(async () => {
    await engine.kill()
    rmSync(folder, { recursive: true })
  })
  await engine.start()
  return engine
}
