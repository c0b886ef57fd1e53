import { EventEmitter } from 'node:events'
import t from 'tap'
import { openChannel } from '../../../lib/cluster/channel.ts'
import type { ChannelEnd, Skills } from '../../../lib/cluster/channel.ts'

/** Two ends; what goes from one to the other is what JSON leaves of it. */
function ends (): [ChannelEnd & EventEmitter, ChannelEnd & EventEmitter] {
  const make = (other: () => EventEmitter) => Object.assign(new EventEmitter(), {
    send (message: unknown, _handle: undefined, _options: undefined, callback: (error: Error | null) => void) {
      setImmediate(() => {
        other().emit('message', JSON.parse(JSON.stringify(message)))
        callback(null)
      })
      return true
    }
  })
  const one: ChannelEnd & EventEmitter = make(() => two)
  const two: ChannelEnd & EventEmitter = make(() => one)
  return [one, two]
}

type Arithmetic = { double: (number: number) => number, fail: () => never, hang: () => Promise<void>, nothing: () => void }

const arithmetic: Skills = {
  double: (number: number) => number * 2,
  fail () { throw new Error('no') },
  hang: () => new Promise(() => {}),
  nothing () {}
}

t.test('each side can ask the other, and answers come to whoever has asked', async t => {
  const [one, two] = ends()
  const near = openChannel<Arithmetic>(one, arithmetic)
  const far = openChannel<Arithmetic>(two, arithmetic)
  t.strictSame(await Promise.all([near.ask('double', 1), near.ask('double', 2), far.ask('double', 3), near.ask('nothing', undefined)]), [2, 4, 6, undefined])
  await t.rejects(near.ask('fail', undefined), { message: 'no' })
  one.emit('message', 'measure')
  one.emit('message', null)
  t.equal(await near.ask('double', 4), 8, 'messages of others are passed by')
})

t.test('whoever waits is told when the other side has gone', async t => {
  const [one, two] = ends()
  openChannel(two, arithmetic)
  const near = openChannel<Arithmetic>(one, {})
  const late = t.rejects(near.ask('hang', undefined), { message: 'the other process has gone' })
  one.emit('disconnect')
  await late
})

t.test('whoever cannot ask is told', async t => {
  const refused = new Error('the channel is closed')
  const deaf = Object.assign(new EventEmitter(), { send (_m: unknown, _h: undefined, _o: undefined, callback: (error: Error) => void) { setImmediate(callback, refused); return false } })
  await t.rejects(openChannel<Arithmetic>(deaf as ChannelEnd, {}).ask('double', 1), refused)
  const broken = Object.assign(new EventEmitter(), { send () { throw refused } })
  await t.rejects(openChannel<Arithmetic>(broken as ChannelEnd, {}).ask('double', 1), refused)
})
