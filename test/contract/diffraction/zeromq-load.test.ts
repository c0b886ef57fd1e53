// One reply to every request by ZeroMQ, its own, by its deadline: with many clients at once, with work that hangs, and while the server ends.
import t from 'tap'
import { DiffractionError } from '../../../lib/diffraction/diffraction-error.ts'
import { answerTasks } from '../../diffraction-server.ts'
import { buildFrameServer, connectDealer, jsonOf, pictureRequest } from '../../diffraction-peers.ts'
import { sized } from '../../long.ts'

/** What a worker process gives for a picture, with the name of the file for its bytes. */
function drawn (ask: { source: { file: string } }): unknown {
  return {
    metadata: {},
    identity: { device: 1, inode: 1, modified: '1', size: 1 },
    bytes: Buffer.from(ask.source.file),
    mediaType: 'image/jpeg',
    width: 8,
    height: 8,
    statistics: { n: 1, mean: 1.5, rms: 1, stddev: 0, min: 1, max: 2, saturated: 0 },
    spots: 0,
    levels: { black: 2, white: 1 },
    depth: 16
  }
}

t.test('200 clients at once each get one reply to each request, and their own', async t => {
  const server = await buildFrameServer(t)
  answerTasks(server, async (_task, ask) => {
    await new Promise(resolve => setTimeout(resolve, Math.random() * 50))
    return drawn(ask)
  })
  const rounds = sized(2, 50)
  await Promise.all(Array.from({ length: 200 }, async (_, client) => {
    const dealer = connectDealer(t, server.address)
    for (let round = 0; round < rounds; round++) {
      const tag = `${client}.${round}`
      await dealer.send(['', JSON.stringify(pictureRequest({ tag, fn: `${tag}.h5` }))])
      const reply = await dealer.receive()
      // A second reply to an earlier request would come first.
      if (jsonOf(reply[2]).tag !== tag || String(reply[4]) !== `${tag}.h5`) throw new Error(`${tag} got ${String(reply[2])}`)
    }
  }))
  t.pass('all of them')
})

t.test('work that hangs is answered for at the deadline, and stops nobody else', async t => {
  const server = await buildFrameServer(t, { env: { DIFFRACTION_TIMEOUT: '300' } })
  answerTasks(server, () => new Promise(() => {}))
  const [hanging, other] = [server.asker(), server.asker()]
  const late = hanging.ask(pictureRequest({ errors: 'code' }))
  t.equal((await other.ask('{}')).length, 1)
  t.equal((await other.ask({ pid: 'demo', type: 'cancel' })).length, 3)
  const reply = await late
  t.match(String(reply[0]), /^isJpeg\.c isJpeg: .*300 ms/)
  t.equal(jsonOf(reply[1]).code, 'TUTTI_DIFFRACTION_TIMEOUT')
})

t.test('sessions that cannot be looked up are waited for no longer than that', async t => {
  const server = await buildFrameServer(t, { env: { DIFFRACTION_TIMEOUT: '300' } })
  t.capture(server.app.diffraction.sessions, 'find', () => new Promise(() => {}))
  const reply = await server.asker().ask(pictureRequest({ errors: 'code' }))
  t.equal(jsonOf(reply[1]).code, 'TUTTI_DIFFRACTION_TIMEOUT')
})

t.test('a worker process that ends costs one reply', async t => {
  const server = await buildFrameServer(t)
  let died = false
  answerTasks(server, (_task, ask) => {
    if (died) return drawn(ask)
    died = true
    throw new DiffractionError('WORKER_ENDED', 'The worker has ended.')
  })
  const { ask } = server.asker()
  t.same((await ask(pictureRequest())).map(String), ['isJpeg.c isJpeg: The worker has ended.'])
  t.equal((await ask(pictureRequest())).length, 4)
})

t.test('a fault of the program is answered, and logged', async t => {
  const server = await buildFrameServer(t)
  answerTasks(server, () => { throw new TypeError('a fault') })
  const reply = await server.asker().ask(pictureRequest({ errors: 'code' }))
  t.equal(jsonOf(reply[1]).code, 'TUTTI_DIFFRACTION_UNAVAILABLE')
  t.notMatch(String(reply[0]), /a fault/)
  await server.logged(({ msg }) => msg === 'a request by ZeroMQ could not be dealt with')
})

t.test('requests can be cancelled by their tag, those of the same session alone', async t => {
  const session = (pid: string) => ({ uid: 'somebody', pid, role: 'user', allowedESAFs: [1] })
  const server = await buildFrameServer(t, { sessions: { demo: session('demo'), other: session('other') } })
  const started = Promise.withResolvers<void>()
  answerTasks(server, () => {
    started.resolve()
    return new Promise(() => {})
  })
  const { ask } = server.asker()
  const waiting = server.asker().ask(pictureRequest({ tag: [1], errors: 'code' }))
  await started.promise
  t.same(jsonOf((await ask({ pid: 'other', type: 'cancel', tag: [1] }))[2]), { cancelled: 0 })
  t.same(jsonOf((await ask({ pid: 'demo', type: 'cancel', tag: [2] }))[2]), { cancelled: 0 })
  t.same(jsonOf((await ask({ pid: 'demo', type: 'cancel' }))[2]), { cancelled: 0 })
  t.same(jsonOf((await ask({ pid: 'demo', type: 'cancel', tag: [1] }))[2]), { cancelled: 1 })
  t.equal(jsonOf((await waiting)[1]).code, 'TUTTI_DIFFRACTION_CANCELLED')
})

t.test('a server that ends answers what it has', async t => {
  const server = await buildFrameServer(t, { env: { SHUTDOWN_TIMEOUT: '10000' } })
  let begun = 0
  const all = Promise.withResolvers<void>()
  answerTasks(server, async (_task, ask) => {
    if (++begun === 20) all.resolve()
    await new Promise(resolve => setTimeout(resolve, 300))
    return drawn(ask)
  })
  const replies = Promise.all(Array.from({ length: 20 }, () => server.asker().ask(pictureRequest())))
  await all.promise
  const closed = server.app.close()
  t.ok((await replies).every(reply => reply.length === 4))
  await closed
})

t.test('a server that must end at once says so to those who wait', async t => {
  const server = await buildFrameServer(t, { env: { SHUTDOWN_TIMEOUT: '0' } })
  const started = Promise.withResolvers<void>()
  answerTasks(server, () => {
    started.resolve()
    return new Promise(() => {})
  })
  const reply = server.asker().ask(pictureRequest({ errors: 'code' }))
  await started.promise
  await server.app.close()
  t.equal(jsonOf((await reply)[1]).code, 'TUTTI_DIFFRACTION_CANCELLED')
})
