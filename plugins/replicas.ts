// Chooses among the replicas of a service, and says in the log which are set aside.
import fp from 'fastify-plugin'
import { shareReplicas } from '../lib/cluster/shared-replicas.ts'
import type { Siblings } from '../lib/cluster/worker.ts'
import { createReplicas } from '../lib/graphics/replicas.ts'
import type { Replicas } from '../lib/graphics/replicas.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Chooses replicas, and knows how each is doing. */
    replicas: Replicas
  }
}

export default fp<{ siblings?: Siblings | undefined }>(async (app, { siblings }) => {
  const { config, discovery } = app
  const replicas = createReplicas({
    setAsideAfter: config.SET_ASIDE_AFTER,
    setAsideTime: config.SET_ASIDE_TIME,
    onSetAside: (service, { id }, ms) => app.log.warn({ service, replica: id, ms }, 'a replica fails again and again and is set aside'),
    onReturn: (service, { id }) => app.log.info({ service, replica: id }, 'a replica that was set aside answers again')
  })
  replicas.retain(discovery.current())
  discovery.onChange(topology => replicas.retain(topology))
  app.decorate('replicas', siblings === undefined ? replicas : shareReplicas(replicas, siblings))
}, { name: 'replicas', dependencies: ['config', 'discovery'] })
