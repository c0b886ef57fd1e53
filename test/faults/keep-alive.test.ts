// Services that close idle connections at the wrong moment: no client ever sees it.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, handler, names, outcomes, preprocessor, rendering, uuid } from '../helper.ts'
import { figure, sized } from '../long.ts'

/** Each request calls two services. */
const requests = sized(750, 20_000)

const atOnce = 8

async function startFickle (t: Test, reply: unknown): Promise<{ url: string, count: () => Promise<{ answered: number, closed: number, crossed: number }> }> {
  const worker = new Worker(new URL('fickle-service.ts', import.meta.url), { workerData: JSON.stringify(reply) })
  t.teardown(() => worker.terminate())
  const [url] = await once(worker, 'message')
  return {
    url,
    async count () {
      worker.postMessage('count')
      const [count] = await once(worker, 'message')
      return count
    }
  }
}

t.test('F7: services that close idle connections at random', { timeout: 600_000 }, async t => {
  const base = { request_uuid: uuid, timestamp: 1700000001 }
  const look = await startFickle(t, { ...base, name: names.preprocessor('look'), data: {} })
  const show = await startFickle(t, { ...base, renderings: [rendering('one')] })
  // Without further attempts: what was closed while idle is none.
  const server = await build(t, {
    services: { look: preprocessor(look, { 'tutti.retries': 0 }), show: handler(show, { required_dependencies: 'look', 'tutti.retries': 0 }) },
    env: { PARALLEL_PREPROCESSORS: 'ON' }
  })
  const failed: unknown[] = []
  let left = requests
  const client = async () => {
    while (left-- > 0) {
      const reply = await server.render()
      const { look, show } = outcomes(reply)
      if (reply.status !== 200 || descriptions(reply).length !== 1 || look !== 'done' || show !== 'done') failed.push([reply.status, look, show])
      await pause(Math.random() * 20)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  t.strictSame(failed, [])
  figure(t, 'F7', `${failed.length} of ${requests} requests failed`)
  for (const service of [look, show]) {
    const { answered, closed, crossed } = await service.count()
    t.equal(answered, requests, 'each request is answered once')
    t.comment(`${closed} connections closed while idle, ${crossed} as a request arrived`)
    t.ok(closed > 0 && crossed > 0)
  }
})
