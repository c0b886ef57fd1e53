// GET /timelines: what TrackTech answers, letter by letter, and what Tutti adds where it is asked for.
import { createHash } from 'node:crypto'
import { writeFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { rawClient } from '../../faults/raw-client.ts'
import { build } from '../../helper.ts'
import type { Built } from '../../helper.ts'

const usualType = 'text/html; charset=UTF-8'
const missing = 'Missing "objectId" query parameter'
const unknown = 'Object id not present in tracking history'
const noon = new Date(2026, 0, 15, 12, 0, 0).getTime()

interface Server extends Built {
  /** Asks with a query, and has the reason phrase too. */
  ask (query: string, init?: RequestInit): Promise<{ status: number, statusText: string, headers: Headers, text: string }>
}

/** A server that has seen object 1 three times, and object 12 in the days of TrackTech. */
async function start (t: Test, env: Record<string, string> = {}): Promise<Server> {
  const folder = t.testdir()
  mkdirSync(path.join(folder, 'tracking_timelines'))
  writeFileSync(path.join(folder, 'tracking_timelines', 'tracking_logs_12.txt'), '{"timeStamp": "2021/06/20 | 12:00:00", "processorId": "cam"},\n{"timeStamp": "2021/06/20 | 12:00:00", "processorId": null},\n')
  const server = await build(t, { env: { MODULES: 'tracking', DATA_DIR: folder, TIMELINE_DAYS: '0', ...env } })
  const { timelines } = server.app.tracking
  timelines.record([1], { at: noon, processor: '"hall"' })
  timelines.record([1], { at: noon + 500, processor: '7.0' })
  timelines.record([1], { at: noon + 60_000, processor: '"</script><b>"' })
  return {
    ...server,
    async ask (query, init) {
      const response = await fetch(`${server.origin}/timelines${query}`, init)
      return { status: response.status, statusText: response.statusText, headers: response.headers, text: await response.text() }
    }
  }
}

t.test('what TrackTech answers', async t => {
  const server = await start(t)

  const table: Array<[query: string, status: number, body: string]> = [
    ['', 400, missing],
    ['?', 400, missing],
    ['?objectid=1', 400, missing],
    ['?id=1', 400, missing],
    ['?objectId=', 400, unknown],
    ['?objectId', 400, unknown],
    ['?objectId=100', 400, unknown],
    ['?objectId=2', 400, unknown],
    ['?objectId=01', 400, unknown],
    ['?objectId=1.0', 400, unknown],
    ['?objectId=..%2F1', 400, unknown],
    ['?objectId=%00', 400, unknown],
    ['?objectId=1%00', 400, unknown],
    ['?objectId=%FF', 400, unknown],
    ['?objectId=%E2%82', 400, unknown],
    [`?objectId=${'1'.repeat(5000)}`, 400, unknown],
    ['?objectId=1&objectId=', 400, unknown],
    ['?objectId=12&objectId=2', 400, unknown],
    ['?__proto__=1&constructor=1', 400, missing]
  ]
  for (const [query, status, body] of table) {
    t.test(`/timelines${query.slice(0, 40)}: ${status} ${body}`, async t => {
      const reply = await server.ask(query)
      t.equal(reply.status, status)
      t.equal(reply.statusText, body, 'also as reason phrase')
      t.equal(reply.text, body)
      t.equal(reply.headers.get('content-type'), usualType)
      t.equal(reply.headers.get('access-control-allow-origin'), '*')
    })
  }

  for (const query of ['?objectId=12', '?objectId=3&objectId=12', '?objectId=%2012%20', '?objectId=+12', '?objectId=%0912%0A', '?object_id=12', '?object_id=3&object_id=12', '?objectId=12&object_id=3', '?objectId=12&other=1', '?objectId=12&limit=&from=&times=']) {
    t.test(`/timelines${query}: 200 with the whole timeline`, async t => {
      const { status, statusText, headers, text } = await server.ask(query)
      t.equal(status, 200)
      t.equal(statusText, 'OK')
      t.equal(text, '{"data":[{"timeStamp": "2021/06/20 | 12:00:00", "processorId": "cam"},{"timeStamp": "2021/06/20 | 12:00:00", "processorId": null}]}')
      t.equal(headers.get('content-type'), usualType)
      t.equal(headers.get('access-control-allow-origin'), '*')
      t.equal(headers.get('content-length'), String(text.length))
    })
  }

  t.test('sightings are there as soon as they are recorded, spelled as they came', async t => {
    const { text } = await server.ask('?objectId=1')
    t.equal(text, '{"data":[{"timeStamp": "2026/01/15 | 12:00:00", "processorId": "hall"},{"timeStamp": "2026/01/15 | 12:00:00", "processorId": 7.0},{"timeStamp": "2026/01/15 | 12:01:00", "processorId": "\\u003c/script>\\u003cb>"}]}')
    t.match(JSON.parse(text), { data: [{}, {}, { processorId: '</script><b>' }] })
  })

  t.test('who has the answer already is told so', async t => {
    const { headers, text } = await server.ask('?objectId=12')
    const tag = headers.get('etag') ?? ''
    t.equal(tag, `"${createHash('sha1').update(text).digest('hex')}"`)
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const reply = await server.ask('?objectId=12', { headers: { 'if-none-match': known } })
      t.equal(reply.status, 304, known)
      t.equal(reply.text, '')
      t.equal(reply.headers.get('etag'), tag)
      t.equal(reply.headers.get('access-control-allow-origin'), '*')
    }
    for (const other of ['"other"', tag.slice(1, -1), '']) t.equal((await server.ask('?objectId=12', { headers: { 'if-none-match': other } })).status, 200, other)
  })

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    t.test(`${method} is 405, whatever it brings`, async t => {
      for (const body of [undefined, '{', 'x'.repeat(300_000)]) {
        const reply = await server.ask('?objectId=12', { method, ...body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } } })
        t.equal(reply.status, 405)
        t.equal(reply.text, '<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>')
        t.equal(reply.headers.get('content-type'), usualType)
        t.equal(reply.headers.get('access-control-allow-origin'), '*')
        t.equal(reply.headers.get('allow'), 'GET,HEAD')
      }
    })
  }

  t.test('HEAD and OPTIONS are answered as elsewhere in Tutti', async t => {
    const head = await server.ask('?objectId=12', { method: 'HEAD' })
    const get = await server.ask('?objectId=12')
    t.equal(head.status, 200)
    t.equal(head.text, '')
    for (const name of ['content-length', 'content-type', 'etag', 'access-control-allow-origin']) t.equal(head.headers.get(name), get.headers.get(name), name)
    t.equal((await server.ask('?objectId=2', { method: 'HEAD' })).status, 400)
    const options = await server.ask('', { method: 'OPTIONS' })
    t.equal(options.status, 200)
    t.equal(options.text, 'GET,HEAD')
    t.equal(options.headers.get('access-control-allow-origin'), '*')
    t.equal(options.headers.get('access-control-allow-headers'), 'authorization')
  })

  t.test('other spellings of the path are not found', async t => {
    for (const spelling of ['/timelines/', '/Timelines', '/timelines/12', '//timelines', '/timeline', '/%74imelines']) {
      const client = await rawClient(t, server.port)
      await client.write(`GET ${spelling}?objectId=12 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
      t.match(await client.closed, /^HTTP\/1\.1 404 Not Found\r\n/, spelling)
    }
  })
})

t.test('what Tutti adds', async t => {
  const server = await start(t)

  t.test('refusals are JSON with a code where Accept asks for it', async t => {
    const table = [['', 'TUTTI_TIMELINE_OBJECT_MISSING'], ['?objectId=2', 'TUTTI_TIMELINE_UNKNOWN'], ['?objectId=1&limit=0', 'TUTTI_TIMELINE_QUERY']]
    for (const [query = '', code] of table) {
      const { status, headers, text } = await server.ask(query, { headers: { accept: 'application/json' } })
      t.equal(status, 400)
      t.match(headers.get('content-type'), /^application\/json/)
      t.match(JSON.parse(text), { code, message: /Send/ })
      t.equal(headers.get('access-control-allow-origin'), '*')
    }
    for (const accept of ['*/*', 'application/json, text/plain, */*', 'text/html, application/json;q=0.9']) t.equal((await server.ask('', { headers: { accept } })).text, missing, accept)
  })

  t.test('times=iso gives milliseconds and the zone, as JSON', async t => {
    const { headers, text } = await server.ask('?objectId=1&times=iso&limit=2')
    t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    const { data, next } = JSON.parse(text) as { data: object[], next: string }
    t.strictSame(data, [{ timeStamp: new Date(noon).toISOString(), processorId: 'hall' }, { timeStamp: new Date(noon + 500).toISOString(), processorId: 7 }])
    t.strictSame(JSON.parse((await server.ask(`?objectId=1&times=iso&limit=2&cursor=${next}`)).text), { data: [{ timeStamp: new Date(noon + 60_000).toISOString(), processorId: '</script><b>' }] })
    t.match((await server.ask('?objectId=1&times=local')).text, '2026/01/15 | 12:00:00')
  })

  t.test('from and to bound the time, both included', async t => {
    const table: Array<[query: string, count: number]> = [
      [`from=${noon}`, 3], [`from=${noon + 1}`, 2], [`to=${noon + 500}`, 2], [`from=${noon + 500}&to=${noon + 500}`, 1], [`from=${noon + 501}&to=${noon + 59_999}`, 0],
      [`from=${new Date(noon + 1).toISOString()}`, 2], [`to=${new Date(noon).toISOString()}`, 1], ['from=2026-01-01T00:00:00%2B01:00', 3], ['from=2026-01-01T00:00:00+01:00', 3], ['to=2025-12-01', 0]
    ]
    for (const [query, count] of table) {
      const { status, text } = await server.ask(`?objectId=1&${query}`)
      t.equal(status, 200, query)
      t.equal((JSON.parse(text) as { data: object[] }).data.length, count, query)
    }
  })

  t.test('what cannot be read is refused', async t => {
    for (const query of ['limit=0', 'limit=10001', 'limit=x', 'limit=1.5', 'from=x', 'from=2026-13-01', 'to=-1', 'times=utc', 'cursor=x', `cursor=${'1'.repeat(200)}`]) {
      const { status, headers, text } = await server.ask(`?objectId=1&${query}`)
      t.equal(status, 400, query)
      t.match(text, /\(TUTTI_TIMELINE_QUERY\)$/)
      t.equal(headers.get('access-control-allow-origin'), '*')
    }
  })
})

t.test('a long timeline is sent as it is read, and paged through', async t => {
  const server = await start(t)
  const { timelines } = server.app.tracking
  const count = 45_000
  for (let index = 0; index < count; index++) timelines.record([3], { at: noon + index, processor: `${index}` })
  const { status, headers, text } = await server.ask('?objectId=3')
  t.equal(status, 200)
  t.ok(text.length > 2 * 1024 * 1024)
  t.equal(headers.get('content-length'), null)
  t.strictSame((JSON.parse(text) as { data: Array<{ processorId: number }> }).data.map(({ processorId }) => processorId), Array.from({ length: count }, (_, index) => index))

  const seen: number[] = []
  let pages = 0
  for (let cursor: string | undefined = ''; cursor !== undefined; pages++) {
    const page = JSON.parse((await server.ask(`?objectId=3&limit=10000&cursor=${cursor}`)).text) as { data: Array<{ processorId: number }>, next?: string }
    seen.push(...page.data.map(({ processorId }) => processorId))
    cursor = page.next
  }
  t.equal(pages, 5)
  t.strictSame(seen, Array.from({ length: count }, (_, index) => index))

  const head = await server.ask('?objectId=3', { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.text, '')
  t.equal((await server.ask('?objectId=12')).status, 200)
})
