// Puts the security headers on every answer; a route may replace one.
import fp from 'fastify-plugin'
import { securityHeaders } from '../lib/security-headers.ts'

export default fp(async app => {
  app.addHook('onRequest', async (_request, reply) => { reply.headers(securityHeaders) })
}, { name: 'security-headers' })
