// WORKERS: what becomes of several processes when one is killed, or all are to stop.
import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { after, found, hang, mockService, names, preprocessor, servicesFile } from '../helper.ts'
import { ask, isAlive, metrics, preprocess, start, workersOf } from './two-processes.ts'

t.test('a process that is killed under load loses what it had in flight, and nothing else', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const server = start(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }) })
  const port = await server.port
  const [victim = 0, other = 0] = await workersOf(server)
  const over = new AbortController()
  const outcomes = { answered: 0, lost: 0, wrong: 0, lostLater: 0 }
  let isReplaced = false
  const client = async () => {
    while (!over.signal.aborted) {
      const wasReplaced = isReplaced
      const status = await preprocess(port).then(reply => reply.status, () => 0)
      if (status === 200) outcomes.answered += 1
      else if (status !== 0) outcomes.wrong += 1
      else if (wasReplaced) outcomes.lostLater += 1
      else outcomes.lost += 1
    }
  }
  const clients = Array.from({ length: 8 }, client)
  while (outcomes.answered < 50) await new Promise(resolve => setImmediate(resolve))
  const before = (await metrics(port)).value('tutti_requests_total{route="/render/preprocess",status="200"}') ?? NaN
  process.kill(victim, 'SIGKILL')
  t.match(await server.logged('a worker process has ended'), { worker: victim, status: 'SIGKILL' })
  await workersOf(server, 3)
  isReplaced = true
  const target = outcomes.answered + 50
  while (outcomes.answered < target) await new Promise(resolve => setImmediate(resolve))
  over.abort()
  await Promise.all(clients)
  t.equal(outcomes.wrong, 0)
  t.equal(outcomes.lostLater, 0)
  t.ok(outcomes.lost <= 8, `${outcomes.lost} of ${outcomes.answered} were lost, one a client at most`)
  const { value } = await metrics(port)
  t.ok((value('tutti_requests_total{route="/render/preprocess",status="200"}') ?? 0) >= before, 'what had been counted stays counted')
  t.equal(value('tutti_worker_ends_total'), 1)
  t.equal(value('tutti_workers'), 2)
  const workers = await workersOf(server)
  t.equal(workers.length, 3)
  t.ok(workers.includes(other))
  server.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})

t.test('a connection that a process had not yet taken when it was killed does not hang', async t => {
  const server = start(t)
  const port = await server.port
  const [victim = 0] = await workersOf(server)
  process.kill(victim, 'SIGSTOP')
  // One of these goes to the process that stands still.
  const ends = await Promise.all(Array.from({ length: 4 }, async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    let answer = ''
    socket.on('data', chunk => { answer += String(chunk) })
    socket.on('error', () => {})
    const closed = new Promise(resolve => socket.once('close', () => resolve(answer.slice(0, 12))))
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    return { closed, isAnswered: () => answer !== '' }
  }))
  while (ends.filter(each => each.isAnswered()).length < 3) await new Promise(resolve => setImmediate(resolve))
  process.kill(victim, 'SIGKILL')
  t.strictSame((await Promise.all(ends.map(each => each.closed))).toSorted(), ['', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200'])
})

t.test('a signal stops all processes as it stops one: what is in flight is finished, then the end is good', async t => {
  const gate = Promise.withResolvers<void>()
  const look = await mockService(t, after(gate.promise, found(names.preprocessor('look'), {})))
  const server = start(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }), DRAIN_TIME: '500' })
  const port = await server.port
  const workers = await workersOf(server)
  const replies = [preprocess(port), preprocess(port), preprocess(port), preprocess(port)]
  while ((await metrics(port)).value('tutti_requests_in_flight') !== 4);
  // A terminal tells all of them, and the first one tells the others again.
  for (const worker of workers) process.kill(worker, 'SIGINT')
  server.kill('SIGINT')
  await server.logged('the server stops')
  while ((await ask(port, '/health/ready')).status !== 503);
  t.match(await ask(port, '/health/ready'), { status: 503, text: /the server is stopping/ })
  gate.resolve()
  for (const { status, text } of await Promise.all(replies)) {
    t.equal(status, 200)
    t.match(text, /preprocessor\.look/)
  }
  t.match(await server.ended, { code: 0, stderr: '' })
  t.notOk(server.lines().some(({ msg }) => msg?.startsWith('a worker process has ended')), 'none was started again')
  for (const worker of workers) t.throws(() => process.kill(worker, 0), { code: 'ESRCH' })
})

t.test('a second signal ends all of them at once, with 1', async t => {
  const look = await mockService(t, hang)
  const server = start(t, { SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }) })
  const port = await server.port
  const workers = await workersOf(server)
  const lost = t.rejects(preprocess(port))
  await look.request(1)
  server.kill('SIGTERM')
  await server.logged('the server stops')
  server.kill('SIGTERM')
  t.equal((await server.ended).code, 1)
  await lost
  for (const worker of workers) while (isAlive(worker)) await new Promise(resolve => setImmediate(resolve))
})

t.test('where the first process is killed, the others end too', async t => {
  const server = start(t)
  const workers = await workersOf(server)
  server.kill('SIGKILL')
  t.equal((await server.ended).signal, 'SIGKILL')
  for (const worker of workers) while (isAlive(worker)) await new Promise(resolve => setImmediate(resolve))
})
