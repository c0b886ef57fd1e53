// A process that starts objects in a folder without end, and says each number as it is told. Arguments: the folder,
// `once` to begin and wait, and the milliseconds after which a disk is said not to answer.
import { writeSync } from 'node:fs'
import { openMemoryExchange } from '../../../lib/tracking/objects/memory-exchange.ts'
import { cameraOf, orderOf } from './exchanges.ts'

const [folder = '', mode, patience = '4000'] = process.argv.slice(2)
/** Something that is there as soon as it is said, whatever becomes of this process. */
const say = (words: string) => writeSync(1, `${words}\n`)
// Not without the test that it belongs to.
process.once('disconnect', () => process.exit())
process.channel?.unref()
try {
  const exchange = await openMemoryExchange({ folder, expiry: 'start', maxObjects: 1e6, maxBytes: 2 ** 30, highestId: 0, disk: { interval: 1, slack: 0, patience: Number(patience) } })
  say('open')
  if (mode === 'once') {
    process.once('SIGTERM', () => {
      void exchange.close().then(() => process.exit())
    })
    setInterval(() => {}, 1000)
  } else {
    exchange.register(cameraOf('a'), 'first')
    exchange.onHappening(happening => {
      if (happening.kind === 'started') say(String(happening.object.id))
    })
    for (;;) {
      const id = exchange.lastId + 1
      await exchange.start(orderOf('a', JSON.stringify(`picture of ${id} `.padEnd(2000, '.'))))
      await exchange.map(id, Buffer.from(`[${id}.0]`))
      // Most go again, so that the file is written anew now and then.
      if (id % 10 !== 0) await exchange.stop(id)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
} catch (error) {
  say(`refused: ${error instanceof Error ? error.message : String(error)}`)
}
