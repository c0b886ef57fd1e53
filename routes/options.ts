// Answers OPTIONS with the methods of a path, as clients of the reference expect: 200, in the Allow header and in the body.
import type { FastifyInstance } from 'fastify'

/** Adds OPTIONS to a path. @param methods - such as `GET,HEAD` @param isHidden - true where the OpenAPI document does not name the path */
export function allow (app: FastifyInstance, path: string, methods: string, isHidden = false): void {
  app.options(path, { schema: { hide: isHidden } }, async (_request, reply) => {
    reply.header('allow', methods).type('text/html; charset=utf-8')
    return methods
  })
}
