// Clients that ask and then do not read: their answers are not held for ever, and nobody else is cut off.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { after, answer, build, descriptions, graphicRequest, handler, made, mockService, names, rendering, uuid } from '../helper.ts'
import { head, rawClient } from './raw-client.ts'
import { sized } from '../long.ts'

const body = JSON.stringify(graphicRequest())
const question = head({ 'content-length': Buffer.byteLength(body) }) + body
const megabyte = 1024 * 1024

/** Resolves when so many connections that begin from now on have ended, at the server's side. */
async function ends (server: Awaited<ReturnType<typeof build>>, count: number): Promise<void> {
  await new Promise<void>(resolve => {
    const onConnection = (socket: Socket) => socket.once('close', () => {
      if (--count > 0) return
      server.app.server.off('connection', onConnection)
      resolve()
    })
    server.app.server.on('connection', onConnection)
  })
}

/** A handler whose answer is so many megabytes, made once. */
async function largeService (t: Test, megabytes: number) {
  const text = JSON.stringify({
    request_uuid: uuid, timestamp: 1, renderings: [rendering('large', { data: { text: ' '.repeat(megabytes * megabyte) } })]
  })
  return await mockService(t, answer(200, text))
}

/** Twenties of clients that do not read, through the whole server. */
const parts = sized(1, 5)

t.test(`F3: ${parts * 20} clients that do not read are cut off, and nothing of them is left`, async t => {
  const large = await largeService(t, 5)
  const server = await build(t, { env: { WRITE_TIMEOUT: '200', LOG_LEVEL: 'info' }, services: { large: handler(large) } })
  let told = 0
  const allTold = server.logged(line => String(line.msg).startsWith('the client does not read') && ++told === parts * 20)
  for (let part = 0; part < parts; part++) {
    // Twenty at a time: it is not the memory of this machine that is tried.
    const allEnd = ends(server, 20)
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(t, server.port)))
    for (const client of clients) {
      client.socket.pause()
      await client.write(question)
    }
    await allEnd
    for (const { socket } of clients) socket.destroy()
  }
  await allTold
  t.equal(told, parts * 20)
  t.equal((await server.render()).status, 200, 'the server goes on')
  t.strictSame(server.app.admission.state().requests, 0)
})

t.test('a client that reads slowly gets its whole answer', async t => {
  const large = await largeService(t, 5)
  const server = await build(t, { env: { WRITE_TIMEOUT: '300' }, services: { large: handler(large) } })
  const client = await rawClient(t, server.port)
  client.socket.removeAllListeners('data')
  client.socket.pause()
  let length = 0
  await client.write(question.replace('host:', 'connection: close\r\nhost:'))
  const begin = process.hrtime.bigint()
  const elapsed = () => Number(process.hrtime.bigint() - begin) / 1e6
  // Reads what has come, ten times a second at most, for several times WRITE_TIMEOUT.
  const ended = once(client.socket, 'end')
  const reading = setInterval(() => {
    const chunk = client.socket.read(elapsed() < 1200 ? 256 * 1024 : undefined) ?? client.socket.read()
    length += chunk?.length ?? 0
  }, 100)
  client.socket.on('readable', () => {})
  await ended
  clearInterval(reading)
  t.ok(length > 5 * megabyte, `${length} bytes were read`)
})

t.test('a client whose request is long in the making is not taken for one that does not read', async t => {
  const slow = await mockService(t, () => {})
  const server = await build(t, { env: { WRITE_TIMEOUT: '100' }, services: { slow: handler(slow) } })
  const gate = Promise.withResolvers<void>()
  slow.behaviour = after(gate.promise, made(rendering('slow')))
  const reply = server.render()
  await slow.request(1)
  // Several times WRITE_TIMEOUT, told by connections that are cut by it: each of these begins when the one before has ended.
  const large = await largeService(t, 8)
  const other = await build(t, { env: { WRITE_TIMEOUT: '100' }, services: { large: handler(large) } })
  for (let times = 0; times < 3; times++) {
    const end = ends(other, 1)
    const client = await rawClient(t, other.port)
    client.socket.pause()
    await client.write(question)
    await end
    client.socket.destroy()
  }
  gate.resolve()
  t.strictSame(descriptions(await reply), ['slow'])
  t.match((await reply).json, { renderings: [{ type_id: names.renderer('Text') }] })
})
