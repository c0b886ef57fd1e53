// Cards, zones and certificates, in the shapes of the reference.
import type { FastifyPluginAsync } from 'fastify'
import { DevicesError } from '../../../lib/devices/devices-error.ts'
import { legacyCard, mostCards, readDataSourceCard, readModuleCard, readNodeCard, readZones } from '../../../lib/devices/legacy/cards.ts'
import { legacyCertificate } from '../../../lib/devices/legacy/deployment.ts'
import { isoTime, readAfter } from '../../../lib/devices/legacy/time.ts'
import { keepZones } from '../../../lib/devices/zones.ts'
import { AfterQuery } from '../../../schemas/devices/requests.ts'
import { allowAll } from '../common.ts'

interface After { Querystring: AfterQuery }
const schema = { querystring: AfterQuery }

const cards: FastifyPluginAsync = async app => {
  const { registry } = app.devices
  allowAll(app, { '/moduleCards': 'GET,HEAD,POST', '/nodeCards': 'GET,HEAD,POST', '/dataSourceCards': 'GET,HEAD,POST', '/zoneRiskLevels': 'GET,HEAD,POST', '/deploymentCertificates': 'GET,HEAD' })

  const queryOf = ({ after, limit }: AfterQuery) => ({ after: readAfter(after), limit })
  const room = async (collection: { count (): Promise<number> }) => {
    if (await collection.count() >= mostCards) throw new DevicesError('TOO_LARGE', `There are ${mostCards} cards of this kind. Remove some by DELETE /api/v1/cards.`)
  }

  app.get<After>('/moduleCards', { schema }, async request => (await registry.moduleCards.list(queryOf(request.query))).map(legacyCard))
  app.post('/moduleCards', async request => {
    const card = readModuleCard(request.body, Date.now())
    await room(registry.moduleCards)
    await registry.moduleCards.insert(card)
    return { message: 'Module card received and saved', moduleData: legacyCard(card) }
  })
  app.get<After>('/nodeCards', { schema }, async request => (await registry.nodeCards.list(queryOf(request.query))).map(legacyCard))
  app.post('/nodeCards', async request => {
    const card = readNodeCard(request.body, Date.now())
    await room(registry.nodeCards)
    await registry.nodeCards.insert(card)
    return { message: 'Node card received and saved', nodeCard: legacyCard(card) }
  })
  app.get<After>('/dataSourceCards', { schema }, async request => (await registry.dataSourceCards.list(queryOf(request.query))).map(legacyCard))
  app.post('/dataSourceCards', async request => {
    const card = readDataSourceCard(request.body, Date.now())
    await room(registry.dataSourceCards)
    await registry.dataSourceCards.insert(card)
    return { message: 'Data source card received and saved' }
  })

  app.get<After>('/zoneRiskLevels', { schema }, async request => {
    const zones = await registry.zones.list(queryOf(request.query))
    if (zones.length === 0) return []
    const levels = [...new Set(zones.flatMap(({ allowedRiskLevels }) => allowedRiskLevels))].toSorted()
    const lastUpdated = isoTime(Math.max(...zones.map(({ lastUpdated }) => lastUpdated)))
    return [...zones.map(({ id, zone, allowedRiskLevels }) => ({ _id: id, zone, allowedRiskLevels })), { type: 'riskLevels', levels, lastUpdated }]
  })
  app.post('/zoneRiskLevels', async request => {
    const { levels, zones } = readZones(request.body)
    await keepZones(registry, zones)
    return { message: 'Zones and risk levels received and saved', zones: [...zones].map(([zone, allowedRiskLevels]) => ({ zone, allowedRiskLevels })), riskLevels: levels }
  })
  app.get<After>('/deploymentCertificates', { schema }, async request => (await registry.certificates.list(queryOf(request.query))).map(legacyCertificate))
}

export default cards
