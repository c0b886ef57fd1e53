// A process that is many devices: one server, for which each address of loopback is another device. Those whose address ends in .1 never answer.
// Tells its port first; asked for anything, it tells how often each address was asked, and ends with its parent.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { description, sendJson } from './device-server.ts'

const counts = new Map<string, number>()
const server = createServer((request, response) => {
  const address = request.socket.localAddress ?? ''
  counts.set(address, (counts.get(address) ?? 0) + 1)
  if (!address.endsWith('.1')) sendJson(response, request.url === '/health' ? { cpuUsage: 1 } : description, 200, { 'custom-orchestrator-set': 'true' })
})
server.listen(0, '0.0.0.0', 4096)
await once(server, 'listening')
process.on('message', () => process.send?.([...counts]))
process.once('disconnect', () => process.exit())
process.send?.((server.address() as AddressInfo).port)
