// Services that refuse, break off, hang or drip: whoever depends on them still runs, and the answer has everything else.
import type { Socket } from 'node:net'
import t from 'tap'
import { build, descriptions, found, handler, hang, made, mockService, names, outcomes, preprocessor, rendering, reset, socketService } from '../helper.ts'
import type { Behaviour, Built, Entry } from '../helper.ts'

const timeout = 800

const resetInTheMiddle: Behaviour = response => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"request_uuid":', () => response.socket?.resetAndDestroy())
}

const endsInTheMiddle: Behaviour = response => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"request_uuid":', () => response.socket?.end())
}

/** Writes a byte again and again, never the last one. */
const drip: Behaviour = response => {
  response.writeHead(200, { 'content-length': '1000000' })
  const dripping = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(dripping))
}

/** Would answer, after ten times its deadline. */
const tenTimesSlower: Behaviour = response => {
  const waiting = setTimeout(() => response.end('{}'), 10 * timeout)
  response.once('close', () => clearTimeout(waiting))
}

const dripHeaders = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\n')
  const dripping = setInterval(() => socket.write('x: y\r\n'), 20)
  socket.once('close', () => clearInterval(dripping))
}

t.test('F6: failing services', async t => {
  const faults: Record<string, [url: string, outcome: string]> = {
    refuses: ['http://127.0.0.1:1', 'failed: refused'],
    resets: [(await mockService(t, reset)).url, 'failed: broken'],
    'resets-in-body': [(await mockService(t, resetInTheMiddle)).url, 'failed: broken'],
    'ends-in-body': [(await mockService(t, endsInTheMiddle)).url, 'failed: broken'],
    'hangs-up': [await socketService(t, socket => socket.end()), 'failed: broken'],
    hangs: [(await mockService(t, hang)).url, 'failed: timeout'],
    'accepts-only': [await socketService(t, () => {}), 'failed: timeout'],
    drips: [(await mockService(t, drip)).url, 'failed: timeout'],
    'drips-headers': [await socketService(t, dripHeaders), 'failed: timeout'],
    // Ten times its deadline.
    'ten-times-slower': [(await mockService(t, tenTimesSlower)).url, 'failed: timeout']
  }
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const text = await mockService(t, (response, received) => made(rendering(`sees ${received.seen.length}`))(response, received))
  const env = { PREPROCESSOR_TIMEOUT: String(timeout), HANDLER_TIMEOUT: String(timeout), REQUEST_TIMEOUT: '20000' }

  const check = async (server: Built, expected: { failed: Record<string, string>, renderings: number }) => {
    const start = server.logs.length
    const reply = await server.render()
    t.equal(reply.status, 200)
    t.equal(descriptions(reply).length, expected.renderings)
    t.match(outcomes(reply), expected.failed, 'the header names each cause')
    t.notOk(Object.values(outcomes(reply)).includes('late'), 'long before the deadline of the request')
    for (const [name, outcome] of Object.entries(expected.failed)) {
      const line = server.logs.slice(start).find(each => each.service === name)
      t.match(line, { level: 40, kind: 'failed', reason: outcome.slice('failed: '.length) }, 'and so does the log')
      if (outcome === 'failed: timeout') t.ok(Number(line?.milliseconds) >= timeout - 1, 'each has had its time')
    }
  }
  const failed = Object.fromEntries(Object.entries(faults).map(([name, [, outcome]]) => [name, outcome]))

  t.test('F6: as preprocessors hurt neither those that require them nor those that can use them', async t => {
    const services: Record<string, Entry> = { look: preprocessor(look), alone: handler(text), 'needs-all': handler(text, { required_dependencies: [...Object.keys(faults), 'look'].join() }) }
    for (const [name, [url]] of Object.entries(faults)) {
      services[name] = preprocessor(url)
      services[`needs-${name}`] = handler(text, { required_dependencies: `${name},look` })
      services[`likes-${name}`] = handler(text, { optional_dependencies: name })
    }
    await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS: 'ON' }, services }), { failed, renderings: Object.keys(faults).length * 2 + 2 })
  })

  t.test('F6: as preprocessors in serial order cost their time and nothing else', async t => {
    const services: Record<string, Entry> = { text: handler(text) }
    for (const [name, [url]] of Object.entries(faults)) services[name] = preprocessor(url)
    services.look = preprocessor(look, { preprocessor: 2 })
    await check(await build(t, { env, services }), { failed, renderings: 1 })
  })

  t.test('F6: as modifiers leave the request as it came', async t => {
    const services: Record<string, Entry> = { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
    for (const [name, [url]] of Object.entries(faults)) services[name] = preprocessor(url, { modifyRequest: true })
    await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS: 'ON' }, services }), { failed, renderings: 1 })
  })

  for (const PARALLEL_PREPROCESSORS of ['ON', 'OFF']) {
    t.test(`F6: as handlers contribute nothing (PARALLEL_PREPROCESSORS=${PARALLEL_PREPROCESSORS})`, async t => {
      const services: Record<string, Entry> = { text: handler(text) }
      for (const [name, [url]] of Object.entries(faults)) services[name] = handler(url)
      await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS }, services }), { failed, renderings: 1 })
    })
  }
})

