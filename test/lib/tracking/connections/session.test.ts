// One connection from its first message to its last: who is let in, in which order messages are taken, and what ends it.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import type { ServerOptions } from 'ws'
import { createRemoteKeys, readPublicKey } from '../../../../lib/jwt-keys.ts'
import { closeCodes } from '../../../../lib/tracking/connections/close-codes.ts'
import { createHeartbeat } from '../../../../lib/tracking/connections/heartbeat.ts'
import type { ProcessorMessage, Reading } from '../../../../lib/tracking/messages/message.ts'
import type { Peer } from '../../../../lib/tracking/connections/peer.ts'
import { openSession } from '../../../../lib/tracking/connections/session.ts'
import type { Session, SessionOptions } from '../../../../lib/tracking/connections/session.ts'
import { createGate } from '../../../../lib/tracking/connections/tokens.ts'
import { listen } from '../connections.ts'
import type { Visitor } from '../connections.ts'
import { good, pem, publish, rsa, sign } from '../identity-provider.ts'

const { publicKey, privateKey } = rsa()
const keys = readPublicKey(pem(publicKey))
if (keys === undefined) throw new Error('an RSA key of 2048 bits is one that can be used')
const rules = { audience: 'tracking', role: 'watch' }
const gate = createGate({ ...rules, keys })
const limits = { authTimeout: 60_000, authAttempts: 10, ratePerSecond: 0, backlog: 16 * 1024 * 1024 }

/** Reads what these tests send: tokens, and identifiers of cameras. */
function read (bytes: Buffer): Reading<ProcessorMessage> {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch {
    return { refusal: 'not-json', requestId: undefined, type: undefined }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { refusal: 'no-object', requestId: undefined, type: undefined }
  const { type, jwt, id, requestId: given } = value as Record<string, unknown>
  const requestId = given === undefined ? undefined : Buffer.from(JSON.stringify(given))
  if (type === 'authenticate') return { message: { type, requestId, jwt: typeof jwt === 'string' ? jwt : undefined } }
  if (type === 'identifier' && typeof id === 'string') return { message: { type, requestId, camera: { key: id, text: Buffer.from(JSON.stringify(id)) } } }
  if (type === 'identifier') return { refusal: 'invalid', requestId, type }
  return { refusal: type === undefined ? 'no-type' : 'unknown-type', requestId, type: typeof type === 'string' ? type : undefined }
}

/** Serves sessions and notes what the hub is told. Identifiers are answered with themselves; `close me`, `fail` and `flood` do what they say. */
async function serve (t: Test, options: Partial<SessionOptions<ProcessorMessage>> = {}, serverOptions: ServerOptions = {}) {
  const told: string[] = []
  const noted: string[] = []
  const sessions: Session[] = []
  const names = new Map<Peer, string>()
  const { connect } = await listen(t, (socket, raw) => {
    sessions.push(openSession<ProcessorMessage>({
      socket,
      raw,
      side: 'processor',
      speaksTutti: false,
      read,
      gate,
      limits,
      reception: {
        join: () => { told.push('join') },
        receive (peer, message) {
          if (message.type !== 'identifier') throw new Error(`the hub is not for ${message.type}`)
          const { key, text } = message.camera
          names.set(peer, key)
          told.push(key)
          if (key === 'fail') throw new Error('something fails')
          if (key === 'close me') {
            peer.close(closeCodes.replaced, 'replaced')
            told.push('closed')
          }
          if (key === 'flood') for (let times = 0; times < 1000; times++) peer.send(Buffer.alloc(100_000, '"'))
          peer.send(text)
        },
        leave: () => { told.push('leave') }
      },
      watch: {
        onRefused: (_peer, { refusal, requestId }) => { noted.push(`refused ${refusal}${requestId === undefined ? '' : ` ${String(requestId)}`}`) },
        onAuthenticate: (_peer, verdict, requestId) => {
          noted.push(`token ${verdict === undefined ? 'not asked for' : verdict.ok ? 'accepted' : verdict.reason}${requestId === undefined ? '' : ` ${String(requestId)}`}`)
        },
        onFault: error => { noted.push(`fault ${error instanceof Error ? error.message : ''}`) },
        onClose: (code, by) => { noted.push(`close ${code} ${by}`) }
      },
      ...options
    }))
  }, serverOptions)
  return { connect, told, noted, sessions }
}

const say = ({ socket }: Visitor, message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message))
const identifier = (id: string) => ({ type: 'identifier', id })
const authenticate = (jwt: unknown) => ({ type: 'authenticate', jwt })
/** Resolves when all that was sent before has been dealt with. */
async function settled ({ socket }: Visitor) {
  socket.ping()
  await once(socket, 'pong')
}

