// Services none of whose replicas answers: their calls fail at once, one a second tries, and nobody notices but for what is missing.
import assert from 'node:assert/strict'
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, found, handler, hang, made, mockService, names, outcomes, rendering, reset } from '../helper.ts'
import type { Behaviour, Built, MockService } from '../helper.ts'

const well = found(names.preprocessor('look'), {})

/** A server whose service `look` has replicas that behave so, and which has a handler that is well. */
async function start (t: Test, behaviour: Behaviour, { replicas = 3, labels = {}, env = {} }: { replicas?: number, labels?: Record<string, string>, env?: Record<string, string> } = {}) {
  const looks = await Promise.all(Array.from({ length: replicas }, () => mockService(t, behaviour)))
  const text = await mockService(t, made(rendering('text')))
  const server = await build(t, {
    services: { look: { labels: { preprocessor: 1, ...labels }, urls: looks.map(({ url }) => url) }, text: handler(text, { required_dependencies: 'look' }) },
    env: { PARALLEL_PREPROCESSORS: 'ON', ...env }
  })
  return { looks, server, asked: () => looks.reduce((sum, { received }) => sum + received.length, 0) }
}

/** Renders, ten at a time, until the service counts as down. @returns how many requests found that it fails */
async function renderUntilDown (server: Built): Promise<number> {
  for (let failed = 0; ; failed += 10) {
    const replies = await Promise.all(Array.from({ length: 10 }, () => server.render()))
    if (replies.some(reply => outcomes(reply).look === 'failed: down')) return failed
  }
}

const behaveAs = (services: MockService[], behaviour: Behaviour) => { for (const service of services) service.behaviour = behaviour }

for (const replicas of [1, 3]) {
  t.test(`F10: while ${replicas} of ${replicas} replicas hang, requests do not wait, and one a second tries`, async t => {
    const timeout = 800
    const { looks, server, asked } = await start(t, hang, { replicas, env: { PREPROCESSOR_TIMEOUT: String(timeout) } })
    t.ok(await renderUntilDown(server) >= 5 * replicas, 'after five failures of each')
    const before = asked()
    const begun = performance.now()
    const quick: number[] = []
    let tried = 0
    while (performance.now() - begun < 2200) {
      const start = performance.now()
      const reply = await server.render()
      if (reply.status !== 200 || descriptions(reply).length !== 1) t.fail('every answer has what the others made')
      if (outcomes(reply).look === 'failed: down') quick.push(performance.now() - start)
      else tried += 1
    }
    const seconds = Math.ceil((performance.now() - begun) / 1000)
    t.equal(asked() - before, tried, 'each request that was not told so at once has asked')
    t.ok(tried >= 1 && tried <= seconds, `${tried} tried in ${seconds} s, ${quick.length} did not`)
    const median = quick.toSorted((a, b) => a - b)[Math.floor(quick.length / 2)] ?? NaN
    t.ok(median * 3 < timeout, `${median.toFixed(1)} ms instead of ${timeout} ms`)

    const back = server.logged(({ msg }) => /answers again/.test(msg ?? ''))
    behaveAs(looks, well)
    const since = performance.now()
    let rounds = 0
    while (outcomes(await server.render()).look !== 'done') rounds += 1
    await back
    t.comment(`back after ${Math.round(performance.now() - since)} ms and ${rounds} requests`)
    t.match(outcomes(await server.render()), { look: 'done' }, 'for everybody')
  })
}

t.test('F10: replicas that refuse or reset are asked once a second by however many requests', async t => {
  const { server, asked } = await start(t, reset)
  await renderUntilDown(server)
  const before = asked()
  const begun = performance.now()
  const seen = new Set<string | undefined>()
  for (let round = 0; round < 5; round++) {
    for (const reply of await Promise.all(Array.from({ length: 20 }, () => server.render()))) seen.add(outcomes(reply).look)
  }
  const seconds = Math.ceil((performance.now() - begun) / 1000)
  t.ok(asked() - before <= seconds, `${asked() - before} of 100 tried in ${seconds} s`)
  seen.delete('failed: broken')
  t.strictSame([...seen], ['failed: down'])
})

t.test('F10: a try that hangs holds no place that others wait for', async t => {
  const { looks: [look], server } = await start(t, reset, { replicas: 1, labels: { 'tutti.concurrency': '1' }, env: { SET_ASIDE_AFTER: '1' } })
  await renderUntilDown(server)
  assert(look)
  look.behaviour = hang
  const controller = new AbortController()
  const arrival = look.request(look.received.length + 1)
  const trying: Array<Promise<unknown>> = []
  for (let isQuick = true; isQuick;) {
    const request = server.render(undefined, { signal: controller.signal }).catch(() => {})
    trying.push(request)
    isQuick = await Promise.race([request.then(() => true), arrival.then(() => false)])
  }
  const replies = await Promise.all(Array.from({ length: 30 }, () => server.render()))
  t.strictSame(new Set(replies.map(reply => outcomes(reply).look)), new Set(['failed: down']))
  controller.abort()
  await Promise.all(trying)
})

t.test('F10: a service that answers, if only with failures, is always asked', async t => {
  const { server, asked } = await start(t, response => { response.writeHead(500).end() }, { replicas: 1 })
  for (let round = 0; round < 30; round++) t.match(outcomes(await server.render()), { look: 'failed: status' })
  t.equal(asked(), 30)
})

t.test('F10: the answer, the header and the metrics say that a service is down', async t => {
  const { looks, server } = await start(t, reset, { replicas: 1, env: { SET_ASIDE_AFTER: '1' } })
  await renderUntilDown(server)
  const reply = await server.render()
  t.equal(reply.headers.get('tutti-incomplete'), 'look;reason=down')
  const { text } = await server.send('/metrics')
  t.match(text, /tutti_service_outcomes_total{service="look",role="preprocessor",kind="failed",reason="down"} \d/)
  t.match(text, 'tutti_replicas_set_aside{service="look"} 1')
  t.match(server.logs.find(line => line.replica === looks[0]?.url), { service: 'look', msg: /set aside/ })
})
