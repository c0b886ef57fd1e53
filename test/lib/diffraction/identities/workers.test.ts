// Worker processes that crash, hang, idle, are too many, or lose their server.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { buildWorkers, goneFor, isAlive, somebody } from './fixtures/workers.ts'

/** Resolves when a file is there. */
async function appeared (file: string): Promise<string> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await pause(5)
  return readFileSync(file, 'utf8')
}

t.test('a process begins with the first task, one for two tasks at once, and does those that follow', async t => {
  const { ask, workers } = buildWorkers(t)
  t.equal(workers.numbers().processes, 0)
  const [one, other] = await Promise.all([ask('pid'), ask('pid')])
  t.equal(one, other)
  t.equal(await ask('pid'), one)
  t.not(one, process.pid)
  t.match(workers.numbers(), { processes: 1, inFlight: 0, restarts: 0, frames: { decoded: 3, bytes: { frames: 10, masks: 2, reduced: 1 } } })
})

t.test('each identity has a process of its own; the same key with another user is another one', async t => {
  const { ask } = buildWorkers(t, { processes: 4 })
  const key = 'token'
  const pids = await Promise.all([
    ask('pid', {}, { key, user: 'jane', esaf: 7 }), ask('pid', {}, { key, user: 'john', esaf: 7 }), ask('pid', {}, { key, user: 'jane', esaf: 8 })
  ])
  t.equal(new Set(pids).size, 3)
})

