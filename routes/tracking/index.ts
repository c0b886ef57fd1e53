// Everything of the module `tracking`: what keeps objects and timelines, and the paths by which clients, processors and readers come to it.
import fp from 'fastify-plugin'
import tracking from '../../plugins/tracking.ts'
import client from './client.ts'
import docs from './docs.ts'
import objectIds from './object-ids.ts'
import processor from './processor.ts'
import state from './state.ts'
import timelines from './timelines.ts'

/** Paths that become WebSockets. */
export const sockets = [client, processor]

export default fp(async app => {
  await app.register(tracking)
  await app.register(timelines)
  await app.register(objectIds)
  await app.register(docs)
  await app.register(state)
}, { name: 'tracking-routes' })
