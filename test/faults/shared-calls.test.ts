// A hundred requests that wait for the call of another one: what becomes of that one is not theirs.
import t from 'tap'
import type { Test } from 'tap'
import { answer, build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering, reset } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { gaugesAtRest } from './gauges.ts'

const waiters = 100
const well = found(names.preprocessor('look'), { n: 1 })

/** One request whose call of `look` is under way, and a hundred who wait for it. Each call behaves as the list says, once `let` has been called. */
async function start (t: Test, behaviours: Behaviour[], env: Record<string, string> = {}) {
  const gates = behaviours.map(() => Promise.withResolvers<void>())
  const look = await mockService(t, async (response, received) => {
    const number = look.received.indexOf(received)
    await gates[number]?.promise
    if (!response.destroyed) await (behaviours[number] ?? answer(500))(response, received)
  })
  const sign = await mockService(t, made(rendering('sign')))
  const text = await mockService(t, (response, received) => made(rendering(received.seen.join()))(response, received))
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON', ...env },
    services: { look: preprocessor(look, { cacheTimeout: 3600, 'tutti.retries': 0 }), text: handler(text, { required_dependencies: 'look' }), sign: handler(sign) }
  })
  const clients: AbortController[] = []
  const ask = () => {
    const client = new AbortController()
    clients.push(client)
    // What is the same for the cache, and tells the test who asked.
    return server.render(graphicRequest({ context: String(clients.length - 1) }), { signal: client.signal })
  }
  const leader = ask()
  const first = await look.request(1)
  const waiting = Array.from({ length: waiters }, ask)
  // A request that has come so far waits for the same call.
  await sign.request(1 + waiters)
  return { look, server, leader, waiting, clients, first, go: (number: number) => gates[number - 1]?.resolve() }
}

for (const [what, behaviour, outcome] of [['answers 500', answer(500), 'failed: status'], ['breaks', reset, 'failed: broken'], ['is too late', hang, 'failed: timeout']] as const) {
  t.test(`F17: where the call that a hundred wait for ${what}, one of them calls again, for all`, async t => {
    const { look, server, leader, waiting, go } = await start(t, [behaviour, well], behaviour === hang ? { PREPROCESSOR_TIMEOUT: '4000' } : {})
    go(1)
    go(2)
    t.equal(outcomes(await leader).look, outcome)
    for (const reply of await Promise.all(waiting)) {
      if (outcomes(reply).look !== 'done' || !descriptions(reply).includes(names.preprocessor('look'))) t.fail(JSON.stringify(outcomes(reply)))
    }
    t.equal(look.received.length, 2, 'exactly one took over')
    t.strictSame(await gaugesAtRest(server.origin), [])
  })
}

t.test('F17: where the one whose call a hundred wait for hangs up, one of them calls again, and nobody gets the cancellation', async t => {
  const { look, server, leader, waiting, clients, first, go } = await start(t, [hang, well])
  clients[0]?.abort()
  await t.rejects(leader)
  await first.closed
  await look.request(2)
  go(2)
  for (const reply of await Promise.all(waiting)) if (outcomes(reply).look !== 'done' || reply.headers.has('tutti-incomplete')) t.fail(JSON.stringify(outcomes(reply)))
  t.equal(look.received.length, 2)
  t.equal(server.logs.filter(line => line.service === 'look' && line.kind === 'cancelled').length, 1)
  t.strictSame(await gaugesAtRest(server.origin), [])
})

t.test('F17: some who wait hang up, and then the one who took over: those who stay are answered', async t => {
  const { look, server, leader, waiting, clients, go } = await start(t, [hang, hang, well])
  const [staying, leaving] = [Promise.allSettled(waiting.slice(0, -50)), Promise.allSettled(waiting.slice(-50))]
  for (const client of clients.slice(-50)) client.abort()
  t.strictSame(new Set((await leaving).map(({ status }) => status)), new Set(['rejected']))
  t.equal(look.received.length, 1, 'they ended nothing')
  clients[0]?.abort()
  await t.rejects(leader)
  const second = await look.request(2)
  clients[Number(second.json.context)]?.abort()
  await second.closed
  await look.request(3)
  go(3)
  const answered = (await staying).flatMap(each => each.status === 'fulfilled' ? [outcomes(each.value).look] : [])
  t.strictSame(answered, Array<string>(49).fill('done'))
  t.equal(look.received.length, 3)
  t.strictSame(await gaugesAtRest(server.origin), [])
})
