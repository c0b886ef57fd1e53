// Progress to the Redis that a request names: word for word, only where that is allowed, and never in the way.
import t from 'tap'
import { createProgressPublisher } from '../../../../lib/diffraction/indexing/progress.ts'
import type { ProgressConnection, ProgressPublisher, RedisPlace } from '../../../../lib/diffraction/indexing/progress.ts'

/** A publisher whose connections write down what they are asked for. */
function recorded (publish?: () => Promise<number>): { publisher: ProgressPublisher, said: string[][], troubles: string[], closed: string[] } {
  const said: string[][] = []
  const troubles: string[] = []
  const closed: string[] = []
  const connectTo = (name: string): ProgressConnection => ({
    publish: async (channel, message) => {
      said.push([name, channel, message])
      return await (publish?.() ?? Promise.resolve(1))
    },
    disconnect: () => { closed.push(name) }
  })
  const publisher = createProgressPublisher({
    sessions: { host: '10.1.253.10', port: 6379, connect: () => connectTo('sessions') },
    hosts: ['Redis.example.org:6380'],
    connect: ({ host, port }: RedisPlace) => connectTo(`${host}:${port}`),
    onTrouble: reason => troubles.push(reason),
    patience: 50
  })
  return { publisher, said, troubles, closed }
}

const home = { publisher: 'progress-7', address: '10.1.253.10', port: 6379, tag: 'T "1"' }

t.test('each piece and the end are published as the LS-CAT image server does', async t => {
  const { closed, publisher, said, troubles } = recorded()
  const progress = publisher.open(home)
  progress.tell('50 % done')
  await progress.end()
  const untagged = publisher.open({ ...home, address: 'redis.example.ORG', port: 6380, tag: undefined })
  await untagged.end()
  t.same(said, [
    ['sessions', 'progress-7', '{"progress":"50 % done","done":false,"tag":"T \\"1\\""}'],
    ['sessions', 'progress-7', '{"done":true,"tag":"T \\"1\\""}'],
    ['redis.example.ORG:6380', 'progress-7', '{"done":true,"tag":"Tag_Not_Found"}']
  ])
  t.same(troubles, [])
  publisher.close()
  t.same(closed, ['sessions', 'redis.example.ORG:6380'])
})

t.test('no other address is connected to, and no channel of our own is spoken on', async t => {
  const { publisher, said, troubles } = recorded()
  const refused = [{ address: '169.254.169.254', port: 80 }, { address: '10.1.253.10', port: 22 }, { address: 'redis.example.org', port: 6379 }, { publisher: 'tutti:tracking:boxes' }, { publisher: 'x'.repeat(257) }]
  for (const odd of refused) {
    const progress = publisher.open({ ...home, ...odd })
    progress.tell('hello')
    await progress.end()
  }
  t.same(said, [])
  t.same(troubles, refused.map(() => 'not allowed'))
})

t.test('a request that wants no progress gets none, which is no trouble', async t => {
  const { publisher, said, troubles } = recorded()
  for (const missing of [{ address: undefined }, { address: '' }, { publisher: undefined }, { publisher: '' }, { port: undefined }, { port: 0 }]) {
    const progress = publisher.open({ ...home, ...missing })
    progress.tell('hello')
    await progress.end()
  }
  t.same([said, troubles], [[], []])
})

t.test('a Redis that fails, or does not answer, holds nobody up', async t => {
  const failing = recorded(async () => { throw new Error('down') })
  const progress = failing.publisher.open(home)
  progress.tell('hello')
  await progress.end()
  t.same(failing.troubles, ['failed', 'failed'])
  const silent = recorded(async () => await new Promise<number>(() => {}))
  const waiting = silent.publisher.open(home)
  for (let piece = 0; piece < 3000; piece++) waiting.tell('hello')
  await waiting.end()
  t.equal(silent.said.length, 1001, 'what waits is bounded')
})
