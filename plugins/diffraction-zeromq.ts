// Diffraction by ZeroMQ: takes the requests of clients of the LS-CAT image server, at its proxy or by itself, where DIFFRACTION_ZMQ says so.
import fp from 'fastify-plugin'
import { wrongValue } from '../lib/configuration.ts'
import type { ZeroMqServer } from '../lib/diffraction/zeromq/server.ts'
import { addZeroMqMetrics } from '../lib/metrics/diffraction-zeromq.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Addresses that requests for frames are taken at by ZeroMQ. */
    diffractionAddresses: readonly string[]
  }
}

/** Requests that are dealt with at one time. */
const mostInFlight = 1000

/** Bytes of replies that may wait for a peer that reads slowly: a proxy counts as one. */
const backlog = 256 * 1024 * 1024

/** Least time between two warnings of one kind, in milliseconds: whoever sends nonsense must not fill the log. */
const silence = 10_000

export default fp(async app => {
  const { config, diffraction, log, metrics } = app
  if (config.DIFFRACTION_ZMQ.length === 0) {
    app.decorate('diffractionAddresses', [])
    return
  }
  // Loaded where it is needed: they bring a library that is not JavaScript, and drawing.
  const [{ createAnswers }, { openZeroMqServer }, { prepareEncoding }] = await Promise.all([
    import('../lib/diffraction/jobs/answers.ts'),
    import('../lib/diffraction/zeromq/server.ts'),
    import('../lib/diffraction/pixels/encoding.ts')
  ])
  // Pictures without a frame are drawn here.
  prepareEncoding()
  const counts = addZeroMqMetrics(metrics.registry, () => answers.inFlight)
  const answers = createAnswers({
    ...diffraction,
    most: mostInFlight,
    onAnswer: counts.answer,
    onFault: error => log.error({ err: error }, 'a request by ZeroMQ could not be dealt with')
  })
  const warned = new Map<string, number>()
  const warn = (text: string, reason: string) => {
    const now = performance.now()
    if (now - (warned.get(text + reason) ?? -Infinity) < silence) return
    warned.set(text + reason, now)
    log.warn({ reason }, text)
  }
  let server: ZeroMqServer
  try {
    server = await openZeroMqServer({
      addresses: config.DIFFRACTION_ZMQ,
      answers,
      heartbeat: config.DIFFRACTION_HEARTBEAT * 1000,
      backlog,
      onMalformed (fault) {
        counts.malformed(fault)
        warn('a message by ZeroMQ is no request', fault)
      },
      onDrop (reason) {
        counts.drop(reason)
        warn('a reply by ZeroMQ could not be sent', reason)
      },
      onConnection: (event, address) => log.info({ address }, `${event} by ZeroMQ`)
    })
  } catch {
    throw wrongValue('DIFFRACTION_ZMQ', config.DIFFRACTION_ZMQ.map(({ how, address }) => `${how}:${address}`).join(','), 'addresses that can be connected to, and listened on by nobody else')
  }
  for (const address of server.listening) log.info({ address }, 'Requests for frames are taken by ZeroMQ')
  app.decorate('diffractionAddresses', server.listening)
  // Before that of plugins/diffraction.ts, which this one needs until its last reply is out.
  app.addHook('onClose', async () => await server.close(config.SHUTDOWN_TIMEOUT))
}, { name: 'diffraction-zeromq', dependencies: ['config', 'metrics', 'diffraction'] })
