// Bytes that are no HTTP, or that two readers of HTTP might read differently: refused, and the next client is served.
import t from 'tap'
import { build, graphicRequest } from '../helper.ts'
import { head, rawClient } from './raw-client.ts'

const body = JSON.stringify(graphicRequest())

t.test('broken requests', async t => {
  const server = await build(t)
  const broken: Array<[what: string, bytes: string | Buffer, status: string]> = [
    ['no HTTP', 'hello\r\n\r\n', '400'],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), '400'],
    ['length and chunks at once', head({ 'content-length': 5, 'transfer-encoding': 'chunked' }) + '0\r\n\r\n', '400'],
    ['two lengths', head({ 'content-length': body.length }).replace('\r\n\r\n', '\r\ncontent-length: 3\r\n\r\n') + body, '400'],
    ['a negative length', head({ 'content-length': -1 }), '400'],
    ['a length that is no number', head({ 'content-length': '5x' }), '400'],
    ['a chunk size that is no number', head({ 'transfer-encoding': 'chunked' }) + 'zz\r\n', '400'],
    ['a header with a line break inside', 'POST /render HTTP/1.1\r\nhost: x\r\na\rb: c\r\n\r\n', '400'],
    ['headers of 100 kilobytes', head({ 'x-long': 'a'.repeat(100000) }), '431'],
    ['a path of 100 kilobytes', `GET /${'a'.repeat(100000)} HTTP/1.1\r\n\r\n`, '431'],
    ['a method that is none', 'RENDER /render HTTP/1.1\r\nhost: x\r\n\r\n', '400'],
    ['no host', 'POST /render HTTP/1.1\r\n\r\n', '400']
  ]
  for (const [what, bytes, status] of broken) {
    t.test(`${what}: ${status}, and the connection is closed`, async t => {
      const client = await rawClient(t, server.port)
      await client.write(bytes)
      const text = await client.closed
      t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
      // Node itself answers where only the host is missing, and says no more than that.
      if (what !== 'no host') t.match(text, status === '431' ? '(TUTTI_HEADERS_TOO_LARGE)' : '(TUTTI_MALFORMED_REQUEST)', 'the cause, the cure and the code')
      t.equal((await server.render()).status, 200)
    })
  }

  t.test('a client that ends in the middle of its body costs nothing', async t => {
    const client = await rawClient(t, server.port)
    await client.write(head({ 'content-length': body.length }) + body.slice(0, 20))
    client.socket.end()
    await client.closed
    t.equal((await server.render()).status, 200)
  })

  t.test('two requests in one breath are both answered, in order', async t => {
    const client = await rawClient(t, server.port)
    await client.write(head({ 'content-length': body.length }) + body + head({ 'content-length': 2, connection: 'close' }) + '{}')
    const answers = (await client.closed).match(/HTTP\/1\.1 \d+/g)
    t.strictSame(answers, ['HTTP/1.1 200', 'HTTP/1.1 400'])
  })

  t.test('a client that asks first whether it may send is told to go on', async t => {
    const client = await rawClient(t, server.port)
    await client.write(head({ 'content-length': body.length, expect: '100-continue', connection: 'close' }))
    await client.write(body)
    t.match(await client.closed, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  })
})
