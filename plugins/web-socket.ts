// WebSockets for the routes of one scope; what becomes of them is the business of plugins/tracking.ts. Nothing here logs or closes them.
import websocket from '@fastify/websocket'
import fp from 'fastify-plugin'
import { TrackingKeyError, TrackingVersionError } from '../lib/errors.ts'

/** Versions of the protocol that are understood: that of RFC 6455, and the draft that does not differ from it. */
const versions = ['13', '8']

/** Sixteen bytes in Base64. */
const key = /^[+/0-9A-Za-z]{22}==$/

export default fp(async app => {
  const { TRACKING_MAX_MESSAGE: maxPayload } = app.config
  await app.register(websocket, {
    options: {
      maxPayload,
      perMessageDeflate: false,
      skipUTF8Validation: false,
      // A browser breaks a connection whose server chooses what it has not asked for.
      handleProtocols: (asked: Set<string>) => asked.has('tutti.v1') ? 'tutti.v1' : false
    },
    // The listener of upgrades stays until the server has stopped to listen.
    preClose: done => done()
  })
  // The library would answer these itself, unseen by metrics and log.
  app.addHook('onRequest', async ({ ws, headers }, reply) => {
    if (!ws) return
    if (!versions.includes(headers['sec-websocket-version'] ?? '')) {
      reply.header('sec-websocket-version', '13').header('upgrade', 'websocket')
      throw new TrackingVersionError()
    }
    if (!key.test(headers['sec-websocket-key'] ?? '')) throw new TrackingKeyError()
  })
  // A refusal is the last answer on its connection, which is closed after it.
  app.addHook('onSend', async ({ ws }, reply) => {
    if (ws) reply.header('connection', 'close')
  })
  // The request has been answered when it has become a WebSocket: whoever waits for its end is told now, and holds it no longer than that.
  app.addHook('preHandler', async ({ ws, raw: { socket } }, { raw }) => {
    if (!ws) return
    raw.statusCode = 101
    raw.detachSocket(socket)
    raw.emit('close')
  })
}, { name: 'web-socket', dependencies: ['config'] })