t.test('where no token is asked for', async t => {
  const { connect, told, noted } = await serve(t, { gate: undefined })
  const visitor = await connect()
  t.strictSame(told, ['join'], 'a peer joins at once')
  say(visitor, authenticate('whatever'))
  say(visitor, authenticate(undefined))
  for (const id of ['one', 'two']) say(visitor, identifier(id))
  visitor.socket.send(Buffer.from(JSON.stringify(identifier('binary'))), { binary: true })
  await visitor.until(() => visitor.received.length === 3)
  t.strictSame(visitor.received, ['"one"', '"two"', '"binary"'], 'a token is ignored')
  for (const text of ['{', '[]', '{}', '{"type":"dance"}', '{"type":"identifier"}']) say(visitor, text)
  await settled(visitor)
  t.equal(visitor.received.length, 3, 'what is not taken is not answered')
  visitor.socket.close()
  await visitor.closed
  t.strictSame(told, ['join', 'one', 'two', 'binary', 'leave'])
  t.strictSame(noted, [
    'token not asked for', 'token not asked for', 'refused not-json', 'refused no-object', 'refused no-type', 'refused unknown-type', 'refused invalid', 'close 1005 peer'
  ])
})

t.test('a good token is not answered, and lets in', async t => {
  const { connect, told, noted } = await serve(t)
  const visitor = await connect()
  t.strictSame(told, [], 'nobody joins without')
  say(visitor, { ...authenticate(await sign(privateKey, good())), requestId: 7 })
  await settled(visitor)
  t.strictSame(told, ['join'])
  t.strictSame(visitor.received, [])
  say(visitor, authenticate('another'))
  say(visitor, identifier('one'))
  await visitor.until(() => visitor.received.length === 1)
  t.strictSame(visitor.received, ['"one"'], 'another token is ignored')
  t.strictSame(noted, ['token accepted 7', 'token not asked for'])
  t.equal(visitor.socket.readyState, visitor.socket.OPEN)
})

t.test('what is no good token is not answered, closes nothing, and may be followed by one', async t => {
  const { connect, told } = await serve(t)
  const visitor = await connect()
  const wrong = [authenticate('nonsense'), authenticate(undefined), authenticate(7), authenticate(await sign(rsa().privateKey, good())), authenticate(await sign(privateKey, good({ resource_access: {} })))]
  for (const message of [...wrong, '{', '7', '{}', '']) say(visitor, message)
  await settled(visitor)
  t.strictSame(told, [])
  t.strictSame(visitor.received, [])
  say(visitor, authenticate(await sign(privateKey, good())))
  say(visitor, identifier('one'))
  await visitor.until(() => visitor.received.length === 1)
  t.strictSame(told, ['join', 'one'])
})

for (const [name, message] of Object.entries({ 'of a known type': identifier('one'), 'that is incomplete': { type: 'identifier' }, 'of an unknown type': { type: 'dance' }, 'whose type is no text': { type: 7 } })) {
  t.test(`a message ${name} before a token closes without a code and is not carried out`, async t => {
    const { connect, told, noted } = await serve(t)
    const visitor = await connect()
    say(visitor, authenticate('nonsense'))
    say(visitor, message)
    say(visitor, authenticate(await sign(privateKey, good())))
    t.equal(await visitor.closed, 1005)
    t.strictSame(visitor.received, [])
    t.strictSame(told, [], 'who has not joined does not leave')
    t.equal(noted.at(-1), 'close undefined server')
  })
}

t.test('whoever brings no token is closed after a time, whoever has brought one is not', async t => {
  const { connect } = await serve(t, { limits: { ...limits, authTimeout: 200 } })
  const welcome = await connect()
  say(welcome, authenticate(await sign(privateKey, good())))
  const visitor = await connect()
  t.equal(await visitor.closed, closeCodes.authenticationTimeout)
  say(welcome, identifier('still here'))
  await welcome.until(() => welcome.received.length === 1)
})

t.test('tokens cannot be tried without end', async t => {
  const { connect, noted } = await serve(t, { limits: { ...limits, authAttempts: 3 } })
  const visitor = await connect()
  for (let times = 0; times < 10; times++) say(visitor, authenticate('nonsense'))
  t.equal(await visitor.closed, closeCodes.tooManyAttempts)
  t.equal(noted.filter(each => each === 'token malformed').length, 3)
})

t.test('a session ends with its token', async t => {
  const { connect, told } = await serve(t)
  const visitor = await connect()
  say(visitor, authenticate(await sign(privateKey, good({ exp: Date.now() / 1000 + 0.5 }))))
  say(visitor, identifier('one'))
  t.equal(await visitor.closed, closeCodes.tokenEnded)
  t.strictSame(told, ['join', 'one', 'leave'])
})

