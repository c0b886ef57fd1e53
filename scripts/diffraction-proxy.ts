// npm run diffraction:proxy: stands between clients of diffraction and the servers, as the proxy of the LS-CAT image server does.
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { describeFrames, openProxy } from '../lib/diffraction/zeromq/proxy.ts'

const usage = 'npm run diffraction:proxy -- --front ADDRESS … --back ADDRESS … [--heartbeat SECONDS] [--tap]\n' +
  'Clients connect to the front (such as ipc:///run/is or tcp://127.0.0.1:60201), servers to the back (such as tcp://10.1.253.10:60202, as\n' +
  'DIFFRACTION_ZMQ=connect:tcp://10.1.253.10:60202). --tap prints what passes, with the tokens of sessions in it.'

async function main () {
  const { values } = parseArgs({
    options: {
      front: { type: 'string', multiple: true },
      back: { type: 'string', multiple: true },
      heartbeat: { type: 'string', default: '0' },
      tap: { type: 'boolean', default: false }
    }
  })
  const { back, front, heartbeat, tap: isTapped } = values
  if (front === undefined || back === undefined || !(Number(heartbeat) >= 0)) throw new Error(usage)
  const tap = (direction: string, frames: readonly Buffer[]) => console.log([`${new Date().toISOString()} ${direction}`, ...describeFrames(frames)].join('\n'))
  const proxy = await openProxy({ front, back, heartbeat: Number(heartbeat) * 1000, ...isTapped && { tap } })
  console.log(`Clients come to ${proxy.front.join(', ')}, servers to ${proxy.back.join(', ')}.`)
  closeWithGrace({ delay: 2000 }, async ({ err }) => {
    if (err !== undefined) console.error(err)
    await proxy.close()
  })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