t.test('a process is told nothing of the environment but what it needs, and its folders with links resolved', async t => {
  process.env.TEST_SECRET = 'secret'
  t.teardown(() => { delete process.env.TEST_SECRET })
  const folder = t.testdir({ esaf50001: {} })
  symlinkSync(path.join(folder, 'esaf50001'), path.join(folder, 'link'))
  const { ask } = buildWorkers(t, { roots: [`${folder}/esaf{esaf}`, `${folder}/link`, `${folder}/missing-{user}`] })
  const environment = await ask('environment') as Record<string, string>
  // The test runner has its own way into every process, and Node hands on what coverage is measured with.
  const names = Object.keys(environment).filter(name => !name.startsWith('_TAPJS') && name !== 'NODE_OPTIONS')
  t.ok(names.every(name => ['PATH', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE', 'TZ'].includes(name)), names.join())
  t.strictSame(await ask('roots'), [`${folder}/esaf50001`, `${folder}/esaf50001`, `${folder}/missing-jane`])
})

t.test('bytes come as they are, of any size, also those of memory that is shared; progress comes in order', async t => {
  const { ask, bytes } = buildWorkers(t)
  for (const size of [0, 1, 65_536, 3_000_001]) {
    const got = await bytes(`bytes:${size}`)
    t.ok((got ?? Buffer.alloc(0)).equals(Buffer.alloc(size, 7)), `${size} bytes`)
  }
  t.ok((await bytes('shared:100000')).equals(Buffer.alloc(100_000, 9)))
  const said: string[] = []
  await ask('say', { onProgress: text => said.push(text) })
  t.strictSame(said, ['one', 'two', 'three'])
})

t.test('F31: who asks for the same picture at the same time gets one that comes over once, and none waits longer than it wants to', async t => {
  const folder = t.testdir({})
  const file = path.join(folder, 'now')
  const { ask, picture, workers } = buildWorkers(t)
  await ask('pid')
  const going = new AbortController()
  const leaving = picture(`drawn:${file}`, { signal: going.signal })
  const others = [1, 2, 3].map(async () => await picture(`drawn:${file}`))
  const hasty = picture(`drawn:${file}`, { timeout: 50 })
  const somebodyElses = picture(`drawn:${file}`, {}, somebody('john'))
  await t.rejects(hasty, { code: 'TIMEOUT' })
  going.abort()
  await t.rejects(leaving, { code: 'CANCELLED' })
  t.equal(workers.numbers().inFlight, 4, 'each is asked for where the file is: it may have been rewritten since the first was')
  writeFileSync(file, '')
  const [one, ...same] = await Promise.all(others)
  t.ok(one?.bytes.equals(Buffer.alloc(100_000, 8)))
  for (const { bytes } of same) t.equal(bytes.buffer, one?.bytes.buffer)
  t.equal(one?.isOwn, false, 'nobody gives back the memory of what others have')
  t.match(await somebodyElses, { isOwn: true })
  t.not((await somebodyElses).bytes.buffer, one?.bytes.buffer)
  t.equal(workers.numbers().frames.decoded, 3, 'what began the process, the picture, and that of the other user')
  const later = await picture(`drawn:${file}`)
  t.ok(later.bytes.equals(Buffer.alloc(100_000, 8)), 'and who comes later gets another one')
  t.equal(later.isOwn, true)
  await t.rejects(picture('fail:FILE_MISSING'), { code: 'FILE_MISSING' })
})

t.test('errors keep their code and number; of an unforeseen one nothing gets out', async t => {
  const { ask } = buildWorkers(t)
  await t.rejects(ask('fail:FILE_MISSING'), { name: 'DiffractionError', code: 'FILE_MISSING', message: 'as told', legacy: 2 })
  await t.rejects(ask('fail:constructor'), { code: 'WORKER_ENDED' })
  const error = await ask('stumble').catch((error: Error) => error) as Error
  t.match(error, { code: 'WORKER_ENDED' })
  t.notMatch(error.message, /secret/)
})

t.test('a crash costs the tasks in flight one error each; the next task has a new process', async t => {
  const { ask, ended, workers } = buildWorkers(t)
  const first = await ask('pid')
  const waiting = ask('wait')
  const crash = ask('crash')
  await t.rejects(crash, { code: 'WORKER_ENDED' })
  await t.rejects(waiting, { code: 'WORKER_ENDED' })
  const second = await ask('pid')
  t.not(second, first)
  t.match(workers.numbers(), { processes: 1, restarts: 1, inFlight: 0 })
  t.match(ended, [{ user: 'jane', esaf: 50_001, status: 'SIGKILL' }])
  t.equal(workers.numbers().frames.decoded >= 2, true, 'what the first process did still counts')
})

t.test('a process that ends again and again is left alone for a while, and then is not', async t => {
  const { ask } = buildWorkers(t)
  for (let times = 0; times < 3; times++) await t.rejects(ask('crash'), { code: 'WORKER_ENDED' })
  await t.rejects(ask('pid'), { code: 'UNAVAILABLE' })
  let pid: unknown
  while (pid === undefined) pid = await ask('pid').catch(async () => { await pause(20) })
  t.ok(isAlive(pid))
})

t.test('a process that cannot start is an error at once, and is left alone for a while', async t => {
  const { ask, ended } = buildWorkers(t, { roots: ['/broken'] })
  await t.rejects(Promise.all([ask('pid'), ask('pid')]), { code: 'WORKER_ENDED' })
  t.match(ended[0]?.output, /cannot start/)
  await t.rejects(ask('pid'), { code: 'UNAVAILABLE' })
  t.equal(ended.length, 1)
})

t.test('a process that is not ready in time is killed; one that was may take all the time it wants', async t => {
  const startTimeout = 3000
  const stuck = buildWorkers(t, { roots: ['/stuck'], startTimeout })
  const failed = t.rejects(stuck.ask('pid'), { code: 'UNAVAILABLE' })
  const { ask, ended } = buildWorkers(t, { startTimeout })
  const pid = await ask('pid')
  await failed
  await pause(300)
  t.equal(await ask('pid'), pid)
  t.equal(ended.length, 0)
})

t.test('what hangs is answered in time, then its process is killed; what was in flight beside it is done by the next', async t => {
  const { ask, ended } = buildWorkers(t, { queue: 20 })
  const marker = path.join(t.testdir(), 'spinning')
  const gate = path.join(t.testdir(), 'gate')
  await ask('pid')
  const beside = ask(`until:${gate}`)
  const spinning = ask(`spin:${marker}`, { timeout: 300 })
  const before = performance.now()
  await t.rejects(spinning, { code: 'TIMEOUT' })
  t.ok(performance.now() - before < 5000)
  const pid = Number(await appeared(marker))
  writeFileSync(gate, '')
  const next = await beside
  t.not(next, pid)
  t.notOk(isAlive(pid))
  t.equal(ended.length, 1)
})

t.test('a task that ignores that it is cancelled costs its process; one that gives up does not', async t => {
  const { ask } = buildWorkers(t)
  const pid = await ask('pid')
  const going = new AbortController()
  const waiting = ask('wait', { signal: going.signal })
  going.abort()
  await t.rejects(waiting, { code: 'CANCELLED' })
  await t.rejects(ask('pid', { signal: AbortSignal.abort() }), { code: 'CANCELLED' })
  t.equal(await ask('pid'), pid)
  await t.rejects(ask('ignore', { timeout: 50 }), { code: 'TIMEOUT' })
  await goneFor(pid)
  t.not(await ask('pid'), pid)
})

t.test('more than may wait are told to come again', async t => {
  const { ask, workers } = buildWorkers(t, { queue: 2 })
  const going = new AbortController()
  const waiting = Array.from({ length: 3 }, async () => await ask('wait', { signal: going.signal }))
  await t.rejects(ask('pid'), { code: 'BUSY' })
  t.equal(workers.numbers().inFlight, 3)
  going.abort()
  for (const each of waiting) await t.rejects(each, { code: 'CANCELLED' })
})

t.test('the process that is idle longest gives way, a busy one does not, and who waits has a place as soon as there is one', async t => {
  const { ask, workers } = buildWorkers(t, { processes: 2 })
  const [jane, john, jack, jill] = ['jane', 'john', 'jack', 'jill'].map(name => somebody(name))
  const first = await ask('pid', {}, jane)
  const second = await ask('pid', {}, john)
  const third = await ask('pid', {}, jack)
  await goneFor(first)
  t.ok(isAlive(second))
  t.ok(isAlive(third))
  const going = new AbortController()
  const busy = [john, jack].map(async who => await ask('wait', { signal: going.signal }, who))
  await t.rejects(ask('pid', { timeout: 300 }, jill), { code: 'TIMEOUT' })
  t.equal(workers.numbers().processes, 2)
  const waiting = ask('pid', {}, jill)
  going.abort()
  for (const each of busy) await t.rejects(each, { code: 'CANCELLED' })
  t.ok(isAlive(await waiting))
  t.equal(workers.numbers().processes, 2)
  t.equal(workers.numbers().restarts, 0)
})

t.test('one that is never idle gives way in its turn, and goes on afterwards', async t => {
  const { ask, workers } = buildWorkers(t, { processes: 1, turn: 200 })
  const folder = t.testdir()
  const state = { isOver: false, tasks: 0 }
  const busy = async (own: string) => {
    for (let last: Promise<unknown> | undefined, times = 0; !state.isOver; times++) {
      const gate = path.join(folder, `${own}${times}`)
      const next = ask(`until:${gate}`)
      // One of them is always on its way.
      await last
      writeFileSync(gate, '')
      last = next
      state.tasks += 1
    }
  }
  const asking = Promise.all([busy('a'), busy('b')])
  const first = await ask('pid')
  const other = await ask('pid', {}, somebody('john'))
  t.not(other, first)
  const enough = state.tasks + 10
  while (state.tasks < enough) await pause(5)
  state.isOver = true
  await asking
  t.equal(workers.numbers().processes, 1)
  t.equal(workers.numbers().restarts, 0)
})

t.test('a process that nobody asks ends, and begins again', async t => {
  const { ask, ended, workers } = buildWorkers(t, { idle: 50 })
  const pid = await ask('pid')
  await goneFor(pid)
  const next = await ask('pid')
  t.not(next, pid)
  t.equal(workers.numbers().restarts, 0)
  t.equal(ended.length, 0)
})

t.test('when all is closed, tasks have until the grace is over, and no process is left', async t => {
  const { ask, workers } = buildWorkers(t, { closeGrace: 10_000 })
  const gate = path.join(t.testdir(), 'gate')
  const pid = await ask('pid')
  const soon = ask(`until:${gate}`)
  const closing = workers.close()
  await t.rejects(ask('pid'), { code: 'UNAVAILABLE' })
  writeFileSync(gate, '')
  t.equal(await soon, pid)
  await closing
  t.notOk(isAlive(pid))
  t.equal(workers.numbers().processes, 0)
})

t.test('what is not done by the end of the grace ends with its process, also one that hangs', async t => {
  const { ask, workers } = buildWorkers(t)
  const marker = path.join(t.testdir(), 'spinning')
  const spinning = ask(`spin:${marker}`)
  const pid = await appeared(marker)
  const ended = t.rejects(spinning, { code: 'WORKER_ENDED' })
  await workers.close()
  await ended
  t.notOk(isAlive(pid))
})

t.test('what a process has started goes with it when it is killed', async t => {
  const { ask } = buildWorkers(t)
  const [pid, child] = await ask('child') as number[]
  await t.rejects(ask('spin:', { timeout: 50 }), { code: 'TIMEOUT' })
  await goneFor(pid)
  await goneFor(child)
})

t.test('a process has nothing of what was open when the server began, and does not outlive it when it is killed', async t => {
  const secret = path.join(t.testdir({ secret: 'secret' }), 'secret')
  const descriptor = openSync(secret, 'r')
  t.teardown(() => closeSync(descriptor))
  const others = Array.from({ length: 20 }, () => 'ignore' as const)
  const server = fork(new URL('fixtures/server.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...others, descriptor] })
  const [pids] = await once(server, 'message') as [number[]]
  t.ok(pids.every(isAlive))
  const open = (pid: number) => readdirSync(`/proc/${pid}/fd`).map(each => readlinkSync(`/proc/${pid}/fd/${each}`))
  t.ok(open(server.pid ?? 0).includes(secret))
  for (const pid of pids) t.notOk(open(pid).includes(secret))
  server.kill('SIGKILL')
  for (const pid of pids) await goneFor(pid)
})

t.test('nobody without a proper name or an ESAF has files read', async t => {
  const { ask, workers } = buildWorkers(t)
  for (const who of [somebody('../root'), somebody(''), somebody('jane', 0), somebody('jane', -1), somebody('jane', 1.5), somebody('-x')]) {
    await t.rejects(ask('pid', {}, who), { code: 'NOT_AUTHORIZED' })
  }
  t.equal(workers.numbers().processes, 0)
})

t.test('where processes become users, those who are none, or root, have none', async t => {
  const accounts: Record<string, { uid: number, gid: number, home: string }> = {
    root: { uid: 0, gid: 0, home: '/root' }, jane: { uid: 1000, gid: 1000, home: '/' }, e50002: { uid: 2000, gid: 0, home: '/' }, toor: { uid: 0, gid: 7, home: '/' }
  }
  const { ask, workers } = buildWorkers(t, { identity: 'user', accounts: { find: async name => accounts[name] } })
  for (const who of [somebody('root', 7), somebody('toor', 7), somebody('nobody', 7), somebody('jane', 50_001), somebody('jane', 50_002)]) {
    await t.rejects(ask('pid', {}, who), { code: 'NOT_AUTHORIZED' }, JSON.stringify(who))
  }
  t.equal(workers.numbers().processes, 0)
})

t.test('indexing programs are bounded for all together', async t => {
  const { workers } = buildWorkers(t, { indexers: 1, processes: 2 })
  const index = async (user: string, file: string, signal?: AbortSignal) => await workers.perform(somebody(user), 'index', { source: { file } } as never, { timeout: 30_000, signal })
  const going = new AbortController()
  const first = index('jane', 'wait', going.signal)
  const second = index('john', 'pid')
  const late = workers.perform(somebody('john'), 'index', { source: { file: 'pid' } } as never, { timeout: 100 })
  await t.rejects(late, { code: 'TIMEOUT' })
  const others = Array.from({ length: 3 }, async () => await index('john', 'pid'))
  await t.rejects(index('john', 'pid'), { code: 'BUSY' })
  going.abort()
  await t.rejects(first, { code: 'CANCELLED' })
  t.ok(await second)
  await Promise.all(others)
})
