// GET /objectIds: the numbers of all objects that were ever tracked.
import type { FastifyPluginAsync } from 'fastify'
import { bodyOf, prepareDataRoute, sendTagged, usualType } from './data.ts'

/** Numbers that are written at one time. */
const portion = 10_000

const path = '/objectIds'

const objectIds: FastifyPluginAsync = async app => {
  prepareDataRoute(app, path)

  app.get(path, async (request, reply) => {
    const { lastId } = app.tracking.exchange
    reply.type(usualType)
    // All numbers up to the last have been used: it alone says what the text is.
    return sendTagged(request, reply, `1-${lastId}`, () => {
      const parts = numbersText(lastId)
      return lastId > portion ? bodyOf(request, parts) : [...parts].join('')
    })
  })
}

export default objectIds

/** The text for the numbers from 1 on, part by part. A test of TrackTech compares it letter by letter, with its spaces. */
function * numbersText (last: number): Generator<string> {
  let before = '{"data":['
  for (let first = 1; first <= last; first += portion) {
    yield before + Array.from({ length: Math.min(portion, last - first + 1) }, (_, index) => first + index).join(', ')
    before = ', '
  }
  yield before === ', ' ? ']}' : `${before}]}`
}
