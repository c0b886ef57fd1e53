// A Docker engine that fails in every way: graphics are answered on with the services that are known, the engine is not troubled
// more than it must be, and what has changed meanwhile is known at once when it is back.
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, handler, listed, made, mockService, outcomes, placeServices, rendering } from '../helper.ts'
import type { Built, MockService } from '../helper.ts'
import { defaultPace } from '../../lib/discovery/follow.ts'
import type { ContainerSpec } from '../lib/fixtures/engine-containers.ts'
import { fakeEngine } from '../lib/fixtures/fake-engine.ts'
import type { FakeEngine, Fault } from '../lib/fixtures/fake-engine.ts'
import { follower, never, placeOwn, quick } from '../lib/fixtures/follower.ts'
import { figure } from '../long.ts'

const list = '/containers/json'

/** A server with one service, text, and the container of another, late, that has not been made yet. */
async function start (t: Test, env: Record<string, string> = {}): Promise<{ engine: FakeEngine, server: Built, late: ContainerSpec, text: MockService }> {
  const engine = await fakeEngine(t)
  const text = await mockService(t, made(rendering('text')))
  const other = await mockService(t, made(rendering('late')))
  const server = await build(t, { env: { ...placeServices(engine, { text: handler(text) }), RECONCILE_INTERVAL: String(never), ...env } })
  await listed(server.app.discovery)
  const late = { service: 'late', labels: { handler: 'enable', port: new URL(other.url).port }, networks: { image: '127.0.0.1' } }
  return { engine, server, late, text }
}

/** Resolves with the time on the clock of `performance` when a service is known. */
function knows ({ app: { discovery } }: Built, name: string): Promise<number> {
  return new Promise(resolve => {
    const look = () => {
      if (!discovery.current().services.has(name)) return
      end()
      resolve(performance.now())
    }
    const end = discovery.onChange(look)
    look()
  })
}

/** Asks for renderings until the promise has settled. @returns the answers that were not as they should be */
async function renderUntil (server: Built, over: Promise<unknown>): Promise<unknown[]> {
  const failures: unknown[] = []
  const end = new AbortController()
  over.catch(() => {}).finally(() => end.abort())
  do {
    const reply = await server.render()
    if (reply.status !== 200 || outcomes(reply).text !== 'done') failures.push({ status: reply.status, text: reply.text })
  } while (!end.signal.aborted)
  await over
  return failures
}

t.test('F13: the stream of events ends, again and again', async t => {
  const { engine, server, late } = await start(t)
  const endings = async () => {
    for (const how of ['end', 'reset', 'end'] as const) {
      await engine.until(() => engine.events.open > 0)
      const streams = engine.count('/events')
      engine.events.drop(how)
      await engine.until(() => engine.count('/events') > streams)
    }
    engine.run(late)
    await knows(server, 'late')
  }
  t.strictSame(await renderUntil(server, endings()), [])
  t.strictSame(descriptions(await server.render()).toSorted(), ['late', 'text'])
})

t.test('F13: the engine goes away for longer than any pause, and its socket is made anew', async t => {
  for (const kind of ['gone', 'stale'] as const) {
    t.test(`the old socket is ${kind}`, async t => {
      const { engine, server, late } = await start(t)
      const outage = async () => {
        await engine.leave(kind)
        await server.logged(({ level, cause }) => level === 50 && /cannot be reached/.test(String(cause)))
        t.match((await server.send('/health/ready')), { status: 200, json: { status: 'ready', discovery: { ageSeconds: Number, trouble: { cause: /cannot be reached/, cure: /./ } } } }, 'ready, and honest about it')
        engine.place(late)
        const returned = performance.now()
        await engine.return()
        return await knows(server, 'late') - returned
      }
      const away = outage()
      t.strictSame(await renderUntil(server, away), [])
      const took = await away
      figure(t, 'F13', `an engine that was ${kind} is known ${Math.round(took)} ms after its return`)
      t.ok(took < 1000, 'what has changed is known within a second of its return')
    })
  }

  t.test('however long the pause has grown by then', async t => {
    const engine = await fakeEngine(t)
    placeOwn(engine)
    const { services } = follower(t, engine, { pace: { ...defaultPace, firstPause: 5 } })
    await engine.until(() => engine.count(list) > 0)
    // Cut again and again, it makes pauses of 5, 10, 20 … 2560 ms. The last, which has at least half of that, begins now.
    engine.slams = true
    const first = engine.connections.length
    engine.events.drop('reset')
    await engine.until(() => engine.connections.length >= first + 10)
    await engine.leave()
    engine.slams = false
    engine.place({ service: 'text', labels: { handler: 'enable' }, networks: { image: '10.0.0.2' } })
    const returned = performance.now()
    await engine.return()
    await services({ text: ['http://10.0.0.2:80'] })
    t.ok(performance.now() - returned < 1000, 'its socket ends the pause')
  })
})

