// /iiif/3/{id}: frames by the IIIF Image API 3, level 2 (https://iiif.io/api/image/3.0/), for every viewer that knows it.
import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { DiffractionError } from '../../lib/diffraction/diffraction-error.ts'
import type { FileIdentity, FrameSource } from '../../lib/diffraction/frame.ts'
import { readFrameName } from '../../lib/diffraction/iiif/identifier.ts'
import { imageInformation } from '../../lib/diffraction/iiif/information.ts'
import { readPictureQuery } from '../../lib/diffraction/iiif/picture-query.ts'
import { formats, readImageRequest } from '../../lib/diffraction/iiif/request.ts'
import type { Bounds } from '../../lib/diffraction/iiif/request.ts'
import type { Identity } from '../../lib/diffraction/session.ts'
import { isKnownTag } from '../../lib/entity-tag.ts'
import { prefers } from '../../lib/preference.ts'
import { PictureQuery } from '../../schemas/diffraction/requests.ts'
import { allow } from '../options.ts'
import { perform, prepareDiffraction, sendBytes, sessionOf } from './common.ts'

/** Largest picture, in pixels on each side: what WebP can hold. */
const longestSide = 16383

const profile = 'http://iiif.io/api/image/3/level2.json'
const context = 'http://iiif.io/api/image/3/context.json'

interface Params { id: string, region: string, size: string, rotation: string, name: string }

const iiif: FastifyPluginAsync = async app => {
  prepareDiffraction(app, 'GET, HEAD')
  const bounds: Bounds = { width: longestSide, height: longestSide, area: app.diffraction.maxPixels }
  const base = '/iiif/3/:id'
  const information = `${base}/info.json`
  const picture = `${base}/:region/:size/:rotation/:name`
  for (const path of [base, information, picture]) allow(app, path, 'GET,HEAD')

  app.get(base, async (request, reply) => {
    // Relative, so that it holds behind a proxy that puts the server below a path.
    const segments = rawPath(request).split('/')
    const last = segments.at(-1) ?? ''
    return await reply.header('cache-control', 'no-store').redirect(last === '' ? 'info.json' : `${last}/info.json`, 303)
  })

  app.get<{ Params: { id: string } }>(information, async (request, reply) => {
    const { identity, source } = await nameOf(request, reply, request.params.id)
    const description = await perform(request, reply, identity, 'describe', { source })
    const isLinked = prefers(request.headers.accept, 'application/ld+json', 'application/json')
    addVary(reply, 'Accept')
    const address = addressOf(request, rawPath(request).replace(/\/info\.json\/?$/i, ''))
    if (isNotModified(request, reply, description.identity, `${isLinked} ${address}`)) return await reply.code(304).send()
    const type = isLinked ? `application/ld+json;profile="${context}"` : 'application/json; charset=utf-8'
    // As bytes: of a text the framework would write the type anew.
    return await reply.headers({ link: `<${profile}>;rel="profile"`, 'content-type': type }).send(Buffer.from(JSON.stringify(imageInformation(address, description, bounds))))
  })

  app.get<{ Params: Params, Querystring: PictureQuery }>(picture, { schema: { querystring: PictureQuery } }, async (request, reply) => {
    const { id, ...segments } = request.params
    const { identity, source } = await nameOf(request, reply, id)
    const description = await perform(request, reply, identity, 'describe', { source })
    const asked = readImageRequest(segments, description, bounds)
    const { reduction, drawing } = readPictureQuery(request.query, asked)
    const variant = `${asked.canonical} ${JSON.stringify(request.query)}`
    if (isNotModified(request, reply, description.identity, variant)) return await reply.code(304).send()

    const picture = await perform(request, reply, identity, 'picture', { source, reduction, drawing })
    const { depth, height, identity: found, levels, mediaType, width } = picture
    // The file may be another one by now.
    isNotModified(request, reply, found, variant)
    const prefix = rawPath(request).replace(/\/$/, '').split('/').slice(0, -4).join('/')
    reply.header('link', `<${addressOf(request, prefix)}/${asked.canonical}>;rel="canonical", <${profile}>;rel="profile"`)
    reply.header('diffraction-levels', `black=${levels.black}, white=${levels.white}`)
    if (formats[asked.format] === 'raw') reply.headers({ 'diffraction-depth': depth, 'diffraction-size': `${width}x${height}` })
    return await sendBytes(request, reply.type(mediaType), picture)
  })

  /** Which frame an identifier stands for, and as whom it is read. @throws DiffractionError NOT_AUTHORIZED, FILE_MISSING */
  async function nameOf (request: FastifyRequest, reply: FastifyReply, id: string): Promise<{ identity: Identity, source: FrameSource }> {
    const { identityOf, links } = app.diffraction
    if (id.includes('.') && !id.includes(':')) {
      const grant = links?.read(id)
      if (grant === undefined) throw new DiffractionError('NOT_AUTHORIZED', 'The link is not good, or has ended. Ask for a new one.')
      return { identity: identityOf(grant, grant.esaf), source: { file: grant.file, frame: grant.frame } }
    }
    const name = readFrameName(id)
    if (name === undefined || name.esaf === 0) throw new DiffractionError('FILE_MISSING', 'There is no such frame. An identifier is esaf:file:frame, percent-encoded, or the same as base64url.')
    const session = await sessionOf(request, reply, name.esaf)
    return { identity: identityOf(session, name.esaf), source: { file: name.file, frame: name.frame } }
  }
}

export default iiif

/** The path as it was sent. */
function rawPath ({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
}

/** An address of this server; only a path where the client does not say by which name it knows it. */
function addressOf ({ host, protocol }: FastifyRequest, path: string): string {
  // What stands in headers and documents must not be able to be anything else than a host.
  return /^[\w.:[\]-]{1,255}$/.test(host) ? `${protocol}://${host}${path}` : path
}

function addVary (reply: FastifyReply, name: string): void {
  const others = String(reply.getHeader('vary') ?? '').split(', ').filter(each => each !== '' && each !== name)
  reply.header('vary', [...others, name].join(', '))
}

/** Sets the tag of an answer, which is that of a file as it is now. @returns whether the client has it already */
function isNotModified (request: FastifyRequest, reply: FastifyReply, identity: FileIdentity, variant: string): boolean {
  const tag = createHash('sha256').update(JSON.stringify([identity, variant])).digest('base64url').slice(0, 27)
  // Whoever has it asks whether it still holds: a detector writes files anew.
  addVary(reply, 'Authorization')
  reply.headers({ etag: `"${tag}"`, 'cache-control': 'private, no-cache' })
  return isKnownTag(request.headers['if-none-match'], tag)
}
