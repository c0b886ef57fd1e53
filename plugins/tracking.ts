// Tracking: opens what keeps objects and timelines, joins it with the connections of clients and processors, and closes all of that in order.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { wrongValue } from '../lib/configuration.ts'
import { addTrackingMetrics } from '../lib/metrics/tracking.ts'
import { closeCodes } from '../lib/tracking/connections/close-codes.ts'
import { createConnections } from '../lib/tracking/connections/connections.ts'
import type { Exchange } from '../lib/tracking/objects/exchange.ts'
import { createHeartbeat } from '../lib/tracking/connections/heartbeat.ts'
import { createHub } from '../lib/tracking/hub/hub.ts'
import type { Side } from '../lib/tracking/connections/peer.ts'
import { createReaders } from '../lib/tracking/messages/reading.ts'
import type { Timelines } from '../lib/tracking/timelines/timelines.ts'
import { createStateWatch } from '../lib/tracking/state.ts'
import type { StateWatch } from '../lib/tracking/state.ts'
import type { Gate } from '../lib/tracking/connections/tokens.ts'

/** What is tracked, who has seen it, and the connections of all who take part. */
export interface Tracking {
  readonly exchange: Exchange
  readonly timelines: Timelines
  /** What checks the tokens of each side; undefined where it is open. */
  readonly gates: Readonly<Record<Side, Gate | undefined>>
  /** Takes over a connection that has just become a WebSocket. */
  accept (side: Side, socket: WebSocket, request: FastifyRequest): void
  /** Tells operators who is connected, and how fast things go. */
  readonly state: StateWatch
  /** Whether something stands in the way of keeping what is tracked, or who has seen it. */
  isTroubled (): boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything about tracking. */
    tracking: Tracking
  }
}

export default fp(async app => {
  const { config, log, metrics } = app
  const gates = await openGates(app)
  const { exchange, timelines } = await openStores(app)
  const legacy = config.TRACKING_LEGACY === 'on'
  const heartbeat = createHeartbeat({ interval: config.HEARTBEAT_INTERVAL * 1000, timeout: config.HEARTBEAT_TIMEOUT * 1000 })
  const isTroubled = () => (exchange.trouble ?? timelines.trouble) !== undefined
  const onFanOut = addTrackingMetrics(metrics.registry, () => ({ ...connections.numbers(), objects: exchange.objects.size, processors: exchange.processors.size, isTroubled: isTroubled() }))
  const hub = createHub({ exchange, timelines, legacy, onFanOut })
  const connections = createConnections({
    hub,
    readers: createReaders(legacy),
    gates,
    heartbeat,
    limits: { authTimeout: config.TRACKING_AUTH_TIMEOUT, authAttempts: config.TRACKING_AUTH_ATTEMPTS, ratePerSecond: config.TRACKING_RATE_LIMIT, backlog: config.TRACKING_BACKLOG },
    most: config.TRACKING_MAX_SOCKETS,
    onFault: (error, side) => log.error({ err: error, side }, 'a message could not be dealt with')
  })

  app.decorate('tracking', {
    exchange,
    timelines,
    gates,
    accept (side: Side, socket: WebSocket, { id: reqId, raw }: FastifyRequest) {
      connections.accept(side, socket, raw.socket, reqId, ended => {
        // What the server ends although it goes on is for the operator to know of.
        const level = ended.by === 'server' && ended.code !== closeCodes.goingAway ? 'warn' : 'info'
        log[level]({ reqId, ...ended }, 'connection ended')
      })
    },
    state: createStateWatch({ connections, hub, exchange }),
    isTroubled
  })
  // After that of plugins/shutdown.ts: the listener closes at once after it, so that whoever comes back finds this server or the next one, not one that sends it away.
  app.addHook('preClose', async () => connections.goAway())
  app.addHook('onClose', async () => {
    hub.close()
    heartbeat.close()
    await Promise.all([exchange.close(), timelines.close()])
  })
}, { name: 'tracking', dependencies: ['config', 'metrics', 'shutdown'] })

/** Opens what checks tokens. @throws ConfigurationError where the key cannot be used */
async function openGates ({ config, log }: FastifyInstance): Promise<Record<Side, Gate | undefined>> {
  const { AUDIENCE: audience, CLIENT_ROLE, PROCESSOR_ROLE, PUBLIC_KEY: given, TRACKING_JWKS_URL: address } = config
  if (given === undefined && address === undefined) return { client: undefined, processor: undefined }
  // Loaded where it is needed: open servers do without.
  const [{ createRemoteKeys, openPublicKey }, { createGate }] = await Promise.all([import('../lib/jwt-keys.ts'), import('../lib/tracking/connections/tokens.ts')])
  const onFailure = (error: unknown) => log.warn({ err: error }, 'the keys of the identity provider of tracking cannot be had')
  const keys = given !== undefined ? await openPublicKey(given, ['RS256']) : address === undefined ? undefined : createRemoteKeys({ address, onFailure })
  if (keys === undefined) throw wrongValue('PUBLIC_KEY', given?.includes('-----BEGIN') === true ? '(a PEM)' : given ?? '', 'a public key as PEM (RSA of 2048 bits or more), or the path of a file that holds one')
  const gate = (role: string | undefined) => audience === undefined || role === undefined ? undefined : createGate({ keys, audience, role })
  return { client: gate(CLIENT_ROLE), processor: gate(PROCESSOR_ROLE) }
}

/** Opens what keeps objects and timelines: files under DATA_DIR, or Redis where there is one. */
async function openStores ({ config, log }: FastifyInstance): Promise<{ exchange: Exchange, timelines: Timelines }> {
  const { DATA_DIR, REDIS_URL: url, TIMELINE_BYTES: bytes, TIMELINE_DAYS: days, TRACKING_MAX_BYTES: maxBytes, TRACKING_MAX_OBJECTS: maxObjects, TRACKING_TIMEOUT } = config
  const report = (what: string) => (trouble?: string, error?: unknown) => {
    if (trouble === undefined) log.info(`${what} are kept again`)
    else log.error({ trouble, err: error }, `${what} cannot be kept as they should be; the server goes on without`)
  }
  const timeout = TRACKING_TIMEOUT === undefined ? undefined : TRACKING_TIMEOUT * 1000
  const expiry: 'start' | 'sighting' = config.TRACKING_EXPIRY === 'sighting' ? 'sighting' : 'start'
  const shared = { timeout, expiry, maxObjects, maxBytes, onTrouble: report('objects') }
  if (url !== undefined) {
    const [{ openRedisExchange }, { openRedisTimelines }] = await Promise.all([import('../lib/tracking/redis/exchange.ts'), import('../lib/tracking/redis/timelines.ts')])
    const timelines = await openRedisTimelines({ url, days, bytes, onTrouble: report('timelines') })
    const exchange = await openRedisExchange({ ...shared, url, server: randomUUID(), highestId: await timelines.highestId() })
    return { exchange, timelines }
  }
  const [{ openMemoryExchange }, { openTimelineFiles }] = await Promise.all([import('../lib/tracking/objects/memory-exchange.ts'), import('../lib/tracking/timelines/files.ts')])
  const timelines = await openTimelineFiles({ folder: path.resolve(DATA_DIR, 'tracking_timelines'), days, bytes, onTrouble: report('timelines') })
  const exchange = await openMemoryExchange({ ...shared, folder: path.resolve(DATA_DIR, 'tracking'), highestId: await timelines.highestId() })
  return { exchange, timelines }
}