t.test('F13: whatever the engine answers for a while', async t => {
  const faults: Record<string, Fault> = {
    'with errors': { status: 500 },
    'with nonsense': { text: '<html>' },
    'with an empty list that is no list': { text: '{}' },
    'with half a list': { text: '[{"Id":"' },
    'by hanging up': { reset: true },
    'not at all': { hang: true }
  }
  for (const [name, fault] of Object.entries(faults)) {
    t.test(name, async t => {
      const { engine, server, late } = await start(t, { DOCKER_TIMEOUT: '300' })
      const outage = async () => {
        engine.fault = { ...fault, paths: [list] }
        engine.run(late)
        await server.logged(({ level, cause }) => level === 50 && /Docker/.test(String(cause)))
        const before = engine.calls.length
        await engine.until(() => engine.calls.length > before + 2)
        engine.fault = undefined
        const mended = performance.now()
        return await knows(server, 'late') - mended
      }
      const away = outage()
      t.strictSame(await renderUntil(server, away), [])
      t.ok(await away < 2000, 'an engine that is there is asked again within a second')
      t.equal((await server.render()).status, 200)
    })
  }
})

t.test('F13: a proxy answers lists with nothing where its engine is away: that is believed, for it cannot be told from the truth', async t => {
  const { engine, server } = await start(t, { HOSTNAME: '', DISCOVERY_NETWORKS: 'image' })
  const emptied = new Promise<void>(resolve => server.app.discovery.onChange(({ services }) => { if (services.size === 0) resolve() }))
  engine.fault = { text: '[]', paths: [list] }
  engine.emit({ Type: 'container', Action: 'die', Actor: { ID: '', Attributes: {} }, scope: 'local', time: 0, timeNano: 0 })
  await emptied
  t.match(await server.render(), { status: 200, json: { renderings: [] } })
})

t.test('F13: an empty list in which not even the server itself is costs nobody a service', async t => {
  const { engine, server } = await start(t)
  engine.fault = { text: '[]', paths: [list] }
  engine.emit({ Type: 'container', Action: 'die', Actor: { ID: '', Attributes: {} }, scope: 'local', time: 0, timeNano: 0 })
  await server.logged(({ cause }) => /not among those that run/.test(String(cause)))
  t.strictSame(descriptions(await server.render()), ['text'])
})

t.test('F13: ten thousand events a second for two seconds', async t => {
  const { engine, server, late } = await start(t)
  await engine.until(() => engine.count(list) >= 2)
  const first = engine.calls.length
  const noise = JSON.stringify({ status: 'start', id: 'f'.repeat(64), from: 'noise', Type: 'container', Action: 'start', Actor: { ID: 'f'.repeat(64), Attributes: { name: 'noise' } }, scope: 'local', time: 1, timeNano: 1 }) + '\n'
  const storm = new Promise<void>(resolve => {
    let batches = 0
    const blowing = setInterval(() => {
      engine.events.write(noise.repeat(500))
      if (++batches === 20) engine.run(late)
      if (batches < 40) return
      clearInterval(blowing)
      resolve()
    }, 50)
  })
  const both = Promise.all([storm, knows(server, 'late')])
  t.strictSame(await renderUntil(server, both), [])
  const lists = engine.calls.slice(first).filter(({ path }) => path === list).map(({ at }) => at)
  t.ok(lists.length > 0)
  const span = performance.now() - (lists[0] ?? 0)
  figure(t, 'F13', `${lists.length} lists in ${Math.round(span)} ms of 10,000 events a second`)
  t.ok(lists.length <= span / defaultPace.debounce + 1, `${lists.length} lists in ${Math.round(span)} ms: no more than one in 100 ms`)
  t.equal(engine.count('/events'), 1, 'on the one stream that was there before')
})

