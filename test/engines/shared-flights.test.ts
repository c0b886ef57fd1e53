// Several servers on one real Redis: what all of them are asked for is called once, and whatever becomes of a server, a client or Redis
// meanwhile, every answer is whole and the same.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import { after, answer, build, found, graphicRequest, handler, made, mockService, names, outcomes, preprocessor, rendering, servicesFile } from '../helper.ts'
import type { Behaviour, Built, Reply } from '../helper.ts'
import { startProcess } from '../faults/server-process.ts'
import { startEngine } from './stores.ts'

const name = names.preprocessor('look')

/** A Redis, a service whose results are kept, a handler that shows what has been found, and the environment of servers that share them. */
async function start (t: Test, { behaviour, extra = [] }: { behaviour: Behaviour, extra?: string[] }) {
  const engine = await startEngine(t, 'redis', extra)
  const look = await mockService(t, behaviour)
  const show = await mockService(t, (response, received) => made(rendering(JSON.stringify(received.json.preprocessors ?? {})))(response, received))
  const env = {
    REDIS_URL: `redis://127.0.0.1:${engine.port}`,
    SERVICES_FILE: servicesFile(t, { look: preprocessor(look, { cacheTimeout: '3600' }), show: handler(show, { required_dependencies: 'look' }) }),
    PARALLEL_PREPROCESSORS: 'ON',
    // A busy machine is no fault of Redis.
    CACHE_TIMEOUT: '1000'
  }
  const server = async (): Promise<Built> => await build(t, { env })
  return { engine, look, env, server }
}

/** How often something came of asking the cache of a server. */
async function count ({ app }: Built, operation: string, event: string): Promise<number> {
  const text = await app.metrics.text()
  return Number(text.match(new RegExp(`^tutti_cache_events_total{operation="${operation}",event="${event}"} (\\d+)$`, 'm'))?.[1] ?? 0)
}

/** Resolves when it is so. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await pause(5)
}

/** Asks; resolves with the answer to come once the cache has been asked in vain. */
async function askAndMiss (server: Built, init?: RequestInit): Promise<{ reply: Promise<Reply> }> {
  const before = await count(server, 'get', 'miss')
  const reply = server.render(graphicRequest(), init)
  reply.catch(() => {})
  await until(async () => await count(server, 'get', 'miss') > before)
  return { reply }
}

const withoutTime = ({ text }: Reply) => text.replace(/"timestamp":\d+/, '"timestamp":0')

/** That answers are whole, lack nothing, and are the same to the byte. */
function allTheSame (t: Test, replies: readonly Reply[]): void {
  for (const reply of replies) {
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('tutti-incomplete'), null)
    t.match(reply.text, name)
  }
  t.equal(new Set(replies.map(withoutTime)).size, 1)
}

t.test('what two servers are asked forty times at once is called once', async t => {
  const gate = Promise.withResolvers<void>()
  const { look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
  const [one, two] = [await server(), await server()]
  const asked = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).render())
  await until(async () => await count(one, 'get', 'miss') + await count(two, 'get', 'miss') === 40)
  gate.resolve()
  const replies = await Promise.all(asked)
  t.equal(look.received.length, 1)
  allTheSame(t, replies)
  const kinds = replies.map(reply => outcomes(reply).look)
  t.equal(kinds.filter(kind => kind === 'done').length, 20, 'one server has called')
  t.equal(kinds.filter(kind => kind === 'cached').length, 20, 'the other has found what came of it')
  t.same([await count(one, 'lease', 'held') + await count(two, 'lease', 'held'), await count(one, 'lease', 'followed') + await count(two, 'lease', 'followed')], [1, 1])
})

t.test('that a service does not apply is told to all, and a failure lets each server try for itself', async t => {
  for (const [status, calls, kind] of [[204, 1, 'not-applicable'], [500, 6, 'failed: status']] as const) {
    const gate = Promise.withResolvers<void>()
    const { look, server } = await start(t, { behaviour: after(gate.promise, answer(status)) })
    const servers = [await server(), await server(), await server()]
    const asked = servers.flatMap(each => Array.from({ length: 4 }, () => each.render()))
    await until(async () => (await Promise.all(servers.map(each => count(each, 'get', 'miss')))).every(misses => misses === 4))
    gate.resolve()
    const replies = await Promise.all(asked)
    t.ok(look.received.length <= calls, `${look.received.length} calls`)
    t.same(new Set(replies.map(reply => outcomes(reply).look)), new Set([kind]))
  }
})

