// Worker processes that really become somebody else, which takes root, and reduced frames that they share by a real Redis, which is killed, held and poisoned.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import type { Account } from '../../lib/diffraction/identities/accounts.ts'
import { createAccounts } from '../../lib/diffraction/identities/accounts.ts'
import { openSharedReduced } from '../../lib/diffraction/identities/shared-reduced.ts'
import type { SharedReducedStore } from '../../lib/diffraction/identities/shared-reduced.ts'
import { writeEiger } from '../../scripts/diffraction-demo/eiger.ts'
import { buildWorkers, somebody } from '../lib/diffraction/identities/fixtures/workers.ts'
import { startEngine } from './stores.ts'

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can become somebody else' }
const { esaf } = somebody()
const never = new AbortController().signal

/** Accounts of a beamline that need not be those of the machine. */
const accounts: Record<string, Account> = {
  jane: { uid: 61_001, gid: 61_001, home: '/' },
  john: { uid: 61_002, gid: 61_002, home: '/' },
  e50001: { uid: 62_001, gid: 62_001, home: '/' }
}

/**
 * A folder with a file of each of them. Everybody can reach the folder, wherever the test's own is.
 */
function files (t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-identities-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const write = (name: string, uid: number, gid: number, mode: number) => {
    const file = path.join(folder, name)
    writeFileSync(file, name)
    chownSync(file, uid, gid)
    chmodSync(file, mode)
  }
  write('janes', 61_001, 61_001, 0o600)
  write('johns', 61_002, 61_002, 0o600)
  write('esafs', 62_001, 62_001, 0o640)
  write('roots', 0, 0, 0o640)
  mkdirSync(path.join(folder, 'home'))
  chownSync(path.join(folder, 'home'), 62_001, 62_001)
  return folder
}

