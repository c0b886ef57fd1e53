// Clients that stop reading: their connections end and leave nothing open; those that read, or wait, stay.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import slowReaders from '../../plugins/slow-readers.ts'
import { buildBare } from '../lib/fixtures/app.ts'

const large = Buffer.alloc(16 * 1024 * 1024, ' ')

async function build (t: Test, environment: Record<string, string>) {
  const { app, lines } = await buildBare(t, environment)
  await app.register(slowReaders)
  app.get('/large', async () => large)
  const stream = new PassThrough()
  app.get('/stream', async () => stream)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  /** Asks for a path; gives both ends of the connection. */
  const ask = async (path: string): Promise<{ client: Socket, server: Socket }> => {
    const accepted = once(app.server, 'connection')
    const client = connect(port, '127.0.0.1').on('error', () => {})
    t.teardown(() => client.destroy())
    const [server] = await accepted
    client.pause().write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return { client, server }
  }
  return { app, lines, ask, stream }
}

t.test('a hundred connections that nobody reads end, and the log says why', async t => {
  const { app, lines, ask } = await build(t, { WRITE_TIMEOUT: '200' })
  const ends = []
  for (let number = 0; number < 100; number++) ends.push(once((await ask('/large')).server, 'close'))
  await Promise.all(ends)
  t.equal(await new Promise((resolve, reject) => app.server.getConnections((error, count) => error === null ? resolve(count) : reject(error))), 0)
  t.equal(lines.filter(({ msg }) => msg === 'the client does not read its answer; the connection is broken').length, 100)
})

t.test('a connection on which nothing waits to be written stays', async t => {
  const { lines, ask, stream } = await build(t, { WRITE_TIMEOUT: '100' })
  const quiet = await ask('/stream')
  let isOpen = true
  quiet.server.once('close', () => { isOpen = false })
  // Each of these ends no sooner than after one WRITE_TIMEOUT.
  for (let times = 0; times < 3; times++) await once((await ask('/large')).server, 'close')
  t.equal(lines.filter(({ msg }) => msg.startsWith('the client does not read')).length, 3)
  t.ok(isOpen)
  const told = once(quiet.client, 'data')
  quiet.client.resume()
  stream.write('at last')
  t.match(String((await told)[0]), /^HTTP\/1\.1 200/)
  stream.end()
})
