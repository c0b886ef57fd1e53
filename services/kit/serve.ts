// Runs one service as a process of its own: settings from the environment, one port, a graceful end.
import closeWithGrace from 'close-with-grace'
import type { FastifyRequest } from 'fastify'
import { readServiceSettings } from './environment.ts'
import { traceError } from './errors.ts'
import { buildService } from './server.ts'
import type { ServiceDefinition } from './definition.ts'

/** Milliseconds until a stopping process ends whatever still runs; Docker kills after ten seconds. */
const longestStop = 9_500

/** What a service tells the process that started it, over the IPC channel where there is one, once it listens and is warm. */
export interface ListeningMessage {
  type: 'listening'
  /** Name of the service. */
  service: string
  /** TCP port that it listens on. */
  port: number
}

/**
 * Serves a service until the process is told to stop (SIGTERM, SIGINT, or the IPC channel of whoever started it closes): what is in flight is finished, then the process exits with 0.
 * Reads HOST, PORT, LOG_LEVEL and MAX_BODY. Exits with 1 when a setting is wrong, the port is taken, the warm-up fails, or at once on an error that nothing caught; the last line says why.
 */
export async function serve (definition: ServiceDefinition): Promise<void> {
  const { host, port, logLevel, bodyLimit } = readServiceSettings()
  const app = buildService(definition, { logger: { level: logLevel, name: definition.service, serializers: { err: withoutMessage, req: withoutAddress } }, bodyLimit })

  const grace = closeWithGrace({
    delay: longestStop,
    onSecondError: error => { app.log.fatal({ error: traceError(error) }, 'a second error while stopping') },
    onSecondSignal: signal => { app.log.fatal({ signal }, 'stopped at once, on a second signal') },
    onTimeout: delay => { app.log.fatal({ delay }, 'stopped before everything had ended') }
  }, async ({ signal, err }) => {
    if (err !== undefined) {
      // Nobody knows what state the process is in: it ends at once, and whoever runs it starts another.
      app.log.fatal({ error: traceError(err) }, 'an error that nothing caught')
      return
    }
    app.log.info({ signal }, 'stopping')
    await app.close()
  })
  // Whoever started the service has gone: no orphan stays behind. The channel may have closed while this process was loading.
  process.once('disconnect', grace.close)
  if (process.send !== undefined && !process.connected) return grace.close()

  await app.listen({ host, port, listenTextResolver: address => `${definition.service} listens at ${address}` })
  try {
    await app.warm()
  } catch {
    await app.close()
    process.exit(1)
  }
  const address = app.server.address()
  const listening: ListeningMessage = { type: 'listening', service: definition.service, port: typeof address === 'object' && address !== null ? address.port : port }
  app.log.info({ port: listening.port }, `${definition.service} is ready`)
  // A channel that closes at this moment is the business of the disconnect listener.
  if (process.connected) process.send?.(listening, () => {})
}

/** How a request looks in the log lines that Fastify writes by itself; its address may hold anything. */
function withoutAddress ({ method, routeOptions }: FastifyRequest): { method: string, route: string | undefined } {
  return { method, route: routeOptions.url }
}

/** How an error looks in the log lines that Fastify writes by itself; its message may quote the graphic. */
function withoutMessage (error: Error): { type: string, message: string, stack: string } {
  const { type, frames } = traceError(error)
  return { type, message: '', stack: frames.join('\n') }
}
