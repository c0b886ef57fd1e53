// Bodies beyond MAX_BODY: refused as soon as that is known, and never kept.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { graphicRequest } from '../helper.ts'
import { head, rawClient } from './raw-client.ts'
import type { RawClient } from './raw-client.ts'
import { startProcess } from './server-process.ts'

const megabyte = 1024 * 1024
const limit = 10 * megabyte

/** Sends chunks of a megabyte until so many have gone or no more are taken; gives how many megabytes were taken. */
async function pour (client: RawClient, megabytes: number): Promise<number> {
  const chunk = Buffer.concat([Buffer.from(`${megabyte.toString(16)}\r\n`), Buffer.alloc(megabyte, ' '), Buffer.from('\r\n')])
  let taken = 0
  while (taken < megabytes && await Promise.race([client.write(chunk), client.closed.then(() => false)])) taken += 1
  return taken
}

t.test('F4: huge bodies', async t => {
  const server = startProcess(t, { MAX_BODY: '10mb' }, true)
  const port = await server.port
  const isServing = async () => (await fetch(`http://127.0.0.1:${port}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })).status === 200
  t.ok(await isServing())
  const { memory: before } = await server.measure()

  t.test('of announced length are refused before they are sent', async t => {
    for (const length of [limit + 1, 51 * megabyte, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const client = await rawClient(t, port)
      await client.write(head({ 'content-length': length }))
      const text = await client.closed
      t.match(text, /^HTTP\/1\.1 413 Payload Too Large\r\n/)
      t.match(text, /connection: close/i)
      t.match(text, /\(TUTTI_BODY_TOO_LARGE\)$/)
    }
    t.ok(await isServing())
  })

  t.test('of unknown length are refused at the limit, which a client that goes on sending sees; the rest is thrown away', async t => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => rawClient(t, port)))
    for (const client of clients) {
      await client.write(head({ 'transfer-encoding': 'chunked' }))
      const taken = await pour(client, 400)
      t.comment(`${taken} MB of 400 were taken`)
      t.match(client.received(), /^HTTP\/1\.1 413 .*\(TUTTI_BODY_TOO_LARGE\)$/s)
      client.socket.destroy()
    }
    t.ok(await isServing())
  })

  t.test('that a few bytes inflate to are refused', async t => {
    const bomb = gzipSync(Buffer.alloc(400 * megabyte))
    for (let number = 0; number < 4; number++) {
      const client = await rawClient(t, port)
      await client.write(head({ 'content-length': bomb.length, 'content-encoding': 'gzip', connection: 'close' }))
      await client.write(bomb)
      t.match(await client.closed, /^HTTP\/1\.1 413 /)
    }
    t.ok(await isServing())
  })

  t.test('leave the memory of the process bounded', async t => {
    const { memory } = await server.measure()
    const grown = Math.round((memory - before) / megabyte)
    t.comment(`memory was ${Math.round(before / megabyte)} MB before and ${Math.round(memory / megabyte)} MB at its highest, with MAX_BODY=10mb`)
    // 400 MB each were poured, or would have been inflated: whoever keeps them grows by more than that.
    t.ok(grown < 150, `grown by ${grown} MB`)
  })
})
