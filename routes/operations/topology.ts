// GET /topology, for operators: what is there, what is wrong and what a request would lead to, as JSON or as a drawing.
import type { FastifyPluginAsync } from 'fastify'
import { TopologyQueryError } from '../../lib/errors.ts'
import { explainTopology, routesOf } from '../../lib/graphics/explain.ts'
import { drawPlan } from '../../lib/graphics/mermaid.ts'
import { compilePlan } from '../../lib/graphics/plan.ts'
import { TopologyExplanation, TopologyQuery } from '../../schemas/topology.ts'
import { allow } from '../options.ts'

const topology: FastifyPluginAsync = async app => {
  const { DISCOVERY, PARALLEL_PREPROCESSORS: parallel } = app.config

  allow(app, '/topology', 'GET,HEAD')
  app.get<{ Querystring: TopologyQuery }>('/topology', {
    onRequest: app.operatorOnly,
    schema: { querystring: TopologyQuery, response: { 200: TopologyExplanation } },
    schemaErrorFormatter: () => new TopologyQueryError()
  }, async ({ query: { format, route } }, reply) => {
    const topology = app.discovery.current()
    if (route !== undefined && !routesOf(topology).includes(route)) throw new TopologyQueryError()
    if (format === 'mermaid') {
      const shown = route ?? 'default'
      reply.type('text/vnd.mermaid; charset=utf-8').header('x-content-type-options', 'nosniff')
      return drawPlan(compilePlan(topology, { route: shown, parallel, render: true }), shown)
    }
    return explainTopology({
      topology,
      status: app.discovery.status(),
      provider: DISCOVERY,
      parallel,
      replicaState: app.replicas.state,
      now: Date.now(),
      ...route === undefined ? {} : { route }
    })
  })
}

export default topology
