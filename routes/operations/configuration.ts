// GET /configuration, for operators: what the server runs with. Values of secrets are never given.
import type { FastifyPluginAsync } from 'fastify'
import manifest from '../../package.json' with { type: 'json' }
import { reportVariables } from '../../lib/configuration-report.ts'
import { ConfigurationReport } from '../../schemas/configuration-report.ts'
import { allow } from '../options.ts'

const configuration: FastifyPluginAsync = async app => {
  allow(app, '/configuration', 'GET,HEAD')
  app.get('/configuration', { onRequest: app.operatorOnly, schema: { response: { 200: ConfigurationReport } } }, async () => {
    const { TUTTI_REVISION: revision } = app.config
    return {
      versions: { tutti: manifest.version, node: process.version, ...revision === undefined ? {} : { revision } },
      modules: app.config.MODULES,
      startedAt: new Date(performance.timeOrigin).toISOString(),
      variables: reportVariables(app.config)
    }
  })
}

export default configuration
