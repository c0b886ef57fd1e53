// What devices log, pushed to whoever opens a WebSocket at /: each line is one text, in the shape of the reference. Nothing is read.
import type { FastifyPluginAsync } from 'fastify'
import type { WebSocket } from 'ws'
import { legacyLogLine } from '../../lib/devices/legacy/logs.ts'

/** Most connections, and most bytes that may wait for one. */
const most = 1000
const mostUnread = 1024 * 1024

/** Codes of RFC 6455, section 7.4.1, and of its registry. */
const closeCodes = { goingAway: 1001, tryAgainLater: 1013 }

const logSocket: FastifyPluginAsync = async app => {
  const sockets = new Set<WebSocket>()
  const stop = app.devices.logs.follow(entry => {
    if (sockets.size === 0) return
    const text = JSON.stringify(legacyLogLine(entry))
    for (const socket of sockets) {
      if (socket.bufferedAmount > mostUnread) socket.terminate()
      else socket.send(text)
    }
  })

  const accept = (socket: WebSocket) => {
    if (sockets.size >= most || app.stopping.aborted) return socket.close(closeCodes.tryAgainLater, 'too many connections, or the server is stopping')
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.terminate())
  }
  app.route({
    method: 'GET',
    url: '/',
    exposeHeadRoute: false,
    schema: { hide: true },
    onRequest: app.devicesDoor,
    handler: async (_request, reply) => { reply.callNotFound() },
    wsHandler: accept
  })
  app.addHook('preClose', async () => {
    stop()
    for (const socket of sockets) socket.close(closeCodes.goingAway, 'the server is stopping')
  })
}

export default logSocket
