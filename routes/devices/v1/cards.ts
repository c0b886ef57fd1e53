// /api/v1/cards, /api/v1/zones and /api/v1/certificates: what the check of risks looks at, and what it says.
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { keepZones } from '../../../lib/devices/zones.ts'
import { mostCards } from '../../../lib/devices/legacy/cards.ts'
import { newId } from '../../../lib/devices/id.ts'
import type { Id } from '../../../lib/devices/id.ts'
import { Type } from '@sinclair/typebox'
import type { Static, TObject, TSchema } from '@sinclair/typebox'
import { pageOf, RecordAnswer } from '../../../schemas/devices/answers.ts'
import { DataSourceCardBody, IdParams, ModuleCardBody, NodeCardBody, TimedPageQuery, ZonesBody } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'
import { described, page } from './common.ts'

const cards: FastifyPluginAsync = async app => {
  const { registry } = app.devices
  const kinds = { modules: registry.moduleCards, nodes: registry.nodeCards, 'data-sources': registry.dataSourceCards }
  const schema = (operationId: string, summary: string) => described(operationId, summary, pageOf(RecordAnswer), { querystring: TimedPageQuery })

  for (const [kind, collection] of Object.entries(kinds)) {
    const path = `/api/v1/cards/${kind}`
    const name = kind.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
    allowAll(app, { [path]: 'GET,HEAD,POST', [`${path}/:id`]: 'DELETE' })
    app.get<{ Querystring: TimedPageQuery }>(path, { schema: schema(`list${name}Cards`, `Cards of ${kind.replace('-', ' ')}`) },
      async request => await page<{ readonly id: string }, unknown>(request.query, query => collection.list(query), each => each))
    app.delete<{ Params: IdParams }>(`${path}/:id`, { schema: described(`remove${name}Card`, 'Removes a card', undefined, { params: IdParams }) }, async (request, reply) => {
      if (!await collection.remove(request.params.id)) throw new DevicesError('MISSING', 'There is no such card.')
      return reply.code(204).send()
    })
  }

  const keep = async <Card extends { readonly id: Id }>(collection: { count (): Promise<number>, insert (card: Card): Promise<void> }, card: Card, reply: FastifyReply) => {
    if (await collection.count() >= mostCards) throw new DevicesError('TOO_LARGE', `There are ${mostCards} cards of this kind. Remove some first.`)
    await collection.insert(card)
    return reply.code(201).send(card)
  }
  const added = (operationId: string, summary: string, body: TSchema) => ({ schema: described(operationId, `${summary}. Cards are never replaced: of several that match the first counts`, RecordAnswer, { body, status: 201 }) })
  const stamp = () => ({ id: newId(Date.now()), dateReceived: Date.now() })
  app.post<{ Body: ModuleCardBody }>('/api/v1/cards/modules', added('createModuleCard', 'Says what a module risks', ModuleCardBody), async (request, reply) => await keep(registry.moduleCards, { ...pick(ModuleCardBody, request.body), ...stamp() }, reply))
  app.post<{ Body: NodeCardBody }>('/api/v1/cards/nodes', added('createNodeCard', 'Says which zone a device is in', NodeCardBody), async (request, reply) => await keep(registry.nodeCards, { ...pick(NodeCardBody, request.body), ...stamp() }, reply))
  app.post<{ Body: DataSourceCardBody }>('/api/v1/cards/data-sources', added('createDataSourceCard', 'Says what data risk', DataSourceCardBody), async (request, reply) => await keep(registry.dataSourceCards, { ...pick(DataSourceCardBody, request.body), ...stamp() }, reply))

  allowAll(app, { '/api/v1/zones': 'GET,HEAD,PUT', '/api/v1/certificates': 'GET,HEAD' })
  app.get<{ Querystring: TimedPageQuery }>('/api/v1/zones', { schema: schema('listZones', 'Levels of risk that zones take') }, async request => await page(request.query, registry.zones.list, each => each))
  app.put<{ Body: ZonesBody }>('/api/v1/zones', { schema: described('putZones', 'Sets levels of risk that zones take; others stay', Type.Object({ items: Type.Array(RecordAnswer) }), { body: ZonesBody }) }, async request => {
    await keepZones(registry, new Map(Object.entries(request.body)))
    return { items: await registry.zones.list({ limit: 1000 }) }
  })
  app.get<{ Querystring: TimedPageQuery }>('/api/v1/certificates', { schema: schema('listCertificates', 'What the check of risks said; owner is a deployment') }, async request => await page(request.query, registry.certificates.list, each => each))
}

export default cards

/** The members that a schema names, and no others. */
function pick<Schema extends TObject> ({ properties }: Schema, body: Static<Schema>): Static<Schema> {
  return Object.fromEntries(Object.keys(properties).map(name => [name, (body as Record<string, unknown>)[name]])) as Static<Schema>
}