/** Whether everybody can load a module from where it is. */
function isForAll (module: URL): boolean {
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', `process.setgroups([]); process.setgid(61001); process.setuid(61001); await import('${module.href}')`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Where everybody can load what the tests have done from: the folder that it is in, or a copy. */
function module (t: Test): URL {
  const here = new URL('../lib/diffraction/identities/fixtures/performer.ts', import.meta.url)
  if (isForAll(here)) return here
  const copy = mkdtempSync(path.join(tmpdir(), 'tutti-program-'))
  t.teardown(() => rmSync(copy, { recursive: true }))
  const root = path.resolve(import.meta.dirname, '../..')
  for (const folder of ['lib/diffraction', 'test/lib/diffraction/identities/fixtures']) cpSync(path.join(root, folder), path.join(copy, folder), { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'))
  chmodSync(copy, 0o755)
  return pathToFileURL(path.join(copy, 'test/lib/diffraction/identities/fixtures/performer.ts'))
}

t.test('a process is the user with the group of the ESAF, has no other group, and cannot go back', asRoot, async t => {
  const folder = files(t)
  const home = path.join(folder, 'home')
  const known: typeof accounts = { ...accounts, e50001: { uid: 62_001, gid: 62_001, home } }
  const { ask } = buildWorkers(t, { identity: 'user', module: module(t), accounts: { find: async name => known[name] } })
  const status = String(await ask('status'))
  t.match(status, /^Uid:\t61001\t61001\t61001\t61001$/m)
  t.match(status, /^Gid:\t62001\t62001\t62001\t62001$/m)
  t.match(status, /^Groups:\s*$/m)
  t.match(status, /^CapEff:\t0+$/m)
  t.match(status, /^CapPrm:\t0+$/m)
  t.match(await ask('return'), { uid: 'EPERM', gid: 'EPERM', groups: 'EPERM', folder: home, umask: 0o077 })
  t.match(await ask('environment'), { HOME: home, USER: 'jane', NODE_COMPILE_CACHE: undefined })
  const pid = Number(await ask('pid'))
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const each = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    t.match(each, /^Uid:\t61001\t61001\t61001\t61001$/m, 'every thread')
    t.match(each, /^Groups:\s*$/m)
  }
})

t.test('files are read by the rights of the user and the ESAF alone', asRoot, async t => {
  const folder = files(t)
  const { ask } = buildWorkers(t, { identity: 'user', processes: 4, module: module(t), accounts: { find: async name => accounts[name] } })
  const read = async (name: string, who = somebody()) => await ask(`read:${path.join(folder, name)}`, {}, who).catch(({ code }: { code: string }) => code)
  t.equal(await read('janes'), 'janes')
  t.equal(await read('esafs'), 'esafs')
  t.equal(await read('johns'), 'WORKER_ENDED')
  t.equal(await read('roots'), 'WORKER_ENDED', 'root\'s groups are gone')
  const john = somebody('john', 7)
  t.equal(await read('johns', john), 'johns')
  t.equal(await read('esafs', john), 'WORKER_ENDED', 'another ESAF')
  t.equal(await read('janes', john), 'WORKER_ENDED')
})

const performer = new URL('../../lib/diffraction/identities/performer.ts', import.meta.url)
const asReader = asRoot.skip !== undefined || isForAll(performer) ? asRoot : { skip: 'not everybody can read the folder that this is in' }

t.test('real frames are decoded, drawn and listed by a process that has become the user', asReader, async t => {
  const folder = files(t)
  const { data, master } = await writeEiger(folder, { name: 'eiger', width: 200, height: 300, frames: 2, framesPerFile: 2, depth: 16 })
  for (const file of [master, ...data]) {
    chownSync(file, 0, 62_001)
    chmodSync(file, 0o640)
  }
  const { workers } = buildWorkers(t, { identity: 'user', roots: [folder], module: performer, accounts: { find: async name => accounts[name] } })
  const ask = {
    source: { file: 'eiger_master.h5', frame: 2 },
    reduction: { part: 'whole', width: 100, height: 100, mode: 'legacy', frames: 1 },
    drawing: { scale: 'linear', invert: false, palette: 'grey', overloadColour: [255, 0, 0], format: 'jpeg', quality: 100, chroma: '4:2:0' }
  } as const
  const bounds = { timeout: 60_000 }
  const picture = await workers.perform(somebody(), 'picture', ask, bounds)
  t.strictSame([...picture.bytes.subarray(0, 2)], [0xff, 0xd8])
  t.match(picture.metadata, { frame: { value: 2 }, last_frame: { value: 2 } })
  t.equal(Object.getPrototypeOf(picture.metadata), null)
  const { entries } = await workers.perform(somebody(), 'list', { folder: '', limit: 100 }, bounds)
  t.ok(entries.some(({ name }) => name === 'eiger_master.h5'))
  await t.rejects(workers.perform(somebody('john', 7), 'picture', ask, bounds), { code: 'FILE_MISSING' })
  await t.rejects(workers.perform(somebody(), 'picture', { ...ask, source: { file: '/etc/hostname', frame: 1 } }, bounds), { code: 'FILE_MISSING' })
  // What is kept is of no use to whoever has lost the right to see it.
  chmodSync(master, 0o600)
  await t.rejects(workers.perform(somebody(), 'picture', ask, bounds), { code: 'FILE_MISSING' })
  t.match(workers.numbers(), { processes: 2, restarts: 0, frames: { decoded: 1 } })
})

t.test('accounts of the machine are found as they are made', asRoot, async t => {
  const name = `tutti${process.pid}`
  execFileSync('useradd', ['--no-create-home', '--home-dir', '/', '--user-group', '--uid', String(61_100 + process.pid % 1000), name], { stdio: 'ignore' })
  t.teardown(() => { execFileSync('userdel', [name], { stdio: 'ignore' }) })
  const { ask } = buildWorkers(t, { identity: 'user', module: module(t), accounts: createAccounts() })
  const status = String(await ask('status', {}, somebody(name, 7)))
  const [, uid] = /^Uid:\t(\d+)/m.exec(status) ?? []
  t.equal(execFileSync('id', ['-u', name]).toString().trim(), uid)
  t.match(status, /^Groups:\s*$/m)
})

t.test('a server that is not root says so, and reads nothing', asRoot, async t => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', `
    const { become } = await import('${new URL('../../lib/diffraction/identities/become.ts', import.meta.url).href}')
    process.setgroups([]); process.setgid(61001); process.setuid(61001)
    try { become({ uid: 61002, gid: 61002, home: '/' }) } catch (error) { console.log(error.code) }
    try { become({ uid: 61001, gid: 61001, home: '/' }) } catch (error) { console.log(error.code) }
  `])
  t.equal(output.toString(), 'UNAVAILABLE\nUNAVAILABLE\n')
})

t.test('uid and gid 0 are no credentials, whoever gives them', asRoot, async t => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', `
    const { become } = await import('${new URL('../../lib/diffraction/identities/become.ts', import.meta.url).href}')
    try { become({ uid: 0, gid: 0, home: '/' }) } catch (error) { console.log(error.code) }
    try { become({ uid: 61001, gid: 0, home: '/' }) } catch (error) { console.log(error.code) }
  `])
  t.equal(output.toString(), 'UNAVAILABLE\nUNAVAILABLE\n')
})

/** What is shared by a Redis, with a breaker that soon tries again. */
function open (t: Test, port: number): { store: SharedReducedStore, events: string[] } {
  const events: string[] = []
  const store = openSharedReduced({
    url: `redis://127.0.0.1:${port}`, firstPause: 50, longestPause: 200, timeout: 500, onEvent: (operation, event) => events.push(`${operation} ${event}`)
  })
  t.teardown(() => store.close())
  return { store, events }
}

