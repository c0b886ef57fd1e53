// Finds the services and follows their changes.
import fp from 'fastify-plugin'
import { createStaticDiscovery } from '../lib/discovery/static.ts'
import type { ServiceDiscovery, Topology } from '../lib/discovery/topology.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The services that are there now. */
    discovery: ServiceDiscovery
  }
}

export default fp(async app => {
  const file = app.config.SERVICES_FILE
  if (file === undefined) app.log.warn('no services are known: set SERVICES_FILE to a file that lists them')
  const discovery = await createStaticDiscovery({
    file, onError: error => app.log.error({ err: error }, 'the services file cannot be used; the last good one stays in force')
  })
  const report = (topology: Topology) => {
    app.log.info({ revision: topology.revision, services: [...topology.services.keys()] }, 'services found')
    for (const problem of topology.problems) app.log.warn(problem, 'a service is not described as it should be')
  }
  report(discovery.current())
  discovery.onChange(report)
  app.decorate('discovery', discovery)
  app.addHook('onClose', () => discovery.close())
}, { name: 'discovery', dependencies: ['config'] })
