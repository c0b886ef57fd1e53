// A process with an exchange of its own, which does what its parent says and tells it what happens. Argument: the options as JSON.
import { openRedisExchange } from '../../lib/tracking/redis/exchange.ts'
import { cameraOf, inWords, orderOf } from '../lib/tracking/exchanges.ts'

/** What a parent can ask for: a name and its texts. */
export type Command = ['register' | 'unregister', camera: string, registration: string] | ['start', camera: string, image: string] | ['map', objectId: number, featureMap: string] | ['stop', objectId: number] | ['relay', camera: string, boxes: string]

/** What a process says: a happening in words, or that something has been done. */
export type Saying = { told: string } | { done: unknown }

const exchange = await openRedisExchange(JSON.parse(process.argv[2] ?? '{}'))
const say = (saying: Saying) => { process.send?.(saying) }
exchange.onHappening(happening => say({ told: inWords(happening) }))

async function run (command: Command): Promise<unknown> {
  switch (command[0]) {
    case 'register': return exchange.register(cameraOf(command[1]), command[2])
    case 'unregister': return exchange.unregister(cameraOf(command[1]), command[2])
    case 'start': return await exchange.start(orderOf(command[1], command[2]))
    case 'map': return await exchange.map(command[1], Buffer.from(command[2]))
    case 'stop': return await exchange.stop(command[1])
    case 'relay': return exchange.relay(cameraOf(command[1]), Buffer.from('12.0'), Buffer.from(command[2]), [1])
  }
}

process.on('message', (command: Command) => { void run(command).then(done => say({ done: done ?? null })) })
process.once('disconnect', () => process.exit())
say({ done: 'open' })