t.test('F6: services that hang in every role cost their own part, and the request ends by its deadline', async t => {
  const services: Record<string, Entry> = {}
  const deadline = 1500
  const [quick, well] = [await mockService(t, made(rendering('quick'))), await mockService(t, found(names.preprocessor('look'), {}))]
  for (const [name, url] of [['hangs', (await mockService(t, hang)).url], ['drips', (await mockService(t, drip)).url], ['accepts', await socketService(t, () => {})]] as const) {
    services[`${name}-handler`] = handler(url)
    services[`${name}-preprocessor`] = preprocessor(url)
    services[`needs-${name}`] = handler(quick, { required_dependencies: `${name}-preprocessor` })
    services[`likes-${name}`] = handler(quick, { optional_dependencies: `${name}-preprocessor` })
  }
  Object.assign(services, { look: preprocessor(well), text: handler(quick, { required_dependencies: 'look' }) })
  // Preprocessors end before the request does, handlers would end after it.
  const server = await build(t, { services, env: { PARALLEL_PREPROCESSORS: 'ON', PREPROCESSOR_TIMEOUT: '500', HANDLER_TIMEOUT: '60000', REQUEST_TIMEOUT: String(deadline) } })
  const events: string[] = []
  const begun = performance.now()
  const answered = server.render().then(reply => {
    events.push('answer')
    return reply
  })
  // A timer that starts later than the deadline's, and takes that much longer, ends before the answer only if the answer is late.
  const tooLate = new Promise<void>(resolve => setTimeout(() => {
    events.push('twice the deadline')
    resolve()
  }, 2 * deadline))
  const reply = await answered
  t.comment(`${Math.round(performance.now() - begun)} ms, with a deadline of ${deadline} ms`)
  await tooLate
  t.strictSame(events, ['answer', 'twice the deadline'])
  t.equal(reply.status, 200)
  t.strictSame(descriptions(reply), Array<string>(7).fill('quick'))
  t.match(outcomes(reply), {
    'hangs-handler': 'late', 'drips-handler': 'late', 'accepts-handler': 'late', 'hangs-preprocessor': 'failed: timeout', 'drips-preprocessor': 'failed: timeout', 'accepts-preprocessor': 'failed: timeout'
  })
  const missing = (reply.headers.get('tutti-incomplete') ?? '').split(', ').toSorted()
  t.strictSame(missing, ['accepts', 'drips', 'hangs'].flatMap(name => [`${name}-handler;reason=late`, `${name}-preprocessor;reason=timeout`]))
})

t.test('a service that comes back is used again at once', async t => {
  const look = await mockService(t, reset)
  const server = await build(t, { services: { look: preprocessor(look) } })
  for (let round = 0; round < 5; round++) {
    look.behaviour = reset
    t.strictSame(outcomes(await server.render()), { look: 'failed: broken' })
    look.behaviour = found(names.preprocessor('look'), {})
    t.strictSame(outcomes(await server.render()), { look: 'done' })
  }
})

t.test('a service that closes its connection after each answer never costs one', async t => {
  const look = await mockService(t, (response, received) => {
    response.once('finish', () => response.socket?.end())
    found(names.preprocessor('look'), {})(response, received)
  })
  const server = await build(t, { services: { look: preprocessor(look) } })
  for (let round = 0; round < 100; round++) {
    const { look: outcome } = outcomes(await server.render())
    if (outcome !== 'done') t.fail(`round ${round}: ${outcome}`)
  }
  t.equal(look.received.length, 100)
})
