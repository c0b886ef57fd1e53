// Leaves some of the open files that the system allows to the server itself: connections of clients may take half of them, so that
// services can still be reached and files opened however many clients come. Node closes those beyond at once.
import { readFileSync } from 'node:fs'
import fp from 'fastify-plugin'
import { openFileLimit } from '../lib/open-files.ts'

/** Time in which not more than one line is logged about connections that are closed, in milliseconds. */
const quiet = 60000

export default fp(async app => {
  const limit = openFileLimit(readLimits())
  if (limit === undefined) return
  const { server } = app
  server.maxConnections = Math.max(1, Math.floor(limit / 2))
  // Where there are several processes: rather than offer it to the others, which may have as many, without end.
  Object.assign(server, { dropMaxConnection: true })
  let toldAt = -Infinity
  server.on('drop', () => {
    if (performance.now() - toldAt < quiet) return
    toldAt = performance.now()
    app.log.warn({ connections: server.maxConnections, openFiles: limit }, 'more connections than the limit of open files has room for; those beyond are closed. Raise the limit (ulimit -n), or look who opens them')
  })
}, { name: 'connections' })

/** What Linux says of the limits of this process; empty on other systems. */
function readLimits (): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
