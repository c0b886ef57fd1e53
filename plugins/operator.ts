// Keeps the pages for operators from everybody else.
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OperatorClosedError, OperatorTokenWrongError } from '../lib/errors.ts'
import { createDoorkeeper, listensOnLoopbackOnly } from '../lib/operator.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: refuses whoever is no operator, with OperatorTokenWrongError or OperatorClosedError. */
    operatorOnly: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  }
}

/** Headers that proxies add. Behind one on the same machine everybody seems to be local. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

export default fp(async app => {
  const { OPERATOR_TOKEN } = app.config
  const judge = createDoorkeeper(OPERATOR_TOKEN)
  const listening = () => app.addresses().map(each => typeof each === 'string' ? each : each.address)

  app.decorate('operatorOnly', async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    reply.header('cache-control', 'no-store')
    const forwarded = proxyHeaders.some(name => headers[name] !== undefined)
    const judgement = judge({ authorization: headers.authorization, host: headers.host, forwarded, listening: listening() })
    if (judgement === 'closed') throw new OperatorClosedError()
    if (judgement === 'wrong-token') {
      reply.header('www-authenticate', 'Bearer realm="tutti operator"')
      throw new OperatorTokenWrongError()
    }
  })

  app.addHook('onListen', async () => {
    if (OPERATOR_TOKEN !== undefined || listensOnLoopbackOnly(listening())) return
    app.log.warn('/topology and /metrics are closed: set OPERATOR_TOKEN to a secret text of 16 characters or more to open them')
  })
}, { name: 'operator', dependencies: ['config'] })