/** Asks until something is there. */
async function eventually (store: SharedReducedStore, key: string): Promise<string> {
  for (;;) {
    const one = store.open(esaf)
    const found = await one.get(key, never)
    one.close()
    if (found !== undefined) return String(found)
    await pause(20)
  }
}

t.test('frames that one server has kept are found by another, for 300 s from when they were last asked for, by their ESAF alone', async t => {
  const { port } = await startEngine(t, 'redis')
  const [{ store: one }, { store: other }] = [open(t, port), open(t, port)]
  one.open(esaf).set('frame', Buffer.from('counts'))
  t.equal(await eventually(other, 'frame'), 'counts')
  const redis = new Redis(port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const [key = ''] = await redis.keys('tutti:diffraction:????????????????????????????????????????')
  t.match(key, /^tutti:diffraction:[0-9a-f]{40}$/)
  t.ok(await redis.ttl(key) > 290)
  await redis.expire(key, 100)
  await other.open(esaf).get('frame', never)
  while (await redis.ttl(key) < 290) await pause(5)
  t.equal(await other.open(esaf + 1).get('frame', never), undefined)
})

t.test('of two servers one makes a frame, and the other waits for it', async t => {
  const { port } = await startEngine(t, 'redis')
  const [{ store: one, events }, { store: other }] = [open(t, port), open(t, port)]
  // Leases can be had once the servers hear each other.
  const making = one.open(esaf)
  const next = other.open(esaf)
  let round = 0
  do {
    making.giveUp(`frame ${round}`)
    await pause(20)
    await making.get(`frame ${++round}`, never)
  } while (!events.includes('lease held'))
  const waiting = next.get(`frame ${round}`, never)
  making.set(`frame ${round}`, Buffer.from('counts'))
  t.equal(String(await waiting), 'counts')
})

for (const fault of ['killed', 'held'] as const) {
  t.test(`F16: while Redis is ${fault} processes make what they need, and share again afterwards`, async t => {
    const engine = await startEngine(t, 'redis')
    const { store, events } = open(t, engine.port)
    const { ask } = buildWorkers(t, { shared: store })
    await ask('keep:a=counts')
    await eventually(store, 'a')
    t.equal(await ask('share:a'), 'counts')
    await (fault === 'killed' ? engine.kill() : engine.hold())
    // All are answered, whatever is asked and kept meanwhile.
    for (let times = 0; times < 10; times++) {
      t.equal(await ask(`share:b${times}`), undefined)
      await ask(`keep:b${times}=counts`)
    }
    t.ok(events.includes('get open') || events.includes('lease open'), 'it is left alone')
    if (fault === 'killed') await engine.start()
    else engine.release()
    const from = events.length
    for (let times = 0; !events.slice(from).includes('set kept'); times++) {
      await ask(`keep:c=${times}`)
      await pause(20)
    }
    const last = await eventually(store, 'c')
    t.match(last, /^\d+$/)
  })
}

t.test('F16: what others have put into Redis is nothing that can harm', async t => {
  const { port } = await startEngine(t, 'redis')
  const { store } = open(t, port)
  const { ask } = buildWorkers(t, { shared: store })
  await ask('keep:a=counts')
  await eventually(store, 'a')
  const redis = new Redis(port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const [key = ''] = await redis.keys('tutti:diffraction:????????????????????????????????????????')
  await redis.set(key, Buffer.alloc(9 * 1024 * 1024))
  t.equal(await ask('share:a'), undefined, 'too large')
  await redis.del(key)
  await redis.hset(key, 'a', 'b')
  t.equal(await ask('share:a'), undefined, 'of another type')
  await ask('keep:a=again')
  await eventually(store, 'a')
  t.equal(await ask('share:a'), 'again')
})
