// POST /diffraction/links: makes an address of one frame that needs no session until it ends.
import type { FastifyPluginAsync } from 'fastify'
import { DiffractionError } from '../../lib/diffraction/diffraction-error.ts'
import { LinkBody } from '../../schemas/diffraction/requests.ts'
import { allow } from '../options.ts'
import { largestBody, perform, prepareDiffraction, sendJson, sessionOf } from './common.ts'

const path = '/diffraction/links'

const links: FastifyPluginAsync = async app => {
  prepareDiffraction(app, 'POST')
  allow(app, path, 'POST')
  app.post<{ Body: LinkBody }>(path, { bodyLimit: largestBody, schema: { body: LinkBody } }, async (request, reply) => {
    const { esaf, fn: file, frame, pid, seconds } = request.body
    const { identityOf, links } = app.diffraction
    const session = await sessionOf(request, reply, esaf, pid)
    if (links === undefined) throw new DiffractionError('UNAVAILABLE', 'There are no links here. The operator sets DIFFRACTION_LINK_SECRET to have them.')
    // None is made to what whoever asks cannot see.
    await perform(request, reply, identityOf(session, esaf), 'describe', { source: { file, frame } })
    const expires = Math.floor(Date.now() / 1000) + seconds
    const id = links.sign({ user: session.user, esaf, file, frame, expires })
    return sendJson(reply.code(201), { id, path: `/iiif/3/${id}/info.json`, expires: new Date(expires * 1000).toISOString() })
  })
}

export default links
