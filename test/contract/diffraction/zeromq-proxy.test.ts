// A proxy between clients and servers, as at LS-CAT: requests find their way through it, also when it or a server comes late, goes, and comes back.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t from 'tap'
import { createDiffractionClient, ServerError } from '../../../lib/diffraction/client.ts'
import { DiffractionError } from '../../../lib/diffraction/diffraction-error.ts'
import { describeFrames, openProxy } from '../../../lib/diffraction/zeromq/proxy.ts'
import type { ProxyOptions } from '../../../lib/diffraction/zeromq/proxy.ts'
import { answerTasks } from '../../diffraction-server.ts'
import { buildFrameServer, connectAsker, jsonOf, pictureRequest } from '../../diffraction-peers.ts'

const root = path.join(import.meta.dirname, '../../..')
const loopback = 'tcp://127.0.0.1:*'

async function startProxy (t: { teardown (end: () => unknown): void }, options: Partial<ProxyOptions> = {}) {
  const proxy = await openProxy({ front: [loopback], back: [loopback], ...options })
  t.teardown(() => proxy.close())
  return { proxy, front: proxy.front[0] ?? '', back: proxy.back[0] ?? '' }
}

t.test('requests go through a proxy, which can be listened to', async t => {
  const seen: string[] = []
  const { back, front } = await startProxy(t, { tap: (direction, frames) => seen.push([direction, ...describeFrames(frames)].join('\n')) })
  await buildFrameServer(t, { env: { DIFFRACTION_ZMQ: `connect:${back}` } })
  const { ask } = connectAsker(t, front)
  const reply = await ask(pictureRequest({ fn: '', tag: 7 }))
  t.equal(reply.length, 4)
  t.equal(jsonOf(reply[1]).tag, 7)
  t.same((await ask('{}')).map(String), ['isMain.c main: request does not contain pid'])
  t.match(seen, [/^request\n {2}\[0\] \{/, /^reply\n {2}\[0\] \(empty\)\n {2}\[1\] \{.*\n {2}\[2\] \(empty\)\n {2}\[3\] \(\d+ bytes: ffd8ff/, 'request\n  [0] {}', /^reply\n {2}\[0\] isMain/])
})

t.test('a request waits for a server, and servers take turns', async t => {
  const { back, front } = await startProxy(t)
  const early = connectAsker(t, front).ask('{}')
  const servers = await Promise.all(['a', 'b'].map(async fn => {
    const server = await buildFrameServer(t, { env: { DIFFRACTION_ZMQ: `connect:${back}` } })
    let asked = 0
    answerTasks(server, () => {
      asked += 1
      throw new DiffractionError('FILE_MISSING', fn)
    })
    return { asked: () => asked }
  }))
  t.match(String((await early)[0]), /does not contain pid/)
  const { ask } = connectAsker(t, front)
  // The proxy may not know of the second one yet.
  while (servers.some(({ asked }) => asked() === 0)) await ask(pictureRequest())
  const before = servers.map(({ asked }) => asked())
  for (let index = 0; index < 10; index++) await ask(pictureRequest())
  t.same(servers.map(({ asked }, index) => asked() - (before[index] ?? 0)), [5, 5])
})

t.test('servers and clients find a proxy that was started again', async t => {
  const first = await startProxy(t)
  await buildFrameServer(t, { env: { DIFFRACTION_ZMQ: `connect:${first.back}` } })
  const client = createDiffractionClient({ server: first.front, timeout: 500, retries: 60 })
  t.teardown(() => client.close())
  await client.call(pictureRequest({ fn: '' }))
  await first.proxy.close()
  const again = client.call(pictureRequest({ fn: '', tag: 'again' }))
  await startProxy(t, { front: [first.front], back: [first.back] })
  t.equal((await again).job.tag, 'again')
})

t.test('the client', async t => {
  const server = await buildFrameServer(t)
  const client = createDiffractionClient({ server: server.address, most: 4 })
  t.teardown(() => client.close())

  t.test('gives job, metadata and picture, for many requests at once', async t => {
    const replies = await Promise.all(Array.from({ length: 40 }, (_, tag) => client.call(pictureRequest({ fn: '', tag }))))
    t.same(replies.map(({ job }) => job.tag), Array.from({ length: 40 }, (_, tag) => tag))
    t.equal(replies[0]?.metadata, undefined)
    t.equal(replies[0]?.parts.length, 3)
  })

  t.test('throws what the server answers instead', async t => {
    await t.rejects(client.call({ pid: 'nobody', type: 'jpeg' }), new ServerError('isMain.c main: Process nobody is not authorized (2)', 'TUTTI_DIFFRACTION_NOT_AUTHORIZED'))
  })

  t.test('gives up where nobody answers, and when it is told to', async t => {
    const lonely = createDiffractionClient({ server: 'tcp://127.0.0.1:9', timeout: 50, retries: 1 })
    await t.rejects(lonely.call({}), { code: 'TIMEOUT', message: /asked 2 times/ })
    const patient = createDiffractionClient({ server: 'tcp://127.0.0.1:9', timeout: 60_000 })
    const cancel = new AbortController()
    const cancelled = t.rejects(patient.call({}, cancel.signal), { code: 'CANCELLED' })
    cancel.abort()
    await cancelled
    const closed = t.rejects(patient.call({}), { code: 'CANCELLED' })
    patient.close()
    await closed
    lonely.close()
  })
})

t.test('npm run diffraction:proxy and npm run diffraction', async t => {
  // Paths of sockets have 107 bytes at most.
  const folder = await mkdtemp(path.join(tmpdir(), 'zmq-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const [front, back] = [`ipc://${folder}/front`, `ipc://${folder}/back`]
  const child = spawn(process.execPath, [path.join(root, 'scripts/diffraction-proxy.ts'), '--front', front, '--back', back, '--tap'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const started = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    started.resolve()
  })
  await Promise.race([started.promise, ended])
  t.equal(lines[0], `Clients come to ${front}, servers to ${back}.`)
  await buildFrameServer(t, { env: { DIFFRACTION_ZMQ: `connect:${back}` } })

  const run = (...args: string[]) => promisify(execFile)(process.execPath, [path.join(root, 'scripts/diffraction.ts'), ...args, '--server', front], { env: { ...process.env, DIFFRACTION_PID: 'demo' } })
  const out = path.join(folder, 'x.jpg')
  const { stdout } = await run('jpeg', '--size', '32', '--set', 'label=A', '--set', 'labelHeight=16', '--out', out)
  t.match(JSON.parse(stdout), { xsize: 32, label: 'A', labelHeight: 16 })
  t.same([...(await readFile(out)).subarray(0, 3)], [0xff, 0xd8, 0xff])
  await t.rejects(run('jpeg', 'missing.h5', '--esaf', '1'), { code: 1, stderr: /^isJpeg\.c isJpeg: / })
  await t.rejects(run(), { code: 1, stderr: /npm run diffraction -- TYPE/ })

  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  t.match(lines, [/^Clients/, /request$/, /"label":"A"/])
})
