// A process that is many simulated devices: one server that listens on many addresses of loopback, and answers for each as a supervisor does.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { obey } from './child.ts'

/** What the process does when it is asked. */
export type FleetSkills = {
  /** Listens. @returns the port that all of them have */
  listen (argument: null): Promise<number>
  /** From now on deployments are taken, but not answered; or those that wait are. */
  hold (isHeld: boolean): void
  /** How many deployments devices hold, all together, and how many times they were told. */
  holdings (argument: null): { held: number, told: number }
  /** Milliseconds between two probes of one device since this was last asked, of all devices. */
  gaps (argument: null): number[]
}

const description = {
  platform: { memory: { bytes: 1_073_741_824 }, cpu: { humanReadableName: 'simulated', clockSpeed: { Hz: 1_000_000_000 } } },
  supervisorInterfaces: ['fd_write', 'proc_exit', 'random_get']
}
const held = new Map<string, Set<string>>()
const probedAt = new Map<string, number>()
let gaps: number[] = []
let told = 0
let waiting: Array<() => void> | undefined

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy())
})

async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = request.socket.localAddress ?? ''
  const { method = '', url = '' } = request
  const send = (value: unknown, status = 200) => response.writeHead(status, { 'content-type': 'application/json', 'custom-orchestrator-set': 'true' }).end(JSON.stringify(value))
  if (url === '/health') {
    const now = performance.now()
    const before = probedAt.get(address)
    if (before !== undefined) gaps.push(now - before)
    probedAt.set(address, now)
    send({ cpuUsage: 10, memoryUsage: 0.2 })
  } else if (url === '/.well-known/wasmiot-device-description') send(description)
  else if (url === '/deploy' && method === 'POST') {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { deploymentId } = JSON.parse(Buffer.concat(chunks).toString()) as { deploymentId: string }
    told += 1
    if (waiting !== undefined) await new Promise<void>(resolve => waiting?.push(resolve))
    held.set(address, (held.get(address) ?? new Set()).add(deploymentId))
    send({ status: 'success' })
  } else if (url.startsWith('/deploy/') && method === 'DELETE') send({ status: 'success' }, held.get(address)?.delete(url.slice('/deploy/'.length)) === true ? 200 : 404)
  else {
    request.resume()
    send({ status: 'success' })
  }
}

obey({
  async listen () {
    server.listen(0, '0.0.0.0', 4096)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },

  hold (isHeld: boolean) {
    const left = waiting ?? []
    waiting = isHeld ? left : undefined
    if (!isHeld) for (const go of left) go()
  },

  holdings: () => ({ held: [...held.values()].reduce((total, { size }) => total + size, 0), told }),

  gaps () {
    const all = gaps
    gaps = []
    return all
  }
} satisfies FleetSkills)
