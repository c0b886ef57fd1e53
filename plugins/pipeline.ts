// Runs graphics through the services. On shutdown runs may finish; when their time is up they are answered with what is ready.
import fp from 'fastify-plugin'
import { createOverride } from '../lib/cache/override.ts'
import { createCachedCall, createCallFlights } from '../lib/graphics/cached-call.ts'
import { createCall } from '../lib/graphics/call.ts'
import { routesOf } from '../lib/graphics/explain.ts'
import { createLimitedCall } from '../lib/graphics/limited-call.ts'
import { createPipeline } from '../lib/graphics/pipeline.ts'
import type { Pipeline } from '../lib/graphics/pipeline.ts'
import { compilePlan } from '../lib/graphics/plan.ts'
import { createRetryBudget } from '../lib/graphics/retry-budget.ts'
import { createRunner } from '../lib/graphics/runner.ts'
import { createTracedCall } from '../lib/graphics/traced-call.ts'
import type { Topology } from '../lib/discovery/topology.ts'
import { createLimits, serviceBound } from '../lib/limits.ts'
import { addCallMetrics } from '../lib/metrics/calls.ts'
import { createUpstream } from '../lib/upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers graphics requests. */
    pipeline: Pipeline
  }
}

/** Most routes whose dependencies are checked when the services change: labels can name thousands. */
const mostRoutes = 100

export default fp(async app => {
  const { cache, config, discovery, metrics, reader, replicas } = app
  const upstream = createUpstream({ maxReply: config.MAX_REPLY, connections: config.SERVICE_LIMIT })
  const call = createCall({
    upstream,
    reader,
    replicas,
    budget: createRetryBudget(config.RETRY_BUDGET),
    preprocessorTimeout: config.PREPROCESSOR_TIMEOUT,
    handlerTimeout: config.HANDLER_TIMEOUT
  })
  const limits = createLimits(config.PARALLEL_LIMIT, name => {
    const service = discovery.current().services.get(name)
    // Nobody waits behind the call that tries whether a service is back.
    return service !== undefined && replicas.isDown(service) ? Infinity : serviceBound(service, config.SERVICE_LIMIT)
  })
  const flights = createCallFlights()
  addCallMetrics(metrics.registry, { limits, flights })
  const override = config.CACHE_OVERRIDE === undefined
    ? undefined
    : createOverride({ folder: config.CACHE_OVERRIDE, largestFile: config.MAX_REPLY, onError: cause => app.log.warn({ cause }, 'a file that overrides a call cannot be used') })
  const pipeline = createPipeline({
    discovery,
    reader,
    runner: createRunner(createTracedCall(createCachedCall(createLimitedCall(call, limits), { cache, reader, override, flights }))),
    parallel: config.PARALLEL_PREPROCESSORS,
    requestTimeout: config.REQUEST_TIMEOUT
  })
  app.decorate('pipeline', pipeline)

  const remark = (topology: Topology) => {
    for (const route of routesOf(topology).slice(0, mostRoutes)) {
      const plan = compilePlan(topology, { route, parallel: config.PARALLEL_PREPROCESSORS, render: true })
      for (const cause of plan.remarks) app.log.warn({ route, cause }, 'dependencies are not as they should be')
    }
  }
  remark(discovery.current())
  discovery.onChange(topology => {
    limits.adjust()
    remark(topology)
  })

  app.lastCall.addEventListener('abort', () => pipeline.hurry())
  app.addHook('onClose', () => upstream.close())
}, { name: 'pipeline', dependencies: ['cache', 'config', 'metrics', 'shutdown', 'discovery', 'reader', 'replicas'] })
