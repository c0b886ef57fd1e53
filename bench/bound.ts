// The lower bound: what any server must do at least that takes a request, calls the same services in the same order and answers. A bare node:http server that
// throws the body away, sends buffers that have lain ready since its start, looks at no reply, and answers with as many bytes.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { obey } from './child.ts'
import type { Address, GraphCall } from './graph.ts'
import { createRequests, withResults } from './graphic-request.ts'
import { answerLength } from './replies.ts'

/** What the bound is to do for each request. */
export interface BoundWork {
  calls: GraphCall[]
  /** Names of the calls that it leaves out since their results are known. */
  known: string[]
  addresses: Record<string, Address>
  /** Bytes of a request. */
  bytes: number
  /** Most connections to one service. */
  connections: number
}

/** What the bound can be told. */
export type BoundSkills = ReturnType<typeof createBound>

/** Makes a bound that does not listen yet. */
export function createBound () {
  return {
    /** Listens. @returns its port */
    async start (work: BoundWork): Promise<number> {
      const run = createRun(work)
      const answer = Buffer.alloc(answerLength(work.calls), ' ')
      const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length }
      const server = createServer((request, response) => {
        const id = `bound-${requests++}`
        request.resume()
        request.on('end', () => {
          run(id).then(() => response.writeHead(200, headers).end(answer), error => response.writeHead(500).end(String(error)))
        })
      })
      let requests = 0
      server.keepAliveTimeout = 300_000
      await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
      return (server.address() as AddressInfo).port
    }
  }
}

/** A call as it will be made. */
interface Ready { origin: string, path: string, body: Buffer, isKnown: boolean, after: number, frees: number[] }

/** Gives what makes all calls of a request, each as soon as those before it have settled. */
function createRun (work: BoundWork): (id: string) => Promise<void> {
  const agent = new Agent({ connections: work.connections, headersTimeout: 0, bodyTimeout: 0 })
  const ready = prepare(work)
  const first = ready.flatMap(({ after }, index) => after === 0 ? [index] : [])

  const call = async ({ origin, path, body, isKnown }: Ready, id: string) => {
    if (isKnown) return
    const headers = { 'content-type': 'application/json', 'x-request-id': id, 'user-agent': 'bound' }
    const reply = await agent.request({ origin, path, method: 'POST', headers, body })
    await reply.body.arrayBuffer()
  }

  return async id => {
    if (ready.length === 0) return
    const missing = ready.map(({ after }) => after)
    let left = ready.length
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const settle = (one: Ready) => {
      left -= 1
      if (left === 0) return resolve()
      for (const next of one.frees) {
        missing[next] = (missing[next] ?? 0) - 1
        if (missing[next] === 0) start(next)
      }
    }
    const start = (index: number) => {
      const one = ready[index] as Ready
      call(one, id).then(() => settle(one)).catch(reject)
    }
    first.forEach(start)
    await promise
  }
}

/** Everything that can be done before a request has come. Calls of one wave share the bytes that they send. */
function prepare ({ calls, known, addresses, bytes }: BoundWork): Ready[] {
  const request = createRequests({ bytes, unique: false })()
  const depths = [...new Set(calls.map(({ depth }) => depth))]
  const bodies = new Map(depths.map(depth => {
    const finders = calls.filter(call => call.role === 'preprocessor' && call.depth < depth).map(({ name }) => name)
    return [depth, withResults(request, finders)]
  }))
  return calls.map(({ name, role, after, depth }, index) => ({
    origin: `http://${addresses[name]?.host}:${addresses[name]?.port}`,
    path: role === 'handler' ? '/handler' : '/preprocessor',
    body: bodies.get(depth) ?? Buffer.alloc(0),
    isKnown: known.includes(name),
    after: after.length,
    frees: calls.flatMap((other, place) => other.after.includes(index) ? [place] : [])
  }))
}

if (import.meta.main) obey(createBound())
