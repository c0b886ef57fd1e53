// F23: the wall clock jumps by an hour, as when it is set right. Whatever lasts so and so long lasts as long as before.
import t from 'tap'
import { after, answer, found, graphicRequest, handler, hang, made, mockContainers, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import { loading, startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const hour = 3_600_000

async function ask (server: ServerProcess, path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${await server.port}${path}`, init)
  return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), timing: response.headers.get('server-timing') ?? '', text: await response.text() }
}

async function render (server: ServerProcess) {
  return await ask(server, '/render', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
}

for (const [direction, jump] of [['forward', hour], ['back', -hour]] as const) {
  t.test(`F23: the clock jumps ${direction} by an hour`, async t => {
    const { port, services: { failing, sound } } = await mockContainers(t, { failing: answer(500), sound: made(rendering('sound')) })
    const look = await mockService(t, found(names.preprocessor('look'), { seen: true }))
    const silent = await mockService(t, made(rendering('at first')))
    const slow = await mockService(t, made(rendering('slow')))
    const server = startProcess(t, {
      SERVICES_FILE: servicesFile(t, {
        look: preprocessor(look, { cacheTimeout: 1000 }),
        pair: { labels: { handler: 'enable', port }, urls: [failing.url, sound.url] },
        silent: handler(silent, { 'tutti.timeout': 1500 }),
        slow: handler(slow)
      }),
      PARALLEL_PREPROCESSORS: 'ON',
      SET_ASIDE_AFTER: '1',
      SET_ASIDE_TIME: '600000',
      NOT_FOUND_RATE_LIMIT: '2',
      HANDLER_TIMEOUT: '30000',
      SHUTDOWN_TIMEOUT: '60000',
      DRAIN_TIME: '200',
      ...loading('jumping-clock.ts')
    })
    // Until the replica that fails has been asked, and set aside.
    while (failing.received.length === 0) await render(server)
    for (const number of [1, 2, 3]) t.equal((await ask(server, '/nowhere')).status, number > 2 ? 429 : 404)

    const gate = Promise.withResolvers<void>()
    slow.behaviour = after(gate.promise, made(rendering('slow')))
    silent.behaviour = hang
    const asked = { slow: slow.received.length, silent: silent.received.length, failing: failing.received.length }
    const reply = render(server)
    await Promise.all([slow.request(asked.slow + 1), silent.request(asked.silent + 1)])
    await server.tell(jump)
    const begin = performance.now()
    gate.resolve()
    const { status, timing, text } = await reply
    t.equal(status, 200)
    t.match(text, /"description":"slow"/, 'a call in flight goes on')
    t.match(timing, /silent;desc="failed: timeout"/, 'what is never answered is given up')
    t.ok(performance.now() - begin < 30000, 'in its own time')
    t.match(timing, /look;desc="cached"/, 'what is cached stays cached')

    silent.behaviour = made(rendering('again'))
    // For a second it is known as down.
    while (silent.received.length < asked.silent + 2) await render(server)
    for (let times = 0; times < 5; times++) t.match((await render(server)).text, /"description":"sound".*"description":"again"/)
    t.equal(failing.received.length, asked.failing, 'who is set aside stays so')
    t.equal(look.received.length, 1)

    const refused = await ask(server, '/nowhere')
    t.ok(refused.status === 404 || (refused.retryAfter >= 1 && refused.retryAfter <= 60), `a limit of a minute is one: ${JSON.stringify(refused)}`)

    const { timestamp } = JSON.parse((await ask(server, '/health')).text) as { timestamp: string }
    t.ok(Math.abs(Date.parse(timestamp) - jump - Date.now()) < hour / 2, 'times that are told are those of the clock')

    const last = Promise.withResolvers<void>()
    slow.behaviour = after(last.promise, made(rendering('last')))
    const count = slow.received.length
    const lastReply = render(server)
    await slow.request(count + 1)
    server.kill('SIGTERM')
    await server.logged('the server stops')
    await server.tell(jump)
    last.resolve()
    t.match((await lastReply).text, /"description":"last"/, 'what is in flight when the server stops has its time')
    t.match(await server.ended, { code: 0, stderr: '' })
  })
}