t.test('messages that follow a token at once are taken in order, of 200 connections, while some wait for a key and others do not', async t => {
  const next = rsa()
  const provider = await publish(t, { one: publicKey })
  const { connect, told } = await serve(t, { gate: createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, cooldown: 0 }) }) })
  const known = authenticate(await sign(privateKey, good(), { kid: 'one' }))
  const unknown = authenticate(await sign(next.privateKey, good(), { kid: 'two' }))
  const first = await connect()
  say(first, known)
  say(first, identifier('first'))
  await first.until(() => first.received.length === 1)

  provider.keys = { one: publicKey, two: next.publicKey }
  const { promise, resolve: release } = Promise.withResolvers<void>()
  provider.gate = promise
  const visitors = await Promise.all(Array.from({ length: 200 }, () => connect()))
  for (const [each, visitor] of visitors.entries()) {
    say(visitor, each % 2 === 0 ? known : unknown)
    for (const part of ['a', 'b', 'c']) say(visitor, identifier(`${each} ${part}`))
  }
  const waiting = visitors.filter((_, each) => each % 2 === 1)
  const quick = visitors.filter((_, each) => each % 2 === 0)
  await Promise.all(quick.map(visitor => visitor.until(() => visitor.received.length === 3)))
  t.ok(waiting.every(({ received }) => received.length === 0))
  t.equal(told.filter(each => each === 'join').length, 1 + quick.length, 'only those wait whose key must be fetched')
  release()
  await Promise.all(waiting.map(visitor => visitor.until(() => visitor.received.length === 3)))
  for (const [each, { received }] of visitors.entries()) t.strictSame(received, ['a', 'b', 'c'].map(part => JSON.stringify(`${each} ${part}`)))
  t.equal(provider.asked, 2)
  t.notOk(told.includes('leave'))
})

t.test('a token after a token that waits is judged in its turn', async t => {
  const provider = await publish(t, { one: publicKey })
  const { connect, told, noted } = await serve(t, { gate: createGate({ ...rules, keys: createRemoteKeys({ address: provider.address, cooldown: 0 }) }) })
  const visitor = await connect()
  say(visitor, authenticate(await sign(privateKey, good(), { kid: 'missing' })))
  say(visitor, authenticate(await sign(privateKey, good(), { kid: 'one' })))
  say(visitor, identifier('one'))
  await visitor.until(() => visitor.received.length === 1)
  t.strictSame(told, ['join', 'one'])
  t.strictSame(noted, ['token no-key', 'token accepted'])
})

t.test('what waits for a key is bounded, and a connection that ends meanwhile does not join', async t => {
  const provider = await publish(t, { one: publicKey })
  const { promise, resolve: release } = Promise.withResolvers<void>()
  provider.gate = promise
  const judge = createGate({ ...rules, keys: createRemoteKeys({ address: provider.address }) })
  const many = await serve(t, { gate: judge, limits: { ...limits, maxQueued: 5 } })
  const large = await serve(t, { gate: judge, limits: { ...limits, maxQueuedBytes: 1000 } })
  const token = authenticate(await sign(privateKey, good(), { kid: 'one' }))
  const visitors = [await many.connect(), await large.connect(), await many.connect()]
  const [one, two, three] = visitors
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three')
  // In one piece, as a client sends that does not wait: the server reads nothing more of a connection whose token waits.
  const together = (visitor: Visitor, messages: unknown[]) => {
    const { _socket: raw } = visitor.socket as unknown as { _socket: Socket }
    raw.cork()
    for (const message of messages) say(visitor, message)
    raw.uncork()
  }
  together(one, [token, ...Array.from({ length: 10 }, () => identifier('x'))])
  together(two, [token, identifier('x'.repeat(2000))])
  say(three, token)
  t.equal(await one.closed, closeCodes.tooManyMessages)
  t.equal(await two.closed, closeCodes.tooManyMessages)
  three.socket.terminate()
  release()
  const last = await many.connect()
  say(last, token)
  say(last, identifier('last'))
  await last.until(() => last.received.length === 1)
  t.notOk([...many.told, ...large.told].includes('x'))
})

t.test('whoever sends too much is closed', async t => {
  const { connect, told } = await serve(t, { gate: undefined, limits: { ...limits, ratePerSecond: 10 } })
  const [sending, pinging, calm] = [await connect(), await connect(), await connect()]
  for (let times = 0; times < 200; times++) {
    say(sending, identifier('again'))
    pinging.socket.ping()
  }
  for (let times = 0; times < 10; times++) say(calm, identifier('calm'))
  t.equal(await sending.closed, closeCodes.tooManyMessages)
  t.equal(await pinging.closed, closeCodes.tooManyMessages)
  await calm.until(() => calm.received.length === 10)
  t.ok(told.filter(each => each === 'again').length < 100)
  t.equal(calm.socket.readyState, calm.socket.OPEN)
})

