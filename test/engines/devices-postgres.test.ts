// The registry in a real PostgreSQL: what every registry does, and what comes of several processes, of one that is killed, and of a database that is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { newId } from '../../lib/devices/id.ts'
import type { Registry } from '../../lib/devices/registry.ts'
import { openRegistry } from '../../lib/devices/registry/open.ts'
import type { RegistryOptions } from '../../lib/devices/registry/open.ts'
import { testRegistry } from '../lib/devices/registry/behaviour.ts'
import { exampleDevice, exampleList } from '../lib/devices/registry/examples.ts'
import { startPostgres } from './postgres.ts'

const engine = await startPostgres(t)

/** Opens a registry, closed with the test. */
async function open (t: Test, databaseUrl: string, options: Partial<RegistryOptions> = {}): Promise<Registry> {
  const registry = await openRegistry({ folder: '/nowhere', databaseUrl, beat: 100, ...options })
  t.teardown(() => registry.close())
  return registry
}

/** A process with a registry of its own, killed with the test. */
function startProcess (t: Test, databaseUrl: string) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'registry-process.ts')], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, DATABASE_URL: databaseUrl } })
  const lines: string[] = []
  const listeners = new Set<() => void>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    for (const listener of listeners) listener()
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return {
    lines,
    kill: (signal: NodeJS.Signals) => { child.kill(signal) },
    /** Resolves once it has said a line. */
    async said (line: string) {
      if (lines.includes(line)) return
      await new Promise<void>(resolve => {
        const look = () => {
          if (!lines.includes(line)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
      })
    }
  }
}

/** Keeps what a registry says of its lead, and waits for it. */
function follow (registry: Registry) {
  const told: boolean[] = []
  let changed = Promise.withResolvers<undefined>()
  const leading = registry.lead(isLeader => {
    told.push(isLeader)
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  })
  return {
    told,
    leading,
    async until (isLeader: boolean) { while (told.at(-1) !== isLeader) await changed.promise }
  }
}

testRegistry(t, async t => await open(t, await engine.createDatabase()))

t.test('many processes that start at once make tables once', async t => {
  const url = await engine.createDatabase()
  const registries = await Promise.all(Array.from({ length: 6 }, () => open(t, url)))
  await registries[0]?.devices.insert(exampleDevice('camera'))
  for (const registry of registries) t.equal(await registry.devices.count(), 1)
})

t.test('two processes that start at once make tables once, and one of them leads', async t => {
  const url = await engine.createDatabase()
  const processes = [startProcess(t, url), startProcess(t, url)]
  await Promise.all(processes.map(each => each.said('open')))
  await Promise.race(processes.map(each => each.said('leads')))
  await pause(500)
  t.equal(processes.filter(({ lines }) => lines.includes('leads')).length, 1)
})

t.test('of many changes by several processes none is lost', async t => {
  const url = await engine.createDatabase()
  const [one, two] = [await open(t, url), await open(t, url)]
  const list = exampleList()
  await one.datalists.insert(list)
  await Promise.all(Array.from({ length: 200 }, (_, place) => (place % 2 === 0 ? one : two).datalists.update(list.id, before => ({ ...before, values: [...before.values, place] }))))
  const values = (await two.datalists.get(list.id))?.values ?? []
  t.strictSame([...values].sort((a, b) => Number(a) - Number(b)), Array.from({ length: 200 }, (_, place) => place))
})

t.test('F28: when the process that leads is killed, or stopped, another leads', async t => {
  const url = await engine.createDatabase()
  const first = startProcess(t, url)
  await first.said('leads')
  const second = startProcess(t, url)
  await second.said('open')
  const third = follow(await open(t, url))
  await pause(300)
  t.notOk(second.lines.includes('leads'))
  t.strictSame(third.told, [])
  first.kill('SIGKILL')
  await Promise.race([second.said('leads'), third.until(true)])
  const hadThird = third.told.at(-1) === true
  if (hadThird) await third.leading.close()
  await second.said('leads')
  t.pass('the second leads')
  if (hadThird) return
  // A process that stands still keeps its connection; the server ends it.
  second.kill('SIGSTOP')
  await third.until(true)
  second.kill('SIGCONT')
  await second.said('follows')
  t.strictSame(third.told, [true])
})

t.test('what one process tells the others hear, once each, and what they told before them', async t => {
  const url = await engine.createDatabase()
  const other = startProcess(t, url)
  await other.said('leads')
  const registry = await open(t, url)
  const heard: string[] = []
  registry.onNotified((topic, id) => { heard.push(`heard ${topic} ${id}`) })
  const ids = Array.from({ length: 300 }, () => newId())
  for (const id of ids) registry.notify('deployments', id)
  await other.said(`heard deployments ${ids.at(-1)}`)
  t.strictSame(other.lines.filter(line => line.startsWith('heard')), ids.map(id => `heard deployments ${id}`))
  t.strictSame(heard, ids.map(id => `heard deployments ${id}`))
})

t.test('F28: PostgreSQL is killed and comes back', async t => {
  const url = await engine.createDatabase()
  const healed = Promise.withResolvers<undefined>()
  const registry = await open(t, url, {
    onTrouble: trouble => { if (trouble === undefined) healed.resolve(undefined) }
  })
  const device = exampleDevice('camera')
  await registry.devices.insert(device)
  const lead = follow(registry)
  await lead.until(true)
  await engine.kill()
  await lead.until(false)
  const error = await registry.devices.get(device.id).catch((error: unknown) => error)
  t.match(error, { name: 'DevicesError', code: 'UNAVAILABLE' })
  t.match(registry.trouble, /PostgreSQL cannot be reached/)
  t.notOk(`${registry.trouble} ${error}`.includes('127.0.0.1'), 'its address is not said')
  const told = newId()
  registry.notify('devices', told)
  await engine.start()
  await Promise.all([healed.promise, lead.until(true)])
  t.equal(registry.trouble, undefined)
  t.match(await registry.devices.get(device.id), { name: 'camera' })
  const other = startProcess(t, url)
  await other.said('open')
})

t.test('F28: PostgreSQL hangs, calls fail in time, and all goes on afterwards', async t => {
  const url = await engine.createDatabase()
  const healed = Promise.withResolvers<undefined>()
  const registry = await open(t, url, {
    timeout: 500, onTrouble: trouble => { if (trouble === undefined) healed.resolve(undefined) }
  })
  const device = exampleDevice('camera')
  await registry.devices.insert(device)
  const lead = follow(registry)
  await lead.until(true)
  await engine.hold()
  const calls = await Promise.allSettled([
    ...Array.from({ length: 20 }, () => registry.devices.get(device.id)), registry.devices.update(device.id, before => ({ ...before, port: 1 })), registry.devices.insert(exampleDevice('lamp'))
  ])
  for (const call of calls) t.match(call, { status: 'rejected', reason: { code: 'UNAVAILABLE' } })
  await lead.until(false)
  engine.release()
  await Promise.all([healed.promise, lead.until(true)])
  t.match(await registry.devices.get(device.id), { port: 5000 })
  t.equal(await registry.devices.count({ name: 'lamp' }), 0)
})

t.test('F28: a connection that the server ends is replaced', async t => {
  const url = await engine.createDatabase()
  const registry = await open(t, url)
  const lead = follow(registry)
  await lead.until(true)
  await registry.devices.insert(exampleDevice('camera'))
  await engine.ask(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`)
  await lead.until(false)
  await lead.until(true)
  // The pool may not have heard yet; the next call has.
  await registry.devices.count().catch(() => 0)
  t.equal(await registry.devices.count(), 1)
})

t.test('a database that is not there is waited for, and then named, but not its address', async t => {
  const url = new URL(await engine.createDatabase())
  url.pathname = '/nothing'
  url.password = 'secret'
  const error = await openRegistry({ folder: '/nowhere', databaseUrl: url.href, patience: 0 }).catch((error: unknown) => error)
  t.match(error, { code: 'UNAVAILABLE', message: /3D000.*DATABASE_URL/ })
  t.notOk(/secret|127\.0\.0\.1/.test(String(error)))
  await engine.kill()
  const opened = open(t, await engine.start().then(() => engine.createDatabase()), { patience: 20_000 })
  t.equal(await (await opened).devices.count(), 0)
  const later = new URL(url)
  later.pathname = '/postgres'
  await engine.kill()
  const opening = open(t, later.href, { patience: 20_000 })
  await engine.start()
  t.equal(await (await opening).devices.count(), 0)
})

t.test('a backup is the business of PostgreSQL', async t => {
  const registry = await open(t, await engine.createDatabase())
  await t.rejects(registry.backUp(path.join(t.testdir(), 'copy')), { code: 'UNAVAILABLE', message: /pg_dump/ })
})
