// Keeps the pages for operators from everybody else.
import fp from 'fastify-plugin'
import { LRUCache } from 'lru-cache'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Siblings } from '../lib/cluster/worker.ts'
import { wrongValue } from '../lib/configuration.ts'
import type { Configuration } from '../lib/configuration.ts'
import { OperatorClosedError, OperatorRoleMissingError, OperatorTokenWrongError } from '../lib/errors.ts'
import type { KeySource } from '../lib/jwt-keys.ts'
import type { JwtJudge } from '../lib/operator-jwt.ts'
import { createDoorkeeper, listensOnLoopbackOnly, mostOperators } from '../lib/operator.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: refuses whoever is no operator, with an error whose code begins with TUTTI_OPERATOR_, or with TooManyRequestsError. */
    operatorOnly: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  }
}

/** Headers that proxies add. Behind one on the same machine everybody seems to be local. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

export default fp<{ siblings?: Siblings | undefined }>(async (app, { siblings }) => {
  const { OPERATOR_TOKEN, OPERATOR_RATE_LIMIT } = app.config
  const judgeJwt = await jwtJudge(app)
  const judge = createDoorkeeper(OPERATOR_TOKEN, judgeJwt)
  const wrongTokens = app.throttle('wrong-tokens', OPERATOR_RATE_LIMIT)
  // Whoever guesses from the address of an operator, which a proxy or a NAT may share, does not lock the operator out (docs/decisions/0015).
  const operators = new LRUCache<string, true>({ max: mostOperators })
  const isOperator = async (address: string) => operators.get(address) === true || await siblings?.isOperator(address) === true
  const listening = () => app.addresses().map(each => typeof each === 'string' ? each : each.address)

  app.decorate('operatorOnly', async (request: FastifyRequest, reply: FastifyReply) => {
    const { headers } = request
    reply.header('cache-control', 'no-store')
    // Before the token is looked at: a stranger who guesses must not learn that a guess was right.
    if (!await isOperator(request.ip)) await wrongTokens.check(request, reply)
    const forwarded = proxyHeaders.some(name => headers[name] !== undefined)
    const judgement = await judge({ authorization: headers.authorization, host: headers.host, forwarded, listening: listening() })
    if (judgement === 'closed') throw new OperatorClosedError()
    if (judgement === 'no-role') throw new OperatorRoleMissingError()
    if (judgement === 'wrong-token') {
      await wrongTokens.count(request, reply)
      reply.header('www-authenticate', 'Bearer realm="tutti operator"')
      throw new OperatorTokenWrongError()
    }
    if (operators.get(request.ip) !== true) await siblings?.addOperator(request.ip)
    operators.set(request.ip, true)
  })

  app.addHook('onListen', async () => {
    if (OPERATOR_TOKEN !== undefined || judgeJwt !== undefined || listensOnLoopbackOnly(listening())) return
    app.log.warn('/topology and /metrics are closed: set OPERATOR_TOKEN to a secret text of 16 characters or more to open them, or let operators bring a JWT (AUTH_JWKS_URL)')
  })
}, { name: 'operator', dependencies: ['config', 'rate-limits'] })

async function jwtJudge ({ config, log }: FastifyInstance): Promise<JwtJudge | undefined> {
  const { AUTH_AUDIENCE: audience, AUTH_ISSUER: issuer, AUTH_OPERATOR_ROLE: role } = config
  const keys = await keySource(config, error => log.warn({ err: error }, 'the keys of the identity provider cannot be had'))
  if (keys === undefined) return undefined
  if (audience === undefined) throw wrongValue('AUTH_AUDIENCE', '', 'the audience that tokens for Tutti have, since AUTH_JWKS_URL or AUTH_PUBLIC_KEY is set')
  const { createJwtJudge } = await import('../lib/operator-jwt.ts')
  return createJwtJudge({ keys, audience, issuer, role })
}

async function keySource ({ AUTH_JWKS_URL: address, AUTH_PUBLIC_KEY: given }: Configuration, onFailure: (error: unknown) => void): Promise<KeySource | undefined> {
  if (address === undefined && given === undefined) return undefined
  // Loaded where it is needed: most servers do without jose.
  const { createRemoteKeys, openPublicKey } = await import('../lib/jwt-keys.ts')
  if (given === undefined) return address === undefined ? undefined : createRemoteKeys({ address, onFailure })
  if (address !== undefined) throw wrongValue('AUTH_JWKS_URL', address, 'left out where AUTH_PUBLIC_KEY is set')
  const source = await openPublicKey(given)
  if (source === undefined) throw wrongValue('AUTH_PUBLIC_KEY', given, 'a public key as PEM (RSA of 2048 bits or more, P-256 or Ed25519), or the path of a file that holds one')
  return source
}
