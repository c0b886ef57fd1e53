// Reads requests and replies without holding up the event loop.
import fp from 'fastify-plugin'
import { createReader } from '../lib/graphics/reader.ts'
import type { Reader } from '../lib/graphics/reader.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads and validates texts from outside. */
    reader: Reader
  }
}

export default fp(async app => {
  const reader = createReader()
  app.decorate('reader', reader)
  app.addHook('onClose', () => reader.close())
}, { name: 'reader' })
