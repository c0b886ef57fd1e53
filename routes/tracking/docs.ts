// GET /docs/asyncapi.json and GET /docs/tracking: the messages of /client and /processor, for programs and for people.
import type { FastifyPluginAsync } from 'fastify'
import { asyncApiDocument } from '../../lib/tracking/asyncapi.ts'
import { asyncApiPage } from '../../lib/tracking/asyncapi-page.ts'
import { serveDocument } from '../documents.ts'

const docs: FastifyPluginAsync = async app => {
  serveDocument(app, { page: '/docs/tracking', document: '/docs/asyncapi.json' }, () => {
    const document = asyncApiDocument()
    return { text: JSON.stringify(document), page: asyncApiPage(document, 'asyncapi.json') }
  })
}

export default docs
