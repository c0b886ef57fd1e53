// GET /docs/openapi.json and GET /docs: what this server can be asked, for programs and for people.
import type { FastifyPluginAsync } from 'fastify'
import { openApiPage } from '../../lib/openapi-page.ts'
import type { PageSource } from '../../lib/openapi-page.ts'
import { allow } from '../options.ts'

const docs: FastifyPluginAsync = async app => {
  // Routes do not change once the server is ready: both are made once, when somebody asks for the first time.
  let made: { text: string, page: string } | undefined
  const make = () => {
    const document = app.swagger()
    return { text: JSON.stringify(document), page: openApiPage(document as PageSource, 'docs/openapi.json') }
  }

  allow(app, '/docs', 'GET,HEAD')
  app.get('/docs', async (request, reply) => {
    // The link is relative, so that it holds behind a proxy that puts the server below a path.
    if (request.url.split('?', 1)[0]?.endsWith('/') === true) return await reply.redirect('../docs', 308)
    reply.type('text/html; charset=utf-8')
    return (made ??= make()).page
  })
  allow(app, '/docs/openapi.json', 'GET,HEAD')
  app.get('/docs/openapi.json', async (_request, reply) => {
    reply.type('application/json; charset=utf-8')
    return (made ??= make()).text
  })
}

export default docs
