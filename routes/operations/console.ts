// GET /console/: the web console, static files that `npm run build:console` makes. Whoever may connect gets them: there is nothing of this server in them.
import { existsSync } from 'node:fs'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { allow } from '../options.ts'

/** Where the console is built. */
const folder = path.join(import.meta.dirname, '../../console/dist')

/** What the console may load: its own files, what the server answers, and pictures and sounds that answers hold. */
const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self' data: blob:", "connect-src 'self'", "worker-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"
].join('; ')

const consolePage: FastifyPluginAsync = async app => {
  const isBuilt = existsSync(path.join(folder, 'index.html'))
  allow(app, '/console/*', 'GET,HEAD', true)
  allow(app, '/console', 'GET,HEAD', true)
  app.get('/console', { schema: { hide: true } }, async (request, reply) => {
    // Relative, so that it holds behind a proxy that puts the server below a path.
    if (!request.url.split('?', 1)[0]?.endsWith('/')) return await reply.redirect('console/', 308)
    return await (isBuilt ? reply.sendFile('index.html') : reply.code(404).type('text/plain; charset=utf-8').send('The console has not been built. Run npm run build:console, then start the server anew.'))
  })
  if (!isBuilt) return
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/console/',
    index: false,
    preCompressed: true,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders (reply, file) {
      reply.header('content-security-policy', policy)
      // Names of assets change with what is in them.
      reply.header('cache-control', file.includes(`${path.sep}assets${path.sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache')
    }
  })
}

export default consolePage
