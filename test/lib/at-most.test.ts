// Waiting for something, but not for ever.
import t from 'tap'
import { atMost } from '../../lib/at-most.ts'

t.test('whichever is first ends the waiting: the work, its failure, or the time', async t => {
  const never = Promise.withResolvers<void>()
  await atMost(60000, Promise.resolve('done'))
  await atMost(60000, undefined)
  await atMost(1, never.promise)
  await t.rejects(atMost(60000, Promise.reject(new Error('failed'))), { message: 'failed' })
  t.equal(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length, 0, 'no timer is left')
})

t.test('what fails when nobody waits any more is no unhandled rejection', async t => {
  const work = Promise.withResolvers<void>()
  await atMost(0, work.promise)
  work.reject(new Error('late'))
  await new Promise(resolve => setImmediate(resolve))
  t.pass()
})
