// GET /diffraction/viewer: a page that shows frames, and the files that it is made of.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
import { allow } from '../options.ts'

/** What the page may load: its own files, and pictures that its script has fetched. OpenSeadragon places its elements by their style. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' blob:; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Files by the path they have below that of the page; the empty one is the page. */
const files: ReadonlyArray<readonly [path: string, type: string, file: string]> = [
  ['', 'text/html; charset=utf-8', './viewer/index.html'],
  ['/viewer.css', 'text/css; charset=utf-8', './viewer/viewer.css'],
  ['/viewer.js', 'text/javascript; charset=utf-8', './viewer/viewer.js'],
  ['/api.js', 'text/javascript; charset=utf-8', './viewer/api.js'],
  ['/openseadragon.js', 'text/javascript; charset=utf-8', 'openseadragon/build/openseadragon/openseadragon.min.js']
]

const viewer: FastifyPluginAsync = async app => {
  for (const [path, type, file] of files) {
    const address = `/diffraction/viewer${path}`
    const place = file.startsWith('.') ? new URL(file, import.meta.url) : import.meta.resolve(file)
    let content: Promise<Buffer> | undefined
    allow(app, address, 'GET,HEAD')
    app.get(address, { schema: { hide: true } }, async (request, reply) => {
      // Links of the page are relative, so that they hold behind a proxy that puts the server below a path.
      if (path === '' && request.url.split('?', 1)[0]?.endsWith('/') === true) return await reply.redirect('../viewer', 308)
      content ??= readFile(fileURLToPath(place))
      reply.type(type).headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
      return await content
    })
  }
}

export default viewer
