// Progress of indexing over a real Redis, and one that is stopped meanwhile.
import t from 'tap'
import { createProgressPublisher } from '../../lib/diffraction/indexing/progress.ts'
import { connectRedis } from '../../lib/redis.ts'
import { startEngine } from './stores.ts'

t.test('who listens on the channel hears all that a program says, in order; a Redis that is held holds nobody up', async t => {
  const redis = await startEngine(t, 'redis')
  const url = `redis://127.0.0.1:${redis.port}`
  const listener = connectRedis({ url, stall: 5000 })
  t.teardown(() => listener.disconnect())
  const heard: string[] = []
  const ended = Promise.withResolvers<void>()
  listener.on('message', (_, message: string) => {
    heard.push(message)
    if (message.includes('"done":true')) ended.resolve()
  })
  await listener.subscribe('progress-7')
  const troubles: string[] = []
  const publisher = createProgressPublisher({
    sessions: undefined,
    hosts: [`127.0.0.1:${redis.port}`],
    connect: ({ host, port }) => connectRedis({ url: `redis://${host}:${port}`, stall: 500 }),
    onTrouble: reason => troubles.push(reason)
  })
  t.teardown(() => publisher.close())
  const request = { publisher: 'progress-7', address: '127.0.0.1', port: redis.port, tag: 'T' }
  const progress = publisher.open(request)
  const pieces = Array.from({ length: 500 }, (_, piece) => `piece ${piece}`)
  for (const piece of pieces) progress.tell(piece)
  await progress.end()
  await ended.promise
  t.same(heard, [...pieces.map(piece => JSON.stringify({ progress: piece, done: false, tag: 'T' })), '{"done":true,"tag":"T"}'])
  t.same(troubles, [])
  await redis.hold()
  const late = publisher.open(request)
  late.tell('is anybody there')
  await late.end()
  t.ok(troubles.length > 0, 'it says that it failed')
  redis.release()
})
