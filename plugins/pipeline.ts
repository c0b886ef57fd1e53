// Runs graphics through the services. On shutdown runs may finish; when their time is up they are answered with what is ready.
import fp from 'fastify-plugin'
import { createCall } from '../lib/graphics/call.ts'
import { createPipeline } from '../lib/graphics/pipeline.ts'
import type { Pipeline } from '../lib/graphics/pipeline.ts'
import { compilePlan } from '../lib/graphics/plan.ts'
import { createRunner } from '../lib/graphics/runner.ts'
import type { Topology } from '../lib/discovery/topology.ts'
import { createLimits } from '../lib/limits.ts'
import { createUpstream } from '../lib/upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers graphics requests. */
    pipeline: Pipeline
  }
}

export default fp(async app => {
  const { config, discovery, reader } = app
  const upstream = createUpstream({ maxReply: config.MAX_REPLY, connections: config.SERVICE_LIMIT })
  const call = createCall({ upstream, reader, preprocessorTimeout: config.PREPROCESSOR_TIMEOUT, handlerTimeout: config.HANDLER_TIMEOUT })
  const pipeline = createPipeline({
    discovery,
    reader,
    runner: createRunner(call, createLimits(config.PARALLEL_LIMIT, config.SERVICE_LIMIT)),
    parallel: config.PARALLEL_PREPROCESSORS,
    requestTimeout: config.REQUEST_TIMEOUT
  })
  app.decorate('pipeline', pipeline)

  const remark = (topology: Topology) => {
    const routes = new Set([...topology.services.values()].flatMap(service => service.routes))
    for (const route of routes) {
      const plan = compilePlan(topology, { route, parallel: config.PARALLEL_PREPROCESSORS, render: true })
      for (const cause of plan.remarks) app.log.warn({ route, cause }, 'dependencies are not as they should be')
    }
  }
  remark(discovery.current())
  discovery.onChange(remark)

  app.lastCall.addEventListener('abort', () => pipeline.hurry())
  app.addHook('onClose', () => upstream.close())
}, { name: 'pipeline', dependencies: ['config', 'shutdown', 'discovery', 'reader'] })
