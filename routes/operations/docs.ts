// GET /docs/openapi.json and GET /docs: what this server can be asked, for programs and for people.
import type { FastifyPluginAsync } from 'fastify'
import { openApiPage } from '../../lib/openapi-page.ts'
import type { PageSource } from '../../lib/openapi-page.ts'
import { serveDocument } from '../documents.ts'

const docs: FastifyPluginAsync = async app => {
  serveDocument(app, { page: '/docs', document: '/docs/openapi.json' }, () => {
    const document = app.swagger()
    return { text: JSON.stringify(document), page: openApiPage(document as PageSource, 'docs/openapi.json') }
  })
}

export default docs
