// Replicas that fail, or die under load, while others of the same service are well.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { answer, build, descriptions, made, mockService, outcomes, rendering, uuid } from '../helper.ts'
import type { Built, Entry } from '../helper.ts'
import { figure, sized } from '../long.ts'

const requests = sized(1000, 2000)

/** The entry of a handler with several replicas. */
function replicated (urls: string[], labels: Entry['labels'] = {}): Entry {
  return { labels: { handler: 'enable', ...labels }, urls }
}

/** Sends so many requests, eight at a time; gives what Server-Timing says of those that brought no rendering. */
async function load (server: Built, requests: number, onReply: (number: number) => void = () => {}): Promise<unknown[]> {
  const failed: unknown[] = []
  let [begun, ended] = [0, 0]
  const client = async () => {
    while (begun++ < requests) {
      const reply = await server.render()
      if (reply.status !== 200 || descriptions(reply).length !== 1) failed.push(outcomes(reply).show)
      onReply(++ended)
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
  return failed
}

t.test('F9: a replica that answers 500 costs at most one request in a hundred', { timeout: 600_000 }, async t => {
  const well = made(rendering('one'))
  const flapping = await mockService(t, answer(500))
  const others = [await mockService(t, well), await mockService(t, well)]
  const server = await build(t, { services: { show: replicated([flapping, ...others].map(service => service.url)) }, env: { SET_ASIDE_TIME: '3600000' } })
  const failed = await load(server, requests)
  figure(t, 'F9', `${failed.length} of ${requests} requests failed`)
  t.ok(failed.length >= 5 && failed.length <= requests / 100, `${failed.length} of ${requests} failed`)
  t.strictSame(new Set(failed), new Set(['failed: status']))
  t.equal(flapping.received.length, failed.length, 'set aside it is asked no more')
  t.match(server.logs.filter(line => line.replica === flapping.url), [{ service: 'show', msg: /set aside/, ms: 3600000 }])
})

t.test('F9: a replica that was set aside is asked again after a while', async t => {
  const well = made(rendering('one'))
  const flapping = await mockService(t, answer(500))
  const server = await build(t, { services: { show: replicated([flapping.url, (await mockService(t, well)).url]) }, env: { SET_ASIDE_AFTER: '2', SET_ASIDE_TIME: '50' } })
  const isAside = server.logged(line => line.replica === flapping.url && /set aside/.test(line.msg ?? ''))
  const isBack = server.logged(line => line.replica === flapping.url && /answers again/.test(line.msg ?? ''))
  const until = async (event: Promise<unknown>) => {
    const over = new AbortController()
    const ended = event.then(() => over.abort())
    while (!over.signal.aborted) await load(server, 8)
    await ended
  }
  await until(isAside)
  flapping.behaviour = well
  await until(isBack)
  const received = flapping.received.length
  t.strictSame(await load(server, 100), [])
  t.ok(flapping.received.length > received, 'and takes part')
})

/** Starts a process with a handler that takes 20 ms; gives its address. */
async function startProcess (t: Test): Promise<{ url: string, process: ChildProcess }> {
  const reply = JSON.stringify({ request_uuid: uuid, timestamp: 1700000001, renderings: [rendering('one')] })
  const program = `
    require('node:http').createServer((request, response) => {
      request.resume().on('end', () => setTimeout(() => response.end(process.argv[1]), 20))
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
  `
  const child = spawn(process.execPath, ['-e', program, reply], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${String(port).trim()}`, process: child }
}

t.test('a replica that is killed under load takes no request with it', async t => {
  const replicas = [await startProcess(t), await startProcess(t), await startProcess(t)]
  const server = await build(t, { services: { show: replicated(replicas.map(replica => replica.url)) } })
  const failed = await load(server, 300, number => {
    if (number === 100) replicas[0]?.process.kill('SIGKILL')
    if (number === 200) replicas[1]?.process.kill('SIGKILL')
  })
  t.strictSame(failed, [])
  t.ok(server.logs.some(line => line.msg === 'service settled' && line.attempts === 2), 'some were tried again')
})
