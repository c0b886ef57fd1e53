// Loaded into a server before it starts, as a plugin would be that does not let go: told how many milliseconds and how often, it holds up the event loop so.
import { isMainThread } from 'node:worker_threads'

/** How long, and how often; once in each turn of the loop. */
interface Order { milliseconds: number, times: number }

function block (milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

if (isMainThread) {
  let order: Order = { milliseconds: 0, times: 0 }
  const turn = () => {
    if (order.times-- <= 0) return
    block(order.milliseconds)
    setImmediate(turn)
  }
  process.on('message', (message: Order) => {
    order = { ...message }
    turn()
    process.send?.('told')
  })
  process.channel?.unref()
}
