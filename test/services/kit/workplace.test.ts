// How work ends before it is done: callers that hang up, deadlines, full queues and servers that stop.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { ClientRequest, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import type { Test } from 'tap'
import { preprocessor } from '../../../services/kit/index.ts'
import type { ServerOptions, ServiceContext, ServiceLimits, ServiceServer } from '../../../services/kit/index.ts'
import { build, graphicRequest } from './build.ts'

const Nothing = Type.Object({})

/** One piece of work under way, as the test sees it. */
interface Piece { context: ServiceContext, finish: () => void, aborted: Promise<unknown> }

/** A service whose work the test finishes by hand: `next()` waits for the next piece to begin. */
function manual (t: Test, limits: ServiceLimits = {}, options: ServerOptions = {}, heedsSignal = true): { app: ServiceServer, next: () => Promise<Piece>, started: () => number } {
  const pieces: Piece[] = []
  let begun = 0
  const waiters: Array<(piece: Piece) => void> = []
  const app = build(t, preprocessor({
    service: 'manual',
    name: 'org.example.manual',
    data: Nothing,
    ...limits,
    async run (_request, context) {
      begun++
      const { promise, resolve, reject } = Promise.withResolvers<object>()
      const aborted = context.signal.aborted ? Promise.resolve() : once(context.signal, 'abort')
      if (heedsSignal) context.signal.addEventListener('abort', () => reject(context.signal.reason))
      const piece = { context, finish: () => resolve({}), aborted }
      const waiter = waiters.shift()
      if (waiter === undefined) pieces.push(piece)
      else waiter(piece)
      return await promise
    }
  }), options)
  const next = async () => {
    const piece = pieces.shift()
    return piece ?? await new Promise<Piece>(resolve => waiters.push(resolve))
  }
  return { app, next, started: () => begun }
}

/** Sends a request without a connection, at once: what `inject` gives by itself starts only when it is awaited. */
async function call (app: ServiceServer) {
  return await app.inject({ method: 'POST', url: '/preprocessor', payload: graphicRequest() })
}

/** Sends a request over a real connection. */
function send (address: string): ClientRequest {
  const request = httpRequest(`${address}/preprocessor`, { method: 'POST', headers: { 'content-type': 'application/json' } })
  request.on('error', () => {})
  request.end(JSON.stringify(graphicRequest()))
  return request
}

t.test('a caller that hangs up aborts its work', async t => {
  const { app, next } = manual(t)
  const request = send(await app.listen({ host: '127.0.0.1', port: 0 }))
  const piece = await next()
  t.equal(piece.context.signal.aborted, false, 'a body that has been read is no hang-up')
  request.destroy()
  await piece.aborted
  t.match(piece.context.signal.reason, { code: 'SERVICE_CALLER_GONE' })
})

t.test('work that has been answered is not aborted afterwards', async t => {
  const { app, next } = manual(t)
  const request = send(await app.listen({ host: '127.0.0.1', port: 0 }))
  const piece = await next()
  piece.finish()
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
  request.destroy()
  await app.close()
  t.equal(piece.context.signal.aborted, false)
})

t.test('a caller that hangs up while it waits gives up its place in the queue', async t => {
  const { app, next, started } = manual(t, { concurrency: 1, maxQueue: 1 })
  const arrivals: Array<(response: ServerResponse) => void> = []
  app.addHook('preHandler', async (_request, reply) => { arrivals.shift()?.(reply.raw) })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const arrive = async (): Promise<[ClientRequest, ServerResponse]> => {
    const arrived = new Promise<ServerResponse>(resolve => arrivals.push(resolve))
    const request = send(address)
    const response = await arrived
    await setImmediate()
    return [request, response]
  }
  const [first] = await arrive()
  const piece = await next()
  const [waiting, itsResponse] = await arrive()
  t.equal((await call(app)).statusCode, 503, 'one works, one waits, a third is refused')

  const noticed = once(itsResponse, 'close')
  waiting.destroy()
  await noticed
  const third = call(app)
  piece.finish()
  const [response] = await once(first, 'response')
  t.equal(response.statusCode, 200)
  response.resume()
  ;(await next()).finish()
  t.equal((await third).statusCode, 200, 'its place is free for another')
  t.equal(started(), 2, 'nothing was done for the caller that left')
})

t.test('one request more than may wait is answered 503 with Retry-After', async t => {
  const { app, next } = manual(t, { concurrency: 1, maxQueue: 1 })
  const first = call(app)
  const piece = await next()
  const second = call(app)
  const third = call(app)
  const refused = await third
  t.equal(refused.statusCode, 503)
  t.equal(refused.json().code, 'SERVICE_BUSY')
  t.match(refused.headers['retry-after'], /^\d+$/)
  piece.finish()
  ;(await next()).finish()
  t.strictSame([(await first).statusCode, (await second).statusCode], [200, 200])
})

t.test('no more requests than allowed are worked on at one time', async t => {
  const { app, next, started } = manual(t, { concurrency: 2 })
  const calls = Array.from({ length: 5 }, async () => await call(app))
  const pieces = [await next(), await next()]
  for (let done = 0; done < 5; done++) {
    t.ok(started() <= done + 2, `${started()} begun when ${done} are done`)
    pieces.shift()?.finish()
    if (done < 3) pieces.push(await next())
  }
  t.strictSame((await Promise.all(calls)).map(({ statusCode }) => statusCode), [200, 200, 200, 200, 200])
})

t.test('work past its deadline is aborted and answered 503', async t => {
  const { app, next } = manual(t, { deadline: 20 })
  const answer = call(app)
  const piece = await next()
  await piece.aborted
  const response = await answer
  t.equal(response.statusCode, 503)
  t.equal(response.json().code, 'SERVICE_DEADLINE')
})

t.test('work that ignores its signal keeps its place for a while only', async t => {
  const { app, next } = manual(t, { concurrency: 1 }, { stubborn: 20 }, false)
  const request = send(await app.listen({ host: '127.0.0.1', port: 0 }))
  const stuck = await next()
  const second = call(app)
  request.destroy()
  await stuck.aborted
  ;(await next()).finish()
  t.equal((await second).statusCode, 200)
  stuck.finish()
})

t.test('a stopping server finishes what is in flight', async t => {
  const { app, next } = manual(t)
  const request = send(await app.listen({ host: '127.0.0.1', port: 0 }))
  const piece = await next()
  const closed = app.close()
  piece.finish()
  const [response] = await once(request, 'response')
  t.equal(response.statusCode, 200)
  response.resume()
  await closed
  t.equal(piece.context.signal.aborted, false)
})

t.test('work that outlasts the grace of a stopping server is aborted and answered 503', async t => {
  const { app, next } = manual(t, {}, { grace: 20 })
  const request = send(await app.listen({ host: '127.0.0.1', port: 0 }))
  const piece = await next()
  const closed = app.close()
  await piece.aborted
  const [response] = await once(request, 'response')
  t.equal(response.statusCode, 503)
  response.resume()
  await closed
})
