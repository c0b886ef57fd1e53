// Clients that hang up: at whatever stage, the work for them ends, and what it held is free again.
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { after, build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering, socketService } from '../helper.ts'
import type { Built, LogLine } from '../helper.ts'
import { gaugesAtRest } from './gauges.ts'
import { head, rawClient } from './raw-client.ts'
import type { RawClient } from './raw-client.ts'

const body = JSON.stringify(graphicRequest())

/** Sends a whole request by hand. */
async function ask (t: Test, server: Built, text = body, path = '/render'): Promise<RawClient> {
  const client = await rawClient(t, server.port)
  await client.write(head({ 'content-length': Buffer.byteLength(text) }).replace('/render', path) + text)
  return client
}

/** True for the line that the end of a request leaves when its client has gone. */
const tellsOfTheEnd = (line: LogLine) => line.code === 'TUTTI_CLIENT_GONE'

/** The outcomes that the log tells of one service. */
const kinds = (lines: LogLine[], service: string) => lines.filter(line => line.msg === 'service settled' && line.service === service).map(line => line.kind)

for (const PARALLEL_PREPROCESSORS of ['ON', 'OFF']) {
  t.test(`with PARALLEL_PREPROCESSORS=${PARALLEL_PREPROCESSORS}`, async t => {
    const shrink = await mockService(t, found(names.modifier, { zoom: 1 }))
    const look = await mockService(t, found(names.preprocessor('look'), {}))
    const text = await mockService(t, made(rendering('text')))
    const server = await build(t, {
      env: { PARALLEL_PREPROCESSORS },
      services: { shrink: preprocessor(shrink, { modifyRequest: true }), look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
    })
    const stages = { shrink, look, text }
    const behaviours = { shrink: shrink.behaviour, look: look.behaviour, text: text.behaviour }

    for (const stage of ['shrink', 'look', 'text'] as const) {
      t.test(`F11: a client that hangs up while ${stage} works ends that work and what would have followed`, async t => {
        const from = server.logs.length
        const before = { shrink: shrink.received.length, look: look.received.length, text: text.received.length }
        stages[stage].behaviour = hang
        const client = await ask(t, server)
        const working = await stages[stage].request(before[stage] + 1)
        client.socket.destroy()
        await working.closed
        await server.logged(tellsOfTheEnd, from)
        t.strictSame(kinds(server.logs.slice(from), stage), ['cancelled'])
        const order = ['shrink', 'look', 'text'] as const
        for (const later of order.slice(order.indexOf(stage) + 1)) {
          t.equal(stages[later].received.length, before[later], `${later} is not called`)
          t.strictSame(kinds(server.logs.slice(from), later), ['cancelled'])
        }
        stages[stage].behaviour = behaviours[stage]
        t.strictSame(descriptions(await server.render()), ['text'], 'and the server goes on')
      })
    }

    t.test('F11: a client of /render/preprocess that hangs up ends its work too', async t => {
      look.behaviour = hang
      const number = look.received.length + 1
      const client = await ask(t, server, body, '/render/preprocess')
      const working = await look.request(number)
      client.socket.resetAndDestroy()
      await working.closed
      t.pass('the service sees its connection closed')
      look.behaviour = behaviours.look
    })
  })
}

t.test('F11: a client that hangs up while its body is on the way starts no work', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const server = await build(t, { env: { MAX_BODY: '20mb' }, services: { look: preprocessor(look) } })
  for (const cut of [0, 1, body.length / 2, body.length - 1]) {
    const client = await rawClient(t, server.port)
    await client.write(head({ 'content-length': body.length }) + body.slice(0, cut))
    client.socket.destroy()
    await client.closed
  }
  t.strictSame(outcomes(await server.render()), { look: 'done' })
  t.equal(look.received.length, 1)
})

t.test('F11: a client that hangs up while its large body is read starts no work', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const server = await build(t, { env: { MAX_BODY: '20mb' }, services: { look: preprocessor(look) } })
  const large = JSON.stringify(graphicRequest({ list: Array.from({ length: 1000000 }, (_, number) => number) }))
  const from = server.logs.length
  const client = await ask(t, server, large)
  client.socket.destroy()
  await client.closed
  await server.logged(tellsOfTheEnd, from)
  t.equal((await server.post('/render', large)).status, 200, 'and the next such body is read')
  t.equal(look.received.length, 1)
})

t.test('F11: a client that hangs up while its work waits for a place gives up its place in the queue', async t => {
  const look = await mockService(t, hang)
  for (const env of [{ PARALLEL_LIMIT: '1' }, { SERVICE_LIMIT: '1' }] as Array<Record<string, string>>) {
    const gate = Promise.withResolvers<void>()
    look.behaviour = after(gate.promise, found(names.preprocessor('look'), {}))
    const server = await build(t, { env, services: { look: preprocessor(look) } })
    const before = look.received.length
    const first = server.render()
    await look.request(before + 1)
    const from = server.logs.length
    const waiting = await Promise.all(Array.from({ length: 5 }, () => ask(t, server, JSON.stringify(graphicRequest({ context: 'waiting' })))))
    const ended = Promise.all(waiting.map((_, index) => {
      let count = 0
      return server.logged(line => tellsOfTheEnd(line) && count++ === index, from)
    }))
    for (const { socket } of waiting) socket.destroy()
    await ended
    gate.resolve()
    t.strictSame(outcomes(await first), { look: 'done' })
    t.strictSame(outcomes(await server.render()), { look: 'done' })
    t.strictSame(look.received.slice(before).map(({ json }) => json.context), [graphicRequest().context, graphicRequest().context], 'nobody asked for those who had gone')
  }
})

t.test('F11: a client that hangs up while the cache is asked starts no work', async t => {
  const asked = Promise.withResolvers<void>()
  // Takes the question, and never answers.
  const cache = await socketService(t, socket => { socket.once('data', () => asked.resolve()) })
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const server = await build(t, {
    env: { MEMCACHE_SERVERS: new URL(cache).host, CACHE_TIMEOUT: '10000' }, services: { look: preprocessor(look, { cacheTimeout: 3600 }) }
  })
  const client = await ask(t, server)
  await asked.promise
  client.socket.destroy()
  await server.logged(tellsOfTheEnd)
  t.strictSame(await gaugesAtRest(server.origin), [])
  t.equal(look.received.length, 0)
})

t.test('F11: a client that hangs up while it receives its answer frees all that it held', async t => {
  const large = { data: { text: 'x'.repeat(900_000) } }
  const everyone = await mockService(t, made(rendering('large', large)))
  const server = await build(t, { services: Object.fromEntries(Array.from({ length: 24 }, (_, number) => [`large-${number}`, handler(everyone)])) })
  const client = await ask(t, server)
  await once(client.socket, 'data')
  client.socket.destroy()
  await server.logged(({ msg, status }) => msg === 'request ended' && status === 499)
  t.strictSame(await gaugesAtRest(server.origin), [])
  t.equal(descriptions(await server.render()).length, 24, 'and the next one has all of its own')
})
