// A document that describes the server, for programs, and the same as a page, for people.
import type { FastifyInstance } from 'fastify'
import { allow } from './options.ts'

/** A document and its page. */
export interface Document {
  /** The document, as JSON text. */
  text: string
  /** The page, as HTML. */
  page: string
}

/** Serves both. @param place - paths of the page and of the document @param make - called once, when somebody asks for the first time, and so when all routes are there */
export function serveDocument (app: FastifyInstance, place: { page: string, document: string }, make: () => Document): void {
  let made: Document | undefined
  const name = place.page.split('/').at(-1)

  allow(app, place.page, 'GET,HEAD')
  app.get(place.page, async (request, reply) => {
    // Links of the page are relative, so that they hold behind a proxy that puts the server below a path.
    if (request.url.split('?', 1)[0]?.endsWith('/') === true) return await reply.redirect(`../${name}`, 308)
    reply.type('text/html; charset=utf-8')
    return (made ??= make()).page
  })
  allow(app, place.document, 'GET,HEAD')
  app.get(place.document, async (_request, reply) => {
    reply.type('application/json; charset=utf-8')
    return (made ??= make()).text
  })
}
