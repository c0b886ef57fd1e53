// Everything of the module `graphics`: what finds services, runs them and keeps what they found, and the paths by which clients and operators come to it.
import fp from 'fastify-plugin'
import type { Siblings } from '../../lib/cluster/worker.ts'
import cache from '../../plugins/cache.ts'
import discovery from '../../plugins/discovery.ts'
import pipeline from '../../plugins/pipeline.ts'
import reader from '../../plugins/reader.ts'
import recentRequests from '../../plugins/recent-requests.ts'
import replicas from '../../plugins/replicas.ts'
import serviceMetrics from '../../plugins/service-metrics.ts'
import storage from '../../plugins/storage.ts'
import requests from '../operations/requests.ts'
import topology from '../operations/topology.ts'
import authenticate from './authenticate.ts'
import render from './render.ts'

export default fp(async (app, { siblings }: { siblings?: Siblings | undefined }) => {
  await app.register(discovery)
  await app.register(reader)
  await app.register(replicas, { siblings })
  await app.register(cache)
  await app.register(pipeline)
  await app.register(serviceMetrics)
  await app.register(storage)
  await app.register(recentRequests)
  await app.register(render)
  await app.register(authenticate)
  await app.register(topology)
  await app.register(requests)
}, { name: 'graphics' })
