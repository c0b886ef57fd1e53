// F2: clients that announce much and send little. What was announced takes no memory.
import t from 'tap'
import { figure, sized } from '../long.ts'
import { head, rawClient } from './raw-client.ts'
import { startProcess } from './server-process.ts'

const count = sized(40, 200)

t.test(`F2: ${count} clients that announce 5 MB each and send a little of it take no memory for the rest`, async t => {
  // None is refused for want of room.
  const server = startProcess(t, { RECEIVE_TIMEOUT: '1000', MAX_BODY: '10mb', MAX_REQUESTS: '1000', MAX_INFLIGHT: '10gb' }, true)
  const port = await server.port
  const { memory: before } = await server.measure()
  const clients = await Promise.all(Array.from({ length: count }, () => rawClient(t, port)))
  for (const client of clients) await client.write(head({ 'content-length': 5000000 }) + ' '.repeat(100))
  for (const { closed } of clients) t.match(await closed, /^HTTP\/1\.1 408 /)
  const { memory } = await server.measure()
  const grown = Math.round((memory - before) / 1024 / 1024)
  t.ok(grown < 50, `grown by ${grown} MB`)
  figure(t, 'F2', `memory grew by ${grown} MB under ${count} clients`)
})