t.test('a server that is killed while it calls is followed by another', async t => {
  const { look, env, server } = await start(t, { behaviour: () => {} })
  const [leader, two, three] = [startProcess(t, env), await server(), await server()]
  const lost = fetch(`http://127.0.0.1:${await leader.port}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
  await look.request(1)
  const waiting = [await askAndMiss(two), await askAndMiss(three)]
  const gate = Promise.withResolvers<void>()
  look.behaviour = after(gate.promise, found(name, { n: 1 }))
  leader.kill('SIGKILL')
  await t.rejects(lost)
  await look.request(2)
  gate.resolve()
  allTheSame(t, await Promise.all(waiting.map(({ reply }) => reply)))
  t.equal(look.received.length, 2, 'one has taken over, and the other has waited for it')
})

t.test('a client that hangs up hands over to one of another server', async t => {
  const gate = Promise.withResolvers<void>()
  const { look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
  const [one, two] = [await server(), await server()]
  const leaving = new AbortController()
  const { reply: gone } = await askAndMiss(one, { signal: leaving.signal })
  await look.request(1)
  const { reply } = await askAndMiss(two)
  leaving.abort()
  await t.rejects(gone)
  await look.request(2)
  gate.resolve()
  allTheSame(t, [await reply])
})

t.test('F16: while Redis hangs or is gone nobody waits for it, and when it is back all share again', async t => {
  for (const fault of ['hold', 'kill'] as const) {
    const gate = Promise.withResolvers<void>()
    const { engine, look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
    const [one, two] = [await server(), await server()]
    const { reply: first } = await askAndMiss(one)
    await look.request(1)
    const { reply: second } = await askAndMiss(two)
    t.equal(look.received.length, 1)
    await engine[fault]()
    await look.request(2)
    gate.resolve()
    allTheSame(t, [await first, await second])
    if (fault === 'hold') engine.release()
    else await engine.start()
    // Until the breakers of both have tried it again, each calls for itself.
    const request = graphicRequest({ graphic: 'data:image/png;base64,AAAA' })
    await until(async () => outcomes(await one.render(request)).look === 'cached')
    await until(async () => outcomes(await two.render(request)).look === 'cached')
  }
})

t.test('F16: a Redis that is emptied while others wait forgets neither who calls nor who waits', async t => {
  const gate = Promise.withResolvers<void>()
  const { engine, look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
  const [one, two] = [await server(), await server()]
  const redis = new Redis(engine.port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const { reply: first } = await askAndMiss(one)
  await look.request(1)
  const { reply: second } = await askAndMiss(two)
  await redis.flushall()
  await until(async () => (await redis.keys('tutti:cache:lease:*')).length === 1)
  gate.resolve()
  allTheSame(t, [await first, await second])
  t.equal(look.received.length, 1)
  await until(async () => (await redis.keys('tutti:cache:lease:*')).length === 0)
})

t.test('F16: a Redis that is full, or gives no leave to run scripts or to listen, gives no leases, and that is all', async t => {
  for (const extra of [['--maxmemory', '1mb', '--maxmemory-policy', 'noeviction'], ['--user', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-eval'], ['--user', 'default', 'on', 'nopass', '~*', 'resetchannels', '+@all']]) {
    const gate = Promise.withResolvers<void>()
    const { look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })), extra })
    const [one, two] = [await server(), await server()]
    const asked = [await askAndMiss(one), await askAndMiss(two)]
    await look.request(2)
    gate.resolve()
    allTheSame(t, await Promise.all(asked.map(({ reply }) => reply)))
    for (const each of [one, two]) {
      t.equal(await count(each, 'lease', 'refused'), 1)
      for (const event of ['fault', 'late', 'open']) t.equal(await count(each, 'lease', event), 0, event)
    }
  }
})

t.test('F16: the answer is the same to the byte with the cache cold, warm, shared, hanging, killed and poisoned', async t => {
  const { engine, look, server } = await start(t, { behaviour: found(name, { n: 1, text: 'ž "quoted" \u2028', deep: [[{}]] }) })
  const [one, two] = [await server(), await server()]
  const redis = new Redis(engine.port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const replies = [await one.render(), await one.render(), await two.render()]
  t.same(replies.map(reply => outcomes(reply).look), ['done', 'cached', 'cached'])

  const [key = ''] = await redis.keys('tutti:cache:*')
  for (const poison of ['nonsense', '{"name":"other","data":{}', '']) {
    await redis.set(key, poison)
    replies.push(await two.render())
  }

  const gate = Promise.withResolvers<void>()
  const { behaviour } = look
  look.behaviour = after(gate.promise, behaviour)
  await redis.flushall()
  const before = look.received.length
  const { reply: leader } = await askAndMiss(one)
  await look.request(before + 1)
  const { reply: follower } = await askAndMiss(two)
  gate.resolve()
  replies.push(await leader, await follower)
  t.equal(look.received.length, before + 1)

  await engine.hold()
  replies.push(await one.render(), await two.render())
  await engine.kill()
  replies.push(await one.render(), await two.render())
  allTheSame(t, replies)
})