t.test('F13: events that were heard before, torn and joined', async t => {
  const { engine, server, late } = await start(t)
  await engine.until(() => engine.count(list) >= 2)
  engine.events.hold()
  const container = engine.run(late)
  engine.events.release(events => [...events, ...events, ...events.toReversed()], text => text.match(/[^]{1,7}/g) ?? [])
  await knows(server, 'late')
  const streams = engine.count('/events')
  for (let time = 0; time < 3; time++) {
    engine.events.hold()
    engine.die(container)
    engine.start(container)
    engine.events.release(undefined, text => [text.slice(0, 50), text.slice(50)])
  }
  engine.remove(container)
  await new Promise<void>(resolve => {
    const end = server.app.discovery.onChange(({ services }) => {
      if (services.has('late')) return
      end()
      resolve()
    })
  })
  t.equal(engine.count('/events'), streams)
})

t.test('F13: lists that come later than the events about what they do not show yet', async t => {
  const { engine, server, late } = await start(t)
  await engine.until(() => engine.count(list) >= 2)
  const gate = Promise.withResolvers<void>()
  engine.lag = () => gate.promise
  const lists = engine.count(list)
  engine.emit({ Type: 'container', Action: 'start', Actor: { ID: '', Attributes: {} }, scope: 'local', time: 0, timeNano: 0 })
  await engine.until(() => engine.count(list) > lists)
  engine.run(late)
  gate.resolve()
  await knows(server, 'late')
  t.pass('the next one shows it')
})

t.test('F13: an engine that hangs up on everybody is tried once a pause, and pauses grow', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const pace = { ...quick, firstPause: 20, longestPause: 320 }
  follower(t, engine, { pace })
  await engine.until(() => engine.count(list) >= 2)
  engine.slams = true
  const first = engine.connections.length
  engine.events.drop('reset')
  await engine.until(() => engine.connections.length >= first + 7)
  const attempts = engine.connections.slice(first)
  // Pauses are 20, 40, 80, 160, 320, 320 ms, each shortened by chance to no less than half.
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0))
  for (const [index, pause] of pauses.entries()) {
    // A pause has passed before the first of these.
    const least = Math.min(pace.firstPause * 2 ** (index + 1), pace.longestPause) / 2
    t.ok(pause >= least - 2, `attempt ${index + 2} comes ${Math.round(pause)} ms after the one before, at least ${least}`)
  }
})

t.test('F13: an engine that takes every stream and ends it at once is not asked more often than that', async t => {
  const engine = await fakeEngine(t)
  placeOwn(engine)
  const pace = { ...quick, firstPause: 20, longestPause: 320 }
  follower(t, engine, { pace })
  await engine.until(() => engine.events.open === 1)
  engine.fault = { text: '', paths: ['/events'] }
  const first = engine.calls.length
  engine.events.drop('end')
  const streams = () => engine.calls.slice(first).filter(({ path }) => path === '/events')
  await engine.until(() => streams().length >= 6)
  const asked = streams().map(({ at }) => at)
  const span = (asked.at(-1) ?? 0) - (asked[0] ?? 0)
  // 20, 40, 80, 160, 320 ms at most; half of each at least.
  t.ok(span >= (40 + 80 + 160 + 320) / 2 - 2, `6 attempts in ${Math.round(span)} ms`)
})
