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

const dripHeaders = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\n')
  const dripping = setInterval(() => socket.write('x: y\r\n'), 20)
  socket.once('close', () => clearInterval(dripping))
}

t.test('failing services', async t => {
  const faults: Record<string, [url: string, outcome: string]> = {
    refuses: ['http://127.0.0.1:1', 'failed: refused'],
    resets: [(await mockService(t, reset)).url, 'failed: broken'],
    'resets-in-body': [(await mockService(t, resetInTheMiddle)).url, 'failed: broken'],
    'ends-in-body': [(await mockService(t, endsInTheMiddle)).url, 'failed: broken'],
    'hangs-up': [await socketService(t, socket => socket.end()), 'failed: broken'],
    hangs: [(await mockService(t, hang)).url, 'failed: timeout'],
    'accepts-only': [await socketService(t, () => {}), 'failed: timeout'],
    drips: [(await mockService(t, drip)).url, 'failed: timeout'],
    'drips-headers': [await socketService(t, dripHeaders), 'failed: timeout']
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

  t.test('as preprocessors hurt neither those that require them nor those that can use them', async t => {
    const services: Record<string, Entry> = { look: preprocessor(look), alone: handler(text), 'needs-all': handler(text, { required_dependencies: [...Object.keys(faults), 'look'].join() }) }
    for (const [name, [url]] of Object.entries(faults)) {
      services[name] = preprocessor(url)
      services[`needs-${name}`] = handler(text, { required_dependencies: `${name},look` })
      services[`likes-${name}`] = handler(text, { optional_dependencies: name })
    }
    await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS: 'ON' }, services }), { failed, renderings: Object.keys(faults).length * 2 + 2 })
  })

  t.test('as preprocessors in serial order cost their time and nothing else', async t => {
    const services: Record<string, Entry> = { text: handler(text) }
    for (const [name, [url]] of Object.entries(faults)) services[name] = preprocessor(url)
    services.look = preprocessor(look, { preprocessor: 2 })
    await check(await build(t, { env, services }), { failed, renderings: 1 })
  })

  t.test('as modifiers leave the request as it came', async t => {
    const services: Record<string, Entry> = { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
    for (const [name, [url]] of Object.entries(faults)) services[name] = preprocessor(url, { modifyRequest: true })
    await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS: 'ON' }, services }), { failed, renderings: 1 })
  })

  for (const PARALLEL_PREPROCESSORS of ['ON', 'OFF']) {
    t.test(`as handlers contribute nothing (PARALLEL_PREPROCESSORS=${PARALLEL_PREPROCESSORS})`, async t => {
      const services: Record<string, Entry> = { text: handler(text) }
      for (const [name, [url]] of Object.entries(faults)) services[name] = handler(url)
      await check(await build(t, { env: { ...env, PARALLEL_PREPROCESSORS }, services }), { failed, renderings: 1 })
    })
  }
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
