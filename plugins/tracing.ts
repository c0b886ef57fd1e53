// Gives every request a span: the client's trace goes on to the services, and is written down where OTEL_EXPORTER_OTLP_ENDPOINT says where to.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { endStatus } from '../lib/end-status.ts'
import { addTracingMetrics } from '../lib/metrics/tracing.ts'
import { untraced } from '../lib/span.ts'
import type { Span, Tracing } from '../lib/span.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The work for this request, within a trace. */
    span: Span
  }
}

export default fp(async app => {
  const tracing = await start(app)
  app.decorateRequest('span')
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, headers } = request
    // The pattern of the route, not the address, which may hold what is nobody's business.
    const { url: route } = request.routeOptions
    const span = tracing.begin(route === undefined ? method : `${method} ${route}`, { 'http.request.method': method, 'http.route': route }, headers)
    request.span = span
    if (span.traceId !== undefined) request.log = reply.log = request.log.child({ traceId: span.traceId })
    // It comes in every case: after the last byte of an answer, and when the connection breaks before.
    reply.raw.once('close', () => {
      const status = endStatus(reply.raw)
      span.end({ 'http.response.status_code': status, 'tutti.request_id': request.id }, status >= 500 ? String(status) : undefined)
    })
  })
  app.addHook('onClose', () => tracing.close())
}, { name: 'tracing', dependencies: ['config', 'metrics'] })

async function start ({ config, log, metrics }: FastifyInstance): Promise<Tracing> {
  const count = addTracingMetrics(metrics.registry)
  const base = config.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, '/v1/traces')
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? base
  if (url === undefined || config.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return untraced
  const { startTracing } = await import('../lib/tracing.ts')
  log.info('traces are sent')
  return startTracing({
    url,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: config.OTEL_SERVICE_NAME,
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    count,
    onTrouble: cause => log.warn({ cause }, 'traces cannot be sent'),
    onRecovery: () => log.info('traces are sent again')
  })
}
