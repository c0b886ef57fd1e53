// The exchange and the timelines in Redis where there is no Redis: nobody waits for long, nothing is thrown, and the operator is told. What they do with one is tried by npm run test:engines.
import t from 'tap'
import type { Socket } from 'node:net'
import { openRedisExchange } from '../../../../lib/tracking/redis/exchange.ts'
import { openRedisTimelines } from '../../../../lib/tracking/redis/timelines.ts'
import { closedPort, startBrokenServer } from '../../cache/broken-server.ts'
import { cameraOf, inWords, orderOf } from '../exchanges.ts'

const faults: Record<string, ((socket: Socket) => void) | undefined> = {
  'is not there': undefined,
  'says nothing': () => {},
  'hangs up': socket => socket.once('data', () => socket.end()),
  'speaks HTTP': socket => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
  'answers everything with OK': socket => socket.on('data', () => socket.write('+OK\r\n'.repeat(4))),
  'wants a password': socket => socket.on('data', () => socket.write('-NOAUTH Authentication required.\r\n'))
}

for (const [name, onConnection] of Object.entries(faults)) {
  t.test(`with a Redis that ${name} objects are not started, and boxes are told`, async t => {
    const port = onConnection === undefined ? await closedPort() : (await startBrokenServer(t, onConnection)).port
    const exchange = await openRedisExchange({ url: `redis://127.0.0.1:${port}`, expiry: 'start', maxObjects: 10, maxBytes: 1000, server: 'one', patience: 100 })
    t.teardown(async () => await exchange.close())
    const told: string[] = []
    const end = exchange.onHappening(happening => { told.push(inWords(happening)) })
    t.match(exchange.trouble, /Redis/)
    exchange.register(cameraOf('a'), 'first')
    t.strictSame(await exchange.start(orderOf('a')), { kind: 'unavailable' })
    t.strictSame([await exchange.map(1, Buffer.from('[]')), await exchange.stop(1)], [false, false])
    exchange.relay(cameraOf('a'), Buffer.from('1.0'), Buffer.from('[]'), [1])
    exchange.unregister(cameraOf('a'), 'first')
    t.strictSame(told, ['boxes "a" 1.0 []'])
    t.strictSame([exchange.offset, exchange.lastId, exchange.objects.size, exchange.processors.size], [0, 0, 0, 0])
    end()
    exchange.relay(undefined, Buffer.from('1.0'), Buffer.from('[]'), [])
    t.equal(told.length, 1)
  })

  t.test(`with a Redis that ${name} sightings wait, and are read`, async t => {
    const port = onConnection === undefined ? await closedPort() : (await startBrokenServer(t, onConnection)).port
    const timelines = await openRedisTimelines({ url: `redis://127.0.0.1:${port}`, days: 30, bytes: 1e9, patience: 100 })
    t.teardown(async () => await timelines.close())
    timelines.record([1, 1], { at: 5, processor: '"a"' })
    t.strictSame(await timelines.read(1), { sightings: [{ at: 5, processor: '"a"' }, { at: 5, processor: '"a"' }] })
    t.equal(await timelines.read(2), undefined)
    t.match(timelines.trouble, /Redis/)
    t.equal(await timelines.highestId(), 0)
    await t.rejects(timelines.read(1, { cursor: 'nonsense' }), RangeError)
  })
}
