// The services of the benchmark, all in one process, each on an address of its own: they read a request, wait as long as they are told, and give always the same
// reply. They count, and take the time that services as a whole were busy with each request.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRandom } from '../test/fixtures/json/random-text.ts'
import { obey } from './child.ts'
import type { Address, GraphCall } from './graph.ts'
import { replyOf } from './replies.ts'

/** A service to be. */
export interface StubService {
  name: string
  role: GraphCall['role']
  /** Milliseconds until it answers, and how far from that it may be, as a share: 0.2 is ± 20 %. */
  delay?: { milliseconds: number, spread: number }
  /** True for one that answers 500. */
  fails?: boolean
}

/** What has come since the last question. */
export interface StubCounts {
  calls: number
  /** Connections that were made. */
  connections: number
  /** Requests that were told apart by `x-request-id`, and milliseconds in which at least one service was busy with each, together: from the last byte of what it was sent to its reply. */
  requests: number
  busy: number
}

/** What the services can be told. */
export type StubSkills = ReturnType<typeof createStubs>

/** Makes services that do not listen yet. */
export function createStubs () {
  const counts = { calls: 0, connections: 0 }
  let busy = createBusyTimes()
  let random = createRandom(1)
  const servers: Server[] = []

  const listen = (service: StubService, host: string, port: number): Promise<[string, Address]> => {
    const reply = replyOf(service)
    const { delay, fails } = service
    const answer = (response: ServerResponse, id: string) => {
      if (fails) response.writeHead(500).end()
      else if (reply === undefined) response.writeHead(204).end()
      else response.writeHead(200, { 'content-type': 'application/json', 'content-length': reply.length }).end(reply)
      busy.end(id)
    }
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      const id = String(request.headers['x-request-id'])
      request.resume()
      request.on('error', () => {})
      request.on('end', () => {
        counts.calls += 1
        busy.begin(id)
        if (delay === undefined) return answer(response, id)
        const milliseconds = delay.milliseconds * (1 + delay.spread * (random(2001) - 1000) / 1000)
        setTimeout(answer, milliseconds, response, id)
      })
    })
    servers.push(server)
    server.on('connection', () => { counts.connections += 1 })
    // Longer than anybody's turn, so that a connection is closed only by whom it belongs to.
    server.keepAliveTimeout = 300_000
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => resolve([service.name, { host, port: (server.address() as AddressInfo).port }]))
    })
  }

  return {
    /** Listens, each service on an address of loopback; ends those that were there before. @param port - the same for all; any free one where 0 */
    async serve ({ services, port }: { services: StubService[], port: number }): Promise<Record<string, Address>> {
      await Promise.all(servers.splice(0).map(server => new Promise(resolve => {
        server.close(resolve)
        server.closeAllConnections()
      })))
      return Object.fromEntries(await Promise.all(services.map((service, index) => listen(service, `127.0.0.${index + 2}`, port))))
    },
    /** Gives what has been counted and begins anew, with the same random numbers each time. */
    take (_: undefined): StubCounts {
      const taken = { ...counts, ...busy.total() }
      counts.calls = counts.connections = 0
      busy = createBusyTimes()
      random = createRandom(1)
      return taken
    }
  }
}

/** Adds up the time in which at least one service was busy with a request. */
function createBusyTimes () {
  const requests = new Map<string, { active: number, since: number }>()
  let milliseconds = 0
  return {
    begin (id: string) {
      const request = requests.get(id) ?? { active: 0, since: 0 }
      requests.set(id, request)
      if (request.active++ === 0) request.since = performance.now()
    },
    end (id: string) {
      const request = requests.get(id)
      if (request !== undefined && --request.active === 0) milliseconds += performance.now() - request.since
    },
    total: () => ({ requests: requests.size, busy: milliseconds })
  }
}

if (import.meta.main) obey(createStubs())
