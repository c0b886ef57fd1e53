// GET /diffraction/files, /pixel, /histogram, /radial and /bragg-spots: what there is, and what is in a frame besides its picture.
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { BinsQuery, FilesQuery, PixelQuery, SpotsQuery } from '../../schemas/diffraction/requests.ts'
import { allow } from '../options.ts'
import { perform, prepareDiffraction, sendJson, sessionOf } from './common.ts'

const files: FastifyPluginAsync = async app => {
  prepareDiffraction(app, 'GET, HEAD')

  const identityOf = async (request: FastifyRequest, reply: FastifyReply, esaf: number) => app.diffraction.identityOf(await sessionOf(request, reply, esaf), esaf)
  for (const name of ['files', 'pixel', 'histogram', 'radial', 'bragg-spots']) allow(app, `/diffraction/${name}`, 'GET,HEAD')

  app.get<{ Querystring: FilesQuery }>('/diffraction/files', { schema: { querystring: FilesQuery } }, async (request, reply) => {
    const { esaf, folder, limit } = request.query
    const identity = await identityOf(request, reply, esaf)
    return sendJson(reply, await perform(request, reply, identity, 'list', { folder, limit }))
  })
  app.get<{ Querystring: PixelQuery }>('/diffraction/pixel', { schema: { querystring: PixelQuery } }, async (request, reply) => {
    const { esaf, file, frame, x, y } = request.query
    const identity = await identityOf(request, reply, esaf)
    return sendJson(reply, await perform(request, reply, identity, 'pixel', { source: { file, frame }, x, y }))
  })
  for (const task of ['histogram', 'radial'] as const) {
    app.get<{ Querystring: BinsQuery }>(`/diffraction/${task}`, { schema: { querystring: BinsQuery } }, async (request, reply) => {
      const { esaf, file, frame, bins } = request.query
      const identity = await identityOf(request, reply, esaf)
      return sendJson(reply, await perform(request, reply, identity, task, { source: { file, frame }, bins }))
    })
  }
  app.get<{ Querystring: SpotsQuery }>('/diffraction/bragg-spots', { schema: { querystring: SpotsQuery } }, async (request, reply) => {
    const { esaf, file, frame, limit } = request.query
    const identity = await identityOf(request, reply, esaf)
    return sendJson(reply, await perform(request, reply, identity, 'findSpots', { source: { file, frame }, limit }))
  })
}

export default files
