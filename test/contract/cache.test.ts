// The cache as a client sees it: the same answer, whether a result is new, known, shared or impossible to keep.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { after, answer, build, found, graphicRequest, handler, made, mockService, names, onePixel, outcomes, preprocessor, rendering, uuid } from '../helper.ts'
import type { Behaviour } from '../helper.ts'
import { referenceKey } from '../lib/fixtures/cache-keys.ts'
import { fakeCache } from '../lib/fixtures/fake-cache.ts'

const name = names.preprocessor('look')
const keep = { cacheTimeout: '3600' }

/** A server with one preprocessor and one handler that shows what the preprocessor found. */
async function start (t: Test, { labels = keep, env = {}, behaviour = found(name, { n: 1 }) }: { labels?: Record<string, string>, env?: Record<string, string>, behaviour?: Behaviour } = {}) {
  const look = await mockService(t, behaviour)
  const show = await mockService(t, (response, received) => {
    const { preprocessors = {} } = received.json as { preprocessors?: Record<string, unknown> }
    return made(rendering(JSON.stringify(preprocessors)))(response, received)
  })
  const server = await build(t, {
    services: { look: preprocessor(look, labels), show: handler(show, { required_dependencies: 'look' }) }, env: { PARALLEL_PREPROCESSORS: 'ON', ...env }
  })
  return { look, show, server }
}

const withoutTime = (text: string) => text.replace(/"timestamp":\d+/, '"timestamp":0')

t.test('a result is asked for once, and the answer is the same to the byte', async t => {
  for (const mode of ['ON', 'OFF']) {
    const { look, server } = await start(t, { env: { PARALLEL_PREPROCESSORS: mode } })
    const cold = await server.render()
    const warm = await server.render()
    t.equal(look.received.length, 1, mode)
    t.equal(withoutTime(warm.text), withoutTime(cold.text))
    t.match(cold.text, 'look')
    t.match(outcomes(cold), { look: 'done' })
    t.match(outcomes(warm), { look: 'cached', show: 'done' })
    t.equal(warm.headers.get('tutti-incomplete'), null)
  }
})

t.test('the answer is the same to the byte, be the cache cold, warm, shared or broken, wherever it is', async t => {
  const { server } = await start(t, { labels: {} })
  const plain = withoutTime((await server.render()).text)
  t.match(plain, name)
  const backends: Array<[what: string, environment: (port: number) => Record<string, string>]> = [
    ['memory', () => ({})],
    ['redis', port => ({ REDIS_URL: `redis://127.0.0.1:${port}` })],
    ['memcached', port => ({ MEMCACHE_SERVERS: `127.0.0.1:${port}` })]
  ]
  for (const [what, environment] of backends) {
    const cache = await fakeCache(t)
    // Long enough never to be over by mistake.
    const env = { ...environment(cache.port), CACHE_TIMEOUT: '10000' }
    const one = await start(t, { env })
    const isSame = async (times: string, { server, look }: typeof one, outcome: string, asked: number) => {
      const reply = await server.render()
      t.equal(withoutTime(reply.text), plain, `${what}, ${times}`)
      t.equal(outcomes(reply).look, outcome)
      t.equal(look.received.length, asked)
    }
    await isSame('cold', one, 'done', 1)
    if (what !== 'memory') await cache.kept(1)
    await isSame('warm', one, 'cached', 1)
    const replies = await Promise.all(Array.from({ length: 4 }, () => one.server.render(graphicRequest({ language: 'fr' }))))
    t.equal(new Set(replies.map(({ text }) => withoutTime(text))).size, 1)
    t.equal(withoutTime(replies[0]?.text ?? ''), plain, `${what}, at one time`)
    if (what === 'memory') continue

    const other = await start(t, { env })
    await isSame('shared by servers', other, 'cached', 0)
    const broken = await start(t, { env: { ...env, CACHE_TIMEOUT: '50' } })
    cache.health = 'hung'
    await isSame('broken', broken, 'done', 1)
    await isSame('broken, again', broken, 'done', 2)
  }
})

t.test('what a key depends on: service, subject and question, and the language only where a label says so', async t => {
  const { look, server } = await start(t)
  await server.render()
  await server.render(graphicRequest({ language: 'fr', context: 'other', URL: 'https://example.org/other' }))
  t.equal(look.received.length, 1, 'neither language nor context')
  await server.render(graphicRequest({ graphic: 'data:image/png;base64,AAAA' }))
  t.equal(look.received.length, 2, 'another graphic')
  await server.render(graphicRequest({ followup: { query: 'what is it?' } }))
  t.equal(look.received.length, 3, 'a question')
  await server.render(graphicRequest({ followup: { query: 'what is it?', focus: [0, 0, 1, 1] } }))
  t.equal(look.received.length, 3, 'not where it points')

  const varying = await start(t, { labels: { ...keep, 'tutti.cache.vary': 'language' } })
  await varying.server.render()
  await varying.server.render(graphicRequest({ language: 'fr' }))
  t.equal(varying.look.received.length, 2)
})

