// Makes the checked configuration available to every plugin and route.
import fp from 'fastify-plugin'
import type { Configuration } from '../lib/configuration.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The checked configuration. */
    config: Readonly<Configuration>
  }
}

export default fp<{ configuration: Configuration }>(async (app, { configuration }) => {
  app.decorate('config', Object.freeze({ ...configuration }))
}, { name: 'config' })
