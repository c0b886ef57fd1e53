// A thread with a service that closes idle connections after 1 to 20 ms, and after every fourth reply waits to close until the very moment when the next request arrives.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const port = parentPort
assert(port)
const answer: string = workerData
const idle = new Map<Socket, NodeJS.Timeout>()
const crossing = new Set<Socket>()
const count = { answered: 0, closed: 0, crossed: 0 }
let replies = 0

const server = createServer((request, response) => {
  const { socket } = request
  clearTimeout(idle.get(socket))
  // As if it had been closed while the request was on its way: nothing of it is looked at.
  if (crossing.has(socket)) {
    count.crossed += 1
    socket.destroy()
    return
  }
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json').end(answer)
    count.answered += 1
  })
  response.once('finish', () => {
    if (replies++ % 4 === 0) {
      crossing.add(socket)
      return
    }
    const close = () => {
      count.closed += 1
      socket.destroy()
    }
    idle.set(socket, setTimeout(close, 1 + Math.random() * 19))
  })
})
server.on('connection', socket => socket.once('close', () => {
  clearTimeout(idle.get(socket))
  idle.delete(socket)
  crossing.delete(socket)
}))
server.keepAliveTimeout = 0
port.on('message', () => port.postMessage(count))
server.listen(0, '127.0.0.1', () => port.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
