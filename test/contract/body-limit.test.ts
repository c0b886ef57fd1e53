// MAX_BODY: how large a body may be, plain and after decompression.
import { deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'
import { build, graphicRequest } from '../helper.ts'
import type { Reply } from '../helper.ts'

/** A valid request of exactly so many bytes. */
function requestOf (bytes: number): string {
  const empty = JSON.stringify(graphicRequest({ context: '' }))
  return JSON.stringify(graphicRequest({ context: 'x'.repeat(bytes - empty.length) }))
}

const encoded = { 'content-type': 'application/json', 'content-encoding': 'gzip' }

t.test('a body may have MAX_BODY bytes and not one more', async t => {
  const limit = 50 * 1024
  const server = await build(t, { env: { MAX_BODY: '50kb' } })
  const refused = (reply: Reply) => {
    t.equal(reply.status, 413)
    t.equal(reply.text, `Payload Too Large: The body is larger than ${limit} bytes. Send a smaller graphic, or ask the operator to raise MAX_BODY. (TUTTI_BODY_TOO_LARGE)`)
    t.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8')
  }

  t.equal((await server.post('/render', requestOf(limit))).status, 200)
  refused(await server.post('/render', requestOf(limit + 1)))
  t.equal((await server.post('/render', gzipSync(requestOf(limit)), { headers: encoded })).status, 200, 'inflated to the limit')
  refused(await server.post('/render', gzipSync(requestOf(limit + 1)), { headers: encoded }))
  refused(await server.post('/render', deflateSync(requestOf(limit + 1)), { headers: { ...encoded, 'content-encoding': 'deflate' } }))
  refused(await server.post('/render', gzipSync(Buffer.alloc(100 * 1024 * 1024)), { headers: encoded }))
  refused(await server.post('/render/preprocess', requestOf(limit + 1), { headers: { 'content-type': 'text/plain' } }))
  const chunked = new Blob([requestOf(limit + 1)]).stream()
  refused(await server.send('/render', { method: 'POST', headers: { 'content-type': 'application/json' }, body: chunked, duplex: 'half' }))
  t.equal((await server.render()).status, 200, 'and the next request is served')
})

t.test('without MAX_BODY the limit is 100 kilobytes', async t => {
  const server = await build(t, { env: { MAX_BODY: '' } })
  t.equal((await server.post('/render', requestOf(100 * 1024))).status, 200)
  t.equal((await server.post('/render', requestOf(100 * 1024 + 1))).status, 413)
  t.equal(readConfiguration({}).configuration.MAX_BODY, 100 * 1024)
})

t.test('sizes are written with units of 1024', async t => {
  const sizes: Record<string, number> = { 10: 10, '10b': 10, '1kb': 1024, '10mb': 10 * 1024 ** 2, '1.5MB': 1.5 * 1024 ** 2, '0.0625gb': 64 * 1024 ** 2 }
  for (const [MAX_BODY, bytes] of Object.entries(sizes)) {
    t.equal(readConfiguration({ MAX_BODY }).configuration.MAX_BODY, bytes, MAX_BODY)
  }
})

t.test('a MAX_BODY that makes no sense stops the start', async t => {
  for (const MAX_BODY of ['nonsense', 'unlimited', '-1', '10 apples', '10mbit', '1e6', 'NaN', '0x10', '0', '0kb', '1gb']) {
    t.throws(() => readConfiguration({ MAX_BODY }), { code: 'TUTTI_CONFIGURATION', message: `MAX_BODY=${MAX_BODY} is not allowed: it must be` }, MAX_BODY)
  }
})
