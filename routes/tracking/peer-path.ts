// What the paths of clients and processors have in common: they become WebSockets, and are nothing else.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TrackingOriginError } from '../../lib/errors.ts'
import type { Side } from '../../lib/tracking/connections/peer.ts'
import { pathOf } from '../../lib/upgrade.ts'

/** Methods that are answered 405, as in the reference. */
const others = ['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const

/** Adds the path on which peers of one side connect. */
export function addPeerPath (app: FastifyInstance, path: string, side: Side): void {
  const { TRACKING_ORIGINS: origins } = app.config
  // Elsewhere /Client/ is /client. Here it is not, as in the reference.
  const onRequest = async ({ raw: { url } }: FastifyRequest, reply: FastifyReply) => {
    if (pathOf(url) === path) return
    reply.callNotFound()
    return reply
  }
  const onOrigin = async ({ ws, headers: { origin } }: FastifyRequest) => {
    if (ws && origins !== undefined && origin !== undefined && !origins.includes(origin)) throw new TrackingOriginError()
  }
  app.route({
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    // What is said here is no HTTP: the AsyncAPI document has it.
    schema: { hide: true },
    // Real processors give up for ever when the handshake is refused: while the server closes it is taken, and the connection closed.
    config: { answersWhileClosing: true },
    onRequest: [onRequest, onOrigin],
    handler: async (_request, reply) => {
      reply.code(400).type('text/plain; charset=utf-8')
      return 'Can "Upgrade" only to "WebSocket".'
    },
    wsHandler: (socket, request) => app.tracking.accept(side, socket, request)
  })
  app.route({
    method: [...others],
    url: path,
    schema: { hide: true },
    onRequest,
    handler: async (_request, reply) => {
      reply.code(405).header('allow', 'GET').type('text/plain; charset=utf-8')
      return 'Method Not Allowed'
    }
  })
}