t.test('a peer that does not take what it is sent is closed, and has left', async t => {
  const { connect, told, sessions } = await serve(t, { gate: undefined, limits: { ...limits, backlog: 1024 * 1024 } })
  const visitor = await connect()
  visitor.socket.pause()
  say(visitor, identifier('flood'))
  const other = await connect()
  say(other, identifier('other'))
  await other.until(() => other.received.length === 1)
  t.strictSame(told.filter(each => each !== 'join'), ['flood', 'leave', 'other'])
  t.ok((sessions[0]?.waiting() ?? 0) < 1024 * 1024)
  visitor.socket.resume()
  t.equal(await visitor.closed, closeCodes.tooSlow)
})

t.test('pongs that nobody takes do not pile up', async t => {
  const { connect, noted, sessions } = await serve(t, { gate: undefined })
  const visitor = await connect()
  visitor.socket.pause()
  const data = Buffer.alloc(125)
  for (let batch = 0; noted.length === 0 && batch < 1000; batch++) {
    for (let times = 0; times < 1000; times++) visitor.socket.ping(data)
    t.ok((sessions[0]?.waiting() ?? 0) < 200_000)
    await new Promise(resolve => { setImmediate(resolve) })
  }
  t.strictSame(noted, ['close 1006 peer'], 'ws gives up by itself')
})

t.test('a peer that gives no sign of life is told so, and has left', async t => {
  const heartbeat = createHeartbeat({ interval: 50, timeout: 100 })
  t.teardown(() => heartbeat.close())
  const { connect, told } = await serve(t, { gate: undefined, heartbeat })
  const visitor = await connect({ autoPong: false })
  t.equal(await visitor.closed, closeCodes.noPong)
  t.strictSame(told, ['join', 'leave'])
})

t.test('what the hub closes leaves once, at the end of the turn, and is heard no longer', async t => {
  const { connect, told, noted } = await serve(t, { gate: undefined })
  const visitor = await connect()
  for (const id of ['close me', 'too late', 'much too late']) say(visitor, identifier(id))
  t.equal(await visitor.closed, closeCodes.replaced)
  t.strictSame(told, ['join', 'close me', 'closed', 'leave'])
  t.strictSame(visitor.received, [])
  t.strictSame(noted, [`close ${closeCodes.replaced} server`])
})

t.test('a fault of the server costs the one connection that it happened to', async t => {
  const { connect, told, noted } = await serve(t, { gate: undefined })
  const visitor = await connect()
  const other = await connect()
  say(visitor, identifier('fail'))
  t.equal(await visitor.closed, closeCodes.internalError)
  say(other, identifier('other'))
  await other.until(() => other.received.length === 1)
  t.strictSame(told, ['join', 'join', 'fail', 'leave', 'other'])
  t.ok(noted.includes('fault something fails'))
})

t.test('a message that is too large closes with the code for that', async t => {
  const { connect, told, noted } = await serve(t, { gate: undefined }, { maxPayload: 1000 })
  const visitor = await connect()
  say(visitor, identifier('x'.repeat(1000)))
  t.equal(await visitor.closed, closeCodes.tooLarge)
  t.strictSame(told, ['join', 'leave'])
  t.strictSame(noted, [`close ${closeCodes.tooLarge} server`])
})

t.test('a request id comes with what is not taken', async t => {
  const { connect, noted } = await serve(t, { gate: undefined })
  const visitor = await connect()
  say(visitor, { type: 'dance', requestId: 'seven' })
  await settled(visitor)
  t.strictSame(noted, ['refused unknown-type "seven"'])
})

t.test('a peer that sends without end leaves others their turns', async t => {
  const { connect, told } = await serve(t, { gate: undefined })
  const visitor = await connect()
  const [messages, size] = [4000, 1000]
  const text = JSON.stringify({ type: 'identifier', id: 'x', filler: 'x'.repeat(size) })
  const turns: number[] = []
  let before = told.length
  for (let sent = 0; sent < messages; sent++) visitor.socket.send(text)
  while (told.length < messages + 1) {
    await new Promise(resolve => setImmediate(resolve))
    turns.push(told.length - before)
    before = told.length
  }
  // What stands in the 64 kB that were read last comes as well.
  t.ok(Math.max(...turns) <= 100 + 65536 / size, `at most ${Math.max(...turns)} messages in a turn`)
  await visitor.until(() => visitor.received.length === messages)
  t.equal(told.filter(each => each === 'x').length, messages, 'and none is lost')
})
