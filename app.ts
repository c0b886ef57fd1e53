// Composes the server: an explicit list of plugins and routes.
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance, FastifyPluginAsync, FastifyServerOptions } from 'fastify'
import type { ServerOptions } from 'node:http'
import type { ServerOptions as SecureServerOptions } from 'node:https'
import sensible from '@fastify/sensible'
import type { Siblings } from './lib/cluster/worker.ts'
import type { Configuration } from './lib/configuration.ts'
import { readKeyPair } from './lib/key-pair.ts'
import { refuseConnection, refusePath } from './lib/refusal.ts'
import { upgradesAt } from './lib/upgrade.ts'
import admission from './plugins/admission.ts'
import clientSignal from './plugins/client-signal.ts'
import config from './plugins/config.ts'
import connections from './plugins/connections.ts'
import errors from './plugins/errors.ts'
import metrics from './plugins/metrics.ts'
import openapi from './plugins/openapi.ts'
import operator from './plugins/operator.ts'
import rateLimits from './plugins/rate-limits.ts'
import requestLog from './plugins/request-log.ts'
import securityHeaders from './plugins/security-headers.ts'
import shutdown from './plugins/shutdown.ts'
import slowReaders from './plugins/slow-readers.ts'
import tlsListener from './plugins/tls.ts'
import type { TlsOptions } from './plugins/tls.ts'
import tracing from './plugins/tracing.ts'
import configurationRoute from './routes/operations/configuration.ts'
import consolePage from './routes/operations/console.ts'
import docs from './routes/operations/docs.ts'
import health from './routes/operations/health.ts'
import metricsRoute from './routes/operations/metrics.ts'

/** What a server is built from. */
export interface AppOptions {
  configuration: Configuration
  /** Logger options of Fastify; JSON lines at LOG_LEVEL where absent. */
  logger?: FastifyServerOptions['logger']
  /** The other processes of this server, where it has several. */
  siblings?: Siblings | undefined
}

/**
 * Builds the server without listening.
 * @throws ServicesFileError when the services file cannot be used, CertificateError when the certificate cannot
 */
export async function buildApp ({ configuration, logger, siblings }: AppOptions): Promise<FastifyInstance> {
  const tls = await tlsOptions(configuration)
  const app = Fastify({
    logger: logger ?? { level: configuration.LOG_LEVEL },
    // plugins/request-log.ts writes the one line a request gets.
    logController: new LogController({ disableRequestLogging: true }),
    // What is too long for a parameter is a route's to refuse; headers have a bound of their own.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 16384 },
    bodyLimit: configuration.MAX_BODY,
    trustProxy: configuration.TRUST_PROXY,
    // plugins/shutdown.ts says it, with a code and a cure.
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    // What cannot be routed comes by no hook.
    frameworkErrors: (_error, _request, reply) => refusePath(reply.raw),
    // With those of listenerOptions all three are needed: requestTimeout alone cuts nothing, because connections are looked at every 30 s only.
    requestTimeout: configuration.RECEIVE_TIMEOUT,
    ...listenerOptions(configuration, tls)
  })

  await app.register(config, { configuration })
  await app.register(connections)
  await app.register(securityHeaders)
  // Before all that may refuse a request, so that it is counted.
  await app.register(metrics, { siblings })
  await app.register(tracing)
  await app.register(shutdown)
  // Before the refusal of paths that there are not, which it counts.
  await app.register(rateLimits, { siblings })
  await app.register(errors)
  await app.register(requestLog)
  await app.register(clientSignal)
  await app.register(slowReaders)
  await app.register(admission)
  await app.register(sensible)
  await app.register(operator, { siblings })
  // Before all routes, which it watches come.
  await app.register(openapi)
  await app.register(docs)
  if (configuration.CONSOLE === 'on') await app.register(consolePage)
  await app.register(health)
  await app.register(metricsRoute)
  await app.register(configurationRoute)

  const sockets: FastifyPluginAsync[] = []
  // Each is loaded where it is needed: many servers do with one.
  if (configuration.MODULES.includes('graphics')) {
    const { default: graphics } = await import('./routes/graphics/index.ts')
    await app.register(graphics, { siblings })
  }
  if (configuration.MODULES.includes('tracking')) {
    const { default: tracking, sockets: own } = await import('./routes/tracking/index.ts')
    await app.register(tracking)
    sockets.push(...own)
  }
  if (configuration.MODULES.includes('diffraction')) {
    const { default: diffraction } = await import('./routes/diffraction/index.ts')
    await app.register(diffraction)
  }
  if (configuration.MODULES.includes('devices')) {
    const { default: devices, sockets: own } = await import('./routes/devices/index.ts')
    await app.register(devices)
    if (configuration.WASMIOT_USE_WEB_SOCKETS === 'true') sockets.push(...own)
  }
  if (sockets.length > 0) {
    const { default: webSocket } = await import('./plugins/web-socket.ts')
    // A scope of their own: what makes WebSockets looks at every request where it is, and may listen for upgrades only once.
    await app.register(async scope => {
      await scope.register(webSocket)
      for (const routes of sockets) await scope.register(routes)
    })
  }
  // After all others, so that it is closed before them: what they give is needed until the last connection has ended.
  await app.register(tlsListener, { tls })
  return app
}

async function tlsOptions ({ SSL_CERT, SSL_KEY }: Configuration): Promise<TlsOptions | undefined> {
  if (SSL_CERT === undefined || SSL_KEY === undefined) return undefined
  const files = { certificate: SSL_CERT, key: SSL_KEY }
  return { files, pair: await readKeyPair(files) }
}

/** What the server of Node is made with. One for TLS is one for HTTP, and more. */
function listenerOptions (configuration: Configuration, tls: TlsOptions | undefined): { http?: ServerOptions, https?: SecureServerOptions } {
  const { HEADERS_TIMEOUT, MODULES, RECEIVE_TIMEOUT, SSL_ONLY, WASMIOT_USE_WEB_SOCKETS } = configuration
  const headersTimeout = Math.min(HEADERS_TIMEOUT, RECEIVE_TIMEOUT)
  const hasLogs = MODULES.includes('devices') && WASMIOT_USE_WEB_SOCKETS === 'true'
  const shouldUpgradeCallback = upgradesAt([...MODULES.includes('tracking') ? ['/client', '/processor'] : [], ...hasLogs ? ['/'] : []])
  const http: ServerOptions = { headersTimeout, connectionsCheckingInterval: 500, shouldUpgradeCallback }
  if (tls === undefined || SSL_ONLY === 'off') return { http }
  return { https: { ...http, ...tls.pair, handshakeTimeout: headersTimeout } }
}
