// A process that stores requests and says how it went. Arguments: the folder, how many (`endless` for ever, over and over the same hundred), bytes of each,
// and the number of a user to become first.
import { createStore } from '../../lib/storage/store.ts'

const [folder = '', count = '1', bytes = '100', user] = process.argv.slice(2)
if (user !== undefined) {
  // Only now: the program itself need not be for that user to read.
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}
const most = count === 'endless' ? Infinity : Number(count)
const store = createStore({ folder, queue: 1000 })
await store.probe()
for (let number = 0; number < most; number++) {
  // Both files of a request carry its number, filled up to their size: what is not whole, or does not belong together, is seen.
  const text = JSON.stringify({ number, filling: 'x'.repeat(Number(bytes)) })
  const name = `6f1d2a3b-4c5d-4e6f-8a7b-${(number % 100).toString(16).padStart(12, '0')}`
  store.save({ requestUuid: name, request: Buffer.from(text), response: Buffer.from(text) })
  await store.idle()
  if (most === Infinity && number === 0) process.send?.('begun')
}
process.stdout.write(JSON.stringify(store.status()))
