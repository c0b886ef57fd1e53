// GET /topology, for operators: what is there, what is wrong and what a request would lead to, as JSON, as a drawing, or live.
import type { FastifyPluginAsync } from 'fastify'
import { TopologyQueryError } from '../../lib/errors.ts'
import { explainTopology, routesOf } from '../../lib/graphics/explain.ts'
import { drawPlan } from '../../lib/graphics/mermaid.ts'
import { compilePlan } from '../../lib/graphics/plan.ts'
import { createTopologyWatch } from '../../lib/graphics/topology-watch.ts'
import { prefers } from '../../lib/preference.ts'
import { TopologyExplanation, TopologyQuery } from '../../schemas/topology.ts'
import { sendEvents } from '../events.ts'
import { allow } from '../options.ts'

const topology: FastifyPluginAsync = async app => {
  const { DISCOVERY, PARALLEL_PREPROCESSORS: parallel } = app.config

  const watch = createTopologyWatch({ discovery: app.discovery, replicaState: app.replicas.state })
  const explain = (route: string | undefined) => explainTopology({
    topology: app.discovery.current(),
    status: app.discovery.status(),
    provider: DISCOVERY,
    parallel,
    replicaState: app.replicas.state,
    now: Date.now(),
    ...route === undefined ? {} : { route }
  })

  allow(app, '/topology', 'GET,HEAD')
  app.get<{ Querystring: TopologyQuery }>('/topology', {
    onRequest: app.operatorOnly,
    schema: { querystring: TopologyQuery, response: { 200: TopologyExplanation } },
    schemaErrorFormatter: () => new TopologyQueryError()
  }, async (request, reply) => {
    const { format, route } = request.query
    const topology = app.discovery.current()
    if (route !== undefined && !routesOf(topology).includes(route)) throw new TopologyQueryError()
    if (format === 'mermaid') {
      const shown = route ?? 'default'
      reply.type('text/vnd.mermaid; charset=utf-8').header('x-content-type-options', 'nosniff')
      return drawPlan(compilePlan(topology, { route: shown, parallel, render: true }), shown)
    }
    if (request.method !== 'GET' || !prefers(request.headers.accept, 'text/event-stream', 'application/json')) return explain(route)
    // Members that the schema does not have stay here, as in the answer.
    const write = reply.getSerializationFunction('200') ?? JSON.stringify
    return sendEvents(request, reply, ({ send, readable }) => {
      let hasMissed = false
      const whole = () => {
        hasMissed = false
        send('topology', write(explain(route) as unknown as Record<string, unknown>))
      }
      whole()
      return watch.follow(changed => {
        // Whoever is slow gets what is true then, in place of all that was on the way.
        if (readable.readableLength > 0) hasMissed = true
        else if (hasMissed || changed === 'topology') whole()
        else if (changed.length > 0) send('replicas', JSON.stringify({ services: changed }))
      })
    })
  })
}

export default topology