t.test('without the label, or where there is nothing to keep, each request asks', async t => {
  for (const [labels, behaviour] of [[{}, undefined], [{ cacheTimeout: '0' }, undefined], [keep, answer(204)], [keep, answer(500)]] as const) {
    const { look, server } = await start(t, { labels, behaviour })
    await server.render()
    await server.render()
    t.equal(look.received.length, 2)
  }
})

t.test('identical requests at one time ask once; a failure is not shared before another has tried', async t => {
  const gate = Promise.withResolvers<void>()
  const { look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
  const all = Array.from({ length: 8 }, () => server.render())
  await look.request(1)
  gate.resolve()
  const replies = await Promise.all(all)
  t.equal(look.received.length, 1)
  t.same(new Set(replies.map(each => withoutTime(each.text))).size, 1)

  const failing = await start(t, { behaviour: (response, received) => (failing.look.received.length === 1 ? answer(500) : found(name, { n: 2 }))(response, received) })
  const second = await Promise.all(Array.from({ length: 8 }, () => failing.server.render()))
  t.equal(failing.look.received.length, 2)
  t.equal(second.filter(each => outcomes(each).look === 'failed: status').length, 1)
})

t.test('a client that goes does not take the result of others with it', async t => {
  const gate = Promise.withResolvers<void>()
  const { look, server } = await start(t, { behaviour: after(gate.promise, found(name, { n: 1 })) })
  const leaving = new AbortController()
  const gone = server.render(undefined, { signal: leaving.signal })
  await look.request(1)
  const staying = server.render()
  leaving.abort()
  await t.rejects(gone)
  await look.request(2)
  gate.resolve()
  t.equal(outcomes(await staying).look, 'done')
})

t.test('what a modifier made of the graphic is what counts', async t => {
  const { look, server } = await (async () => {
    const look = await mockService(t, found(name, { n: 1 }))
    const resize = await mockService(t, (response, received) => {
      const graphic = look.received.length === 0 ? 'data:image/png;base64,AAAA' : 'data:image/png;base64,BBBB'
      return answer(200, { request_uuid: uuid, timestamp: 1, name: names.modifier, data: { graphic } })(response, received)
    })
    const server = await build(t, {
      services: { resize: preprocessor(resize, { modifyRequest: 'true', ...keep }), look: preprocessor(look, { preprocessor: '2', ...keep }) }, env: { PARALLEL_PREPROCESSORS: 'ON' }
    })
    return { look, server }
  })()
  for (let request = 0; request < 3; request++) await server.render()
  t.equal(look.received.length, 2, 'the modifier is always asked, and the service once for each graphic that it was given')
})

t.test('a file of CACHE_OVERRIDE stands in for the call, in every mode, whatever the labels say; a bad one is as none', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-override-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const key = referenceKey({ subject: onePixel, service: 'look' })
  t.match(key, /^[0-9a-f]{40}$/)
  for (const mode of ['ON', 'OFF']) {
    writeFileSync(path.join(folder, String(key)), JSON.stringify({ name, data: { from: 'a file' } }))
    const { look, server } = await start(t, { labels: {}, env: { CACHE_OVERRIDE: folder, PARALLEL_PREPROCESSORS: mode } })
    const reply = await server.render()
    t.equal(look.received.length, 0, mode)
    t.match(reply.text, 'a file')
    t.match(outcomes(reply), { look: 'cached' })
    writeFileSync(path.join(folder, String(key)), '{"data":{}}')
    t.match(outcomes(await server.render()), { look: 'done' })
  }
})

t.test('a cache that cannot be reached costs nothing but the call', async t => {
  for (const [variable, address] of [['REDIS_URL', 'redis://127.0.0.1:1'], ['MEMCACHE_SERVERS', '127.0.0.1:1']] as const) {
    const { look, server } = await start(t, { env: { [variable]: address } })
    const [one, two] = [await server.render(), await server.render()]
    t.equal(look.received.length, 2)
    t.equal(withoutTime(one.text), withoutTime(two.text))
    t.match(outcomes(two), { look: 'done', show: 'done' })
  }
})
