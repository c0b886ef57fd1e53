// Everything of the module `tracking`: what keeps objects and timelines, and the paths by which clients, processors and readers come to it.
import fp from 'fastify-plugin'
import tracking from '../../plugins/tracking.ts'
import webSocket from '../../plugins/web-socket.ts'
import client from './client.ts'
import docs from './docs.ts'
import objectIds from './object-ids.ts'
import processor from './processor.ts'
import timelines from './timelines.ts'

export default fp(async app => {
  await app.register(tracking)
  await app.register(timelines)
  await app.register(objectIds)
  await app.register(docs)
  // A scope of their own: what makes WebSockets looks at every request where it is.
  await app.register(async scope => {
    await scope.register(webSocket)
    await scope.register(client)
    await scope.register(processor)
  })
}, { name: 'tracking-routes' })
