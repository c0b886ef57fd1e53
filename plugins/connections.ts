// Leaves some of the open files that the system allows to the server itself: connections of clients may take half of them, so that
// services can still be reached and files opened however many clients come. Node closes those beyond at once.
import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import fp from 'fastify-plugin'
import { openFileLimit } from '../lib/open-files.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Bounds the connections of a listener; where there are two, each may have half. */
    boundConnections: (listener: Server) => void
  }
}

/** Time in which not more than one line is logged about connections that are closed, in milliseconds. */
const quiet = 60000

export default fp(async app => {
  const { SSL_CERT, SSL_ONLY } = app.config
  const limit = openFileLimit(readLimits())
  const listeners = SSL_CERT !== undefined && SSL_ONLY === 'off' ? 2 : 1
  let toldAt = -Infinity
  const bound = (listener: Server) => {
    if (limit === undefined) return
    listener.maxConnections = Math.max(1, Math.floor(limit / 2 / listeners))
    // Where there are several processes: rather than offer it to the others, which may have as many, without end.
    Object.assign(listener, { dropMaxConnection: true })
    listener.on('drop', () => {
      if (performance.now() - toldAt < quiet) return
      toldAt = performance.now()
      app.log.warn({ connections: listener.maxConnections, openFiles: limit }, 'more connections than the limit of open files has room for; those beyond are closed. Raise the limit (ulimit -n), or look who opens them')
    })
  }
  bound(app.server)
  app.decorate('boundConnections', bound)
}, { name: 'connections', dependencies: ['config'] })

/** What Linux says of the limits of this process; empty on other systems. */
function readLimits (): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
