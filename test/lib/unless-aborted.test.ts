import { getEventListeners } from 'node:events'
import t from 'tap'
import { unlessAborted } from '../../lib/unless-aborted.ts'

const never = new Promise<never>(() => {})

t.test('gives what the promise gives, or throws what it throws', async t => {
  const { signal } = new AbortController()
  t.equal(await unlessAborted(Promise.resolve('value'), signal), 'value')
  t.equal(await unlessAborted(Promise.resolve('value'), undefined), 'value')
  await t.rejects(unlessAborted(Promise.reject(new Error('a fault')), signal), { message: 'a fault' })
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('waits no longer than until the signal aborts', async t => {
  const controller = new AbortController()
  const waiting = unlessAborted(never, controller.signal)
  controller.abort()
  t.equal(await waiting, undefined)
  t.equal(await unlessAborted(never, controller.signal), undefined, 'nor at all where it has aborted')
  t.equal(getEventListeners(controller.signal, 'abort').length, 0)
})
