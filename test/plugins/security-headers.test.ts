// What every answer tells browsers.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { build, graphicRequest } from '../helper.ts'

t.test('every answer has the headers, and none names the software', async t => {
  const server = await build(t, { env: { NOT_FOUND_RATE_LIMIT: '1', OPERATOR_TOKEN: 'sixteen-or-more-characters' } })
  const answers: Array<[name: string, status: number, reply: Awaited<ReturnType<typeof server.send>>]> = [
    ['a rendering', 200, await server.render()],
    ['preprocessor results', 200, await server.post('/render/preprocess', graphicRequest())],
    ['health', 200, await server.send('/health')],
    ['options', 200, await server.send('/render', { method: 'OPTIONS' })],
    ['a schema error', 400, await server.render({})],
    ['a broken body', 400, await server.post('/render', '{')],
    ['a broken path', 400, await server.send('/%zz')],
    ['a large body', 413, await server.post('/render', ' '.repeat(200 * 1024))],
    ['a wrong token', 401, await server.send('/metrics')],
    ['nothing there', 404, await server.send('/nowhere')],
    ['too many', 429, await server.send('/nowhere')]
  ]
  for (const [name, status, reply] of answers) {
    t.test(name, async t => {
      t.equal(reply.status, status)
      t.equal(reply.headers.get('x-content-type-options'), 'nosniff')
      if (status >= 400 && name !== 'a schema error') t.match(reply.headers.get('content-type'), /^text\/plain/)
      t.equal(reply.headers.get('referrer-policy'), 'no-referrer')
      t.equal(reply.headers.get('x-frame-options'), 'DENY')
      t.match(reply.headers.get('content-security-policy'), /^default-src 'none';.*frame-ancestors 'none'/)
      for (const name of ['x-powered-by', 'server', 'strict-transport-security', 'cross-origin-resource-policy']) t.notOk(reply.headers.has(name), name)
    })
  }
})

t.test('what is no HTTP is answered with the headers too', async t => {
  const { port } = await build(t)
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write('no HTTP\r\n\r\n')
  let text = ''
  socket.on('data', chunk => { text += chunk })
  await once(socket, 'close')
  t.match(text, /^HTTP\/1.1 400 [\s\S]*\r\nx-content-type-options: nosniff\r\n[\s\S]*\r\n\r\nBad Request: .+\(TUTTI_MALFORMED_REQUEST\)$/)
})

t.test('a path that cannot be decoded is refused in words, without the path', async t => {
  const server = await build(t)
  for (const path of ['/%zz', '/%', '/%ff<script>', '/render/%c3']) {
    const { status, text } = await server.send(path)
    t.equal(status, 400)
    t.match(text, /^Bad Request: .+ \(TUTTI_MALFORMED_PATH\)$/)
  }
})
