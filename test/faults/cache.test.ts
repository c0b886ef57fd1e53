// F16: a cache that is away, hangs, forgets, or holds what it should not. Answers are those of a server without one, to the byte.
import t from 'tap'
import type { Test } from 'tap'
import { build, found, handler, made, mockService, names, onePixel, outcomes, preprocessor, rendering } from '../helper.ts'
import type { Reply } from '../helper.ts'
import { closedPort } from '../lib/cache/broken-server.ts'
import { ownKey, referenceKey } from '../lib/fixtures/cache-keys.ts'
import { fakeCache } from '../lib/fixtures/fake-cache.ts'
import type { FakeCache } from '../lib/fixtures/fake-cache.ts'

const name = names.preprocessor('look')

const backends = {
  redis: { environment: (port: number): Record<string, string> => ({ REDIS_URL: `redis://127.0.0.1:${port}` }), keyOf: ownKey },
  memcached: { environment: (port: number): Record<string, string> => ({ MEMCACHE_SERVERS: `127.0.0.1:${port}` }), keyOf: referenceKey }
}

const withoutTime = ({ text }: Reply) => text.replace(/"timestamp":\d+/, '"timestamp":0')

/** A server with a preprocessor, and a handler that shows what it found; the preprocessor is asked for every request where there is no environment of a cache. */
async function start (t: Test, env?: Record<string, string>) {
  const look = await mockService(t, found(name, { n: 1 }))
  const show = await mockService(t, (response, received) => made(rendering(JSON.stringify(received.json.preprocessors)))(response, received))
  const labels: Record<string, number> = env === undefined ? {} : { cacheTimeout: 3600 }
  const server = await build(t, { services: { look: preprocessor(look, labels), show: handler(show, { required_dependencies: 'look' }) }, env: { PARALLEL_PREPROCESSORS: 'ON', ...env } })
  return { look, server }
}

/** The answer without a cache. */
const plain = withoutTime(await (await start(t)).server.render())
t.match(plain, name)

/** What somebody else may have put where a value should be. */
const poison: Record<string, string | Buffer> = {
  'nothing of JSON': 'hello',
  'half a value': `{"name":"${name}","data":{"n":2`,
  'a value and more': `{"name":"${name}","data":{"n":2}} {`,
  'a list': '[]',
  'no name': '{"data":{"n":2}}',
  'a name that is none': '{"name":5,"data":{"n":2}}',
  'no data': `{"name":"${name}"}`,
  'data that are none': `{"name":"${name}","data":2}`,
  'keys for prototypes': `{"name":"${name}","data":{"__proto__":{"polluted":true}}}`,
  'members that a value has not': `{"request_uuid":"x","name":"${name}","data":{"n":2}}`,
  'lists in lists without end': `{"name":"${name}","data":${'['.repeat(200000)}`,
  'bytes of chance': Buffer.from([0, 255, 254, 13, 10, 128]),
  '6 MB': `{"name":"${name}","data":{"n":"${'2'.repeat(6 * 1024 * 1024)}"}}`
}

for (const [backend, { environment, keyOf }] of Object.entries(backends)) {
  const key = String(keyOf({ subject: onePixel, service: 'look' }))
  // Long enough never to be over by mistake.
  const open = (cache: FakeCache) => ({ ...environment(cache.port), CACHE_TIMEOUT: '10000' })

  t.test(`F16: ${backend} holds what is no value`, async t => {
    const cache = await fakeCache(t)
    const { look, server } = await start(t, open(cache))
    let asked = 0
    for (const [what, value] of Object.entries(poison)) {
      cache.values.set(key, Buffer.from(value))
      const reply = await server.render()
      t.equal(withoutTime(reply), plain, what)
      t.equal(outcomes(reply).look, 'done')
      t.equal(look.received.length, ++asked, 'it is not used')
      await cache.kept(asked)
      const again = await server.render()
      t.equal(withoutTime(again), plain)
      t.equal(look.received.length, asked, 'and replaced')
    }
    t.equal(({} as Record<string, unknown>).polluted, undefined)
    if (backend !== 'redis') return
    cache.wrongTypes.add(key)
    t.equal(withoutTime(await server.render()), plain, 'something that is no text')
    t.equal(look.received.length, asked + 1)
  })

  t.test(`F16: ${backend} forgets everything`, async t => {
    const cache = await fakeCache(t)
    cache.health = 'evicting'
    const { look, server } = await start(t, open(cache))
    for (const times of [1, 2, 3]) {
      t.equal(withoutTime(await server.render()), plain)
      t.equal(look.received.length, times)
      await cache.kept(times)
    }
  })

  t.test(`F16: ${backend} is away`, async t => {
    const { look, server } = await start(t, { ...environment(await closedPort()), CACHE_TIMEOUT: '10000' })
    for (let times = 1; times <= 6; times++) {
      t.equal(withoutTime(await server.render()), plain)
      t.equal(look.received.length, times)
    }
  })

  t.test(`F16: ${backend} hangs: a request waits CACHE_TIMEOUT for it, and after three nobody does`, async t => {
    const cache = await fakeCache(t)
    cache.health = 'hung'
    const timeout = 500
    const { look, server } = await start(t, { ...environment(cache.port), CACHE_TIMEOUT: String(timeout) })
    const times: number[] = []
    while (times.length < 8) {
      const begin = performance.now()
      t.equal(withoutTime(await server.render()), plain)
      times.push(performance.now() - begin)
      t.equal(look.received.length, times.length)
    }
    t.comment(times.map(Math.round).join(' ms, '))
    t.ok((times[0] ?? 0) >= timeout - 5, 'the first one waits')
    t.ok(times.filter(time => time < timeout).length >= 2, 'most of the later ones do not; one in each pause tries')
  })
}
