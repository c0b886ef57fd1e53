// TLS on SSL_PORT, beside PORT or instead of it. Beside it there is a second listener, which hands every connection on to the one HTTP server once it is secure:
// times, bounds, WebSockets and the end are the same for both then.
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { Server, createServer } from 'node:tls'
import fp from 'fastify-plugin'
import { followKeyPair } from '../lib/key-pair.ts'
import type { KeyPair, KeyPairFiles } from '../lib/key-pair.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the server listens for TLS beside PORT, such as `https://127.0.0.1:443`; undefined where it does not. */
    tlsOrigin: () => string | undefined
  }
}

/** A certificate, and where it is. */
export interface TlsOptions {
  files: KeyPairFiles
  pair: KeyPair
}

/** Time between two looks at the files, in milliseconds. */
const interval = 2000

// Registered after all that may still need the connections when the server closes: what is registered last is closed first.
export default fp<{ tls: TlsOptions | undefined }>(async (app, { tls }) => {
  let beside: Server | undefined
  app.decorate('tlsOrigin', () => beside?.listening === true ? originOf(beside.address() as AddressInfo) : undefined)
  if (tls === undefined) return
  const { HEADERS_TIMEOUT, HOST, RECEIVE_TIMEOUT, SSL_PORT } = app.config

  let listener: Server
  if (app.server instanceof Server) {
    listener = app.server
  } else {
    beside = listener = createServer({ ...tls.pair, ALPNProtocols: ['http/1.1'], handshakeTimeout: Math.min(HEADERS_TIMEOUT, RECEIVE_TIMEOUT), noDelay: true })
    listener.on('secureConnection', socket => app.server.emit('connection', socket))
    app.boundConnections(listener)
    app.addHook('onReady', async () => {
      await once(listener.listen(SSL_PORT, HOST), 'listening')
      // It counts the times of its connections from when it listens, and this one may be before.
      app.server.emit('listening')
    })
  }

  listener.on('tlsClientError', (error, socket) => {
    app.log.debug({ code: (error as NodeJS.ErrnoException).code }, 'a connection has not become one of TLS')
    // One whose time is over stays open otherwise.
    socket.destroy()
  })
  const tell = ({ endsAt }: KeyPair) => {
    if (endsAt.getTime() < Date.now()) app.log.warn({ endsAt }, 'the certificate in SSL_CERT has ended; clients will not trust it. Renew it: it is taken as soon as it is there')
    else app.log.info({ endsAt }, 'the certificate in SSL_CERT is in use')
  }
  const endFollowing = followKeyPair(tls.files, tls.pair, {
    interval,
    onChange (pair) {
      listener.setSecureContext(pair)
      tell(pair)
    },
    onFault: err => app.log.warn({ err }, 'the certificate or its key has changed and cannot be used; the one before stays in use')
  })
  tell(tls.pair)

  const handshakes = watchHandshakes(listener)
  let closed: Promise<unknown> | undefined
  app.addHook('preClose', async () => {
    if (beside?.listening === true) closed = once(beside.close(), 'close')
    for (const socket of handshakes()) socket.destroy()
  })
  app.addHook('onClose', async () => {
    endFollowing()
    await closed
  })
}, { name: 'tls', dependencies: ['config', 'connections'] })

/** Follows which connections have not become secure yet: the server closes, but knows nothing of them. */
function watchHandshakes (listener: Server): () => Iterable<Socket> {
  const sockets = new Map<string, Socket>()
  const peer = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  listener.on('connection', (socket: Socket) => {
    const key = peer(socket)
    sockets.set(key, socket)
    socket.once('close', () => { if (sockets.get(key) === socket) sockets.delete(key) })
  })
  listener.on('secureConnection', socket => sockets.delete(peer(socket)))
  return () => sockets.values()
}

function originOf ({ address, port }: AddressInfo): string {
  return `https://${address.includes(':') ? `[${address}]` : address}:${port}`
}
