// GET /timelines: when an object was seen, and by which processors; all of it in the words of TrackTech, or page by page.
import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { TimelineObjectMissingError, TimelineQueryError, TimelineUnknownError } from '../../lib/errors.ts'
import { openTimelineText, readMoment, readObjectId } from '../../lib/tracking/timelines/text.ts'
import type { Excerpt } from '../../lib/tracking/timelines/timelines.ts'
import { TimelinesQuery } from '../../schemas/tracking/timelines.ts'
import { bodyOf, prepareDataRoute, sendTagged, usualType } from './data.ts'

/** Letters of an answer that is held as a whole, to be known by its hash; a longer one is sent as it is made. */
const mostTagged = 2 * 1024 * 1024

const path = '/timelines'

const timelines: FastifyPluginAsync = async app => {
  prepareDataRoute(app, path)

  app.get<{ Querystring: TimelinesQuery }>(path, {
    preValidation: async request => { request.query = lastOfEach(request.query) },
    schema: { querystring: TimelinesQuery },
    schemaErrorFormatter: () => new TimelineQueryError()
  }, async (request, reply) => {
    const { objectId: text = request.query.object_id, times } = request.query
    if (text === undefined) throw new TimelineObjectMissingError()
    const excerpt = excerptOf(request.query)
    const objectId = readObjectId(text)
    if (objectId === undefined) throw new TimelineUnknownError()
    const parts = await openTimelineText({ timelines: app.tracking.timelines, objectId, excerpt, iso: times === 'iso' }).catch((error: unknown) => {
      throw error instanceof RangeError ? new TimelineQueryError() : error
    })
    if (parts === undefined) throw new TimelineUnknownError()

    reply.type(times === 'iso' ? 'application/json; charset=utf-8' : usualType)
    let start = ''
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
      start += part.value
      if (start.length > mostTagged) return await reply.send(bodyOf(request, following(start, parts)))
    }
    return sendTagged(request, reply, createHash('sha1').update(start).digest('hex'), () => start)
  })
}

export default timelines

/** Of each parameter the last value, without white space around it. Those of additions may be left empty. */
function lastOfEach (query: object): TimelinesQuery {
  const entries = Object.entries(query).map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value).trim()] as const)
  return Object.fromEntries(entries.filter(([name, value]) => value !== '' || name.startsWith('object')))
}

/** @throws TimelineQueryError where a time is none */
function excerptOf ({ from, to, limit, cursor }: TimelinesQuery): Excerpt {
  return {
    ...from === undefined ? {} : { from: momentOf(from) },
    ...to === undefined ? {} : { to: momentOf(to) },
    ...limit === undefined ? {} : { limit },
    ...cursor === undefined ? {} : { cursor }
  }
}

function momentOf (text: string): number {
  const moment = readMoment(text)
  if (moment === undefined) throw new TimelineQueryError()
  return moment
}

async function * following (start: string, parts: AsyncGenerator<string, undefined>): AsyncGenerator<string, undefined> {
  yield start
  return yield * parts
}
