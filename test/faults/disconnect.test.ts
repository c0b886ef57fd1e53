// Clients that hang up: at whatever stage, the work for them ends, and what it held is free again.
import t from 'tap'
import type { Test } from 'tap'
import { after, build, descriptions, found, graphicRequest, handler, hang, made, mockService, names, outcomes, preprocessor, rendering } from '../helper.ts'
import type { Built, LogLine } from '../helper.ts'
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
      t.test(`a client that hangs up while ${stage} works ends that work and what would have followed`, async t => {
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

    t.test('a client of /render/preprocess that hangs up ends its work too', async t => {
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

t.test('a client that hangs up while its body is on the way starts no work', async t => {
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

t.test('a client that hangs up while its large body is read starts no work', async t => {
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

t.test('a client that hangs up while its work waits for a place gives up its place in the queue', async t => {
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

t.test('three hundred clients that hang up at any moment leave nothing behind', async t => {
  const look = await mockService(t, (response, received) => new Promise(resolve => setImmediate(resolve)).then(() => found(names.preprocessor('look'), {})(response, received)))
  const text = await mockService(t, made(rendering('text')))
  const server = await build(t, {
    env: { PARALLEL_PREPROCESSORS: 'ON', PARALLEL_LIMIT: '4', SERVICE_LIMIT: '2' },
    services: { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
  })
  let seed = 20240229
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor(seed / 2 ** 32 * below)
  }
  const leave = async () => {
    const controller = new AbortController()
    const reply = server.render(graphicRequest(), { signal: controller.signal }).then(() => true, () => false)
    for (let turn = random(60); turn > 0; turn--) await new Promise(resolve => setImmediate(resolve))
    controller.abort()
    return await reply
  }
  const answered: boolean[] = []
  for (let round = 0; round < 10; round++) answered.push(...await Promise.all(Array.from({ length: 30 }, leave)))
  t.ok(answered.includes(false), `${answered.filter(each => !each).length} left before their answer`)
  const replies = await Promise.all(Array.from({ length: 10 }, () => server.render()))
  for (const reply of replies) t.strictSame(outcomes(reply), { look: 'done', text: 'done' }, 'every place is free again')
  t.notOk(server.logs.some(line => Number(line.level) >= 50), 'and nothing went wrong')
})
