// Sessions in Redis, with real keys and signatures.
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { openRedisSessions } from '../../../../lib/diffraction/sessions/redis-sessions.ts'
import { closedPort, startBrokenServer } from '../../cache/broken-server.ts'
import { redisOfSessions } from './redis-of-sessions.ts'
import { makeSigner } from './signed-session.ts'

const signer = makeSigner()
const stranger = makeSigner()
const person = { uid: 'ada', pid: 'p1', role: 'user', allowedESAFs: [1, 40001] }

t.test('a session', async t => {
  const redis = await redisOfSessions(t)
  const troubles: unknown[] = []
  const sessions = openRedisSessions({ url: redis.url, publicKey: signer.publicKey, timeout: 500, onTrouble: error => troubles.push(error) })
  t.teardown(() => sessions.close())

  t.test('that is signed is found, for each of its ESAFs and for what needs none', async t => {
    redis.hashes.set('p1', signer.sign(person))
    for (const esaf of [0, 1, 40001]) t.strictSame(await sessions.find('p1', esaf), { pid: 'p1', user: 'ada', role: 'user', esafs: [1, 40001] })
  })

  t.test('is refused with the number of what is wrong', async t => {
    const { isAuth, isAuthSig } = signer.sign(person)
    const wrong: Array<[number, string, Record<string, string> | string | undefined]> = [
      [2, 'nothing', undefined],
      [2, 'no isAuth', { isAuthSig }],
      [2, 'another kind of value', 'text'],
      [3, 'no signature', { isAuth }],
      [4, 'a signature by somebody else', stranger.sign(person)],
      [4, 'a signature of something else', { isAuth, isAuthSig: signer.sign({ ...person, allowedESAFs: [2] }).isAuthSig }],
      [4, 'one byte more', { isAuth: `${isAuth} `, isAuthSig }],
      [4, 'a signature that is none', { isAuth, isAuthSig: 'x' }],
      [5, 'no JSON', signer.sign('{"uid":')],
      [5, 'no object', signer.sign('null')],
      [5, 'no user', signer.sign({ ...person, uid: undefined })],
      [5, 'a user that is a path', signer.sign({ ...person, uid: '../root' })],
      [5, 'no token', signer.sign({ ...person, pid: undefined })],
      [5, 'ESAFs that are no list', signer.sign({ ...person, allowedESAFs: { 1: 1 } })],
      [5, 'too long a text', signer.sign({ ...person, more: 'x'.repeat(70_000) })],
      [5, 'too long a signature', { isAuth, isAuthSig: 'x'.repeat(5000) }],
      [6, 'another token', signer.sign({ ...person, pid: 'p2' })],
      [8, 'another ESAF', signer.sign({ ...person, allowedESAFs: [2, '1', 1.5, -1] })]
    ]
    for (const [number, name, value] of wrong) {
      const pid = `wrong ${name}`.replaceAll(' ', '-')
      const own = typeof value === 'object' && [8].includes(number) ? signer.sign({ ...person, pid, allowedESAFs: [2] }) : value
      if (own !== undefined) redis.hashes.set(pid, own)
      await t.rejects(sessions.find(pid, 1), { code: 'NOT_AUTHORIZED', legacy: number }, name)
    }
  })

  t.test('is asked for anew each time, so that signing out holds at once; what was signed is checked once', async t => {
    redis.hashes.set('p1', signer.sign(person))
    await sessions.find('p1', 1)
    redis.hashes.set('p1', signer.sign({ ...person, allowedESAFs: [2] }))
    await t.rejects(sessions.find('p1', 1), { code: 'NOT_AUTHORIZED', legacy: 8 })
    redis.hashes.delete('p1')
    await t.rejects(sessions.find('p1', 1), { code: 'NOT_AUTHORIZED', legacy: 7 })
    redis.hashes.set('p1', signer.sign(person))
    t.match(await sessions.find('p1', 1), { user: 'ada' })
  })

  t.test('of another token is not found under this one, though it was verified before', async t => {
    redis.hashes.set('p1', signer.sign(person))
    await sessions.find('p1', 1)
    redis.hashes.set('p3', signer.sign(person))
    await t.rejects(sessions.find('p3', 1), { code: 'NOT_AUTHORIZED', legacy: 6 })
  })

  t.test('is not asked for by what cannot be a token', async t => {
    const before = redis.asked.length
    for (const pid of ['', ' ', 'a b', 'x'.repeat(257), 'é', 'a\r\nFLUSHALL', 'a\0']) await t.rejects(sessions.find(pid, 0), { code: 'NOT_AUTHORIZED', legacy: 2 })
    t.equal(redis.asked.length, before)
  })

  t.test('whose values are long is not fetched', async t => {
    redis.hashes.set('long', { isAuth: 'x'.repeat(100_000), isAuthSig: 'x' })
    redis.asked.length = 0
    await t.rejects(sessions.find('long', 0), { code: 'NOT_AUTHORIZED', legacy: 5 })
    t.notOk(redis.asked.some(([command]) => command === 'HMGET'))
  })

  t.test('cannot be had while Redis hangs, which is known in time, and can be afterwards', async t => {
    t.equal(sessions.isTroubled(), false)
    redis.isHung = true
    await t.rejects(sessions.find('p1', 1), { code: 'UNAVAILABLE' })
    t.equal(sessions.isTroubled(), true)
    t.equal(troubles.length, 1)
    redis.isHung = false
    redis.cut()
    while (!await sessions.find('p1', 1).then(() => true, () => false)) await pause(10)
    t.equal(sessions.isTroubled(), false)
    t.equal(troubles.at(-1), undefined)
  })

  t.test('is not waited for by whoever has gone', async t => {
    await t.rejects(sessions.find('p1', 1, AbortSignal.abort()), { code: 'CANCELLED' })
  })
})

t.test('a Redis that is not there, or is none, is UNAVAILABLE and never a hang', async t => {
  const closed = await closedPort()
  const { port: strange } = await startBrokenServer(t, socket => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const { port: silent } = await startBrokenServer(t, () => {})
  const { port: closedDoor } = await startBrokenServer(t, socket => socket.on('data', () => socket.write('-NOAUTH Authentication required.\r\n'.repeat(3))))
  for (const port of [closed, strange, silent, closedDoor]) {
    const sessions = openRedisSessions({ url: `redis://127.0.0.1:${port}`, publicKey: signer.publicKey, timeout: 200 })
    await t.rejects(sessions.find('p1', 1), { code: 'UNAVAILABLE' })
    t.equal(sessions.isTroubled(), true)
    await sessions.close()
  }
})
