// GET /diffraction/viewer: leads to the page of the console that shows frames.
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { allow } from '../options.ts'

/** The console as it has been built. */
const built = path.join(import.meta.dirname, '../../console/dist/index.html')

const viewer: FastifyPluginAsync = async app => {
  allow(app, '/diffraction/viewer', 'GET,HEAD')
  app.get('/diffraction/viewer', { schema: { hide: true } }, async (request, reply) => {
    const { pathname, search } = new URL(request.url, 'http://console')
    const missing = app.config.CONSOLE !== 'on'
      ? 'The viewer is a page of the console, which is switched off. Start the server with CONSOLE=on.'
      : existsSync(built) ? undefined : 'The viewer is a page of the console, which has not been built. Run npm run build:console, then start the server anew.'
    if (missing !== undefined) return await reply.code(404).type('text/plain; charset=utf-8').send(missing)
    // Relative, so that it holds behind a proxy that puts the server below a path.
    return await reply.redirect(`${pathname.endsWith('/') ? '../' : ''}../console/${search}#/diffraction`, 308)
  })
}

export default viewer
