// Diffraction: opens what knows sessions and what looks at frames, counts what they do, and closes both in order.
import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { codeOf } from '../lib/error-code.ts'
import { wrongValue } from '../lib/configuration.ts'
import { DiffractionError } from '../lib/diffraction/diffraction-error.ts'
import { createWorkers } from '../lib/diffraction/identities/workers.ts'
import { createProgressPublisher } from '../lib/diffraction/indexing/progress.ts'
import type { ProgressPublisher } from '../lib/diffraction/indexing/progress.ts'
import { createBlankPictures } from '../lib/diffraction/jobs/blank.ts'
import type { DrawBlank } from '../lib/diffraction/jobs/blank.ts'
import { createLinks } from '../lib/diffraction/links.ts'
import type { Links } from '../lib/diffraction/links.ts'
import { openSessionFile } from '../lib/diffraction/sessions/session-file.ts'
import type { Identity, Session, Sessions, Workers } from '../lib/diffraction/session.ts'
import { addDiffractionMetrics } from '../lib/metrics/diffraction.ts'
import type { DiffractionCounts } from '../lib/metrics/diffraction.ts'

/** Who may see frames, and who looks at them. */
export interface Diffraction {
  readonly sessions: Sessions
  readonly workers: Workers
  /** Links that need no session; undefined where there are none. */
  readonly links: Links | undefined
  /** Tells others how indexing goes. */
  readonly progress: ProgressPublisher
  /** Draws pictures without a frame, few at a time. */
  readonly drawBlank: DrawBlank
  /** As whom files of an ESAF are read for a user. */
  identityOf (session: Pick<Session, 'user'>, esaf: number): Identity
  /** Milliseconds that a request has. */
  readonly timeout: number
  /** Milliseconds that a request for indexing has. */
  readonly indexTimeout: number
  /** Whether a file that cannot be read is an empty grey picture. */
  readonly legacy: boolean
  /** Most pixels of a frame, and of a picture. */
  readonly maxPixels: number
  /** Whether sessions cannot be read at the moment. */
  isTroubled (): boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Everything about diffraction. */
    diffraction: Diffraction
  }
}

/** Time that indexing has besides that of its program, to begin and to clean up, in milliseconds. */
const leeway = 5000

export default fp(async app => {
  const { config, metrics } = app
  const found = await openSessions(app)
  const started = await openWorkers(app)
  const counts = addDiffractionMetrics(metrics.registry, () => ({ ...started.numbers(), isTroubled: found.isTroubled() }))
  const sessions = countedSessions(found, counts)
  const workers = countedWorkers(started, counts)
  const progress = await openProgress(app)

  app.decorate('diffraction', {
    sessions,
    workers,
    links: config.DIFFRACTION_LINK_SECRET === undefined ? undefined : createLinks(config.DIFFRACTION_LINK_SECRET),
    progress,
    drawBlank: createBlankPictures(),
    identityOf: ({ user }: Pick<Session, 'user'>, esaf: number) => ({ key: `${esaf}:${user}`, user, esaf }),
    timeout: config.DIFFRACTION_TIMEOUT,
    indexTimeout: config.DIFFRACTION_INDEX_TIMEOUT * 1000 + leeway,
    legacy: config.DIFFRACTION_LEGACY === 'on',
    maxPixels: config.DIFFRACTION_MAX_PIXELS,
    isTroubled: () => sessions.isTroubled()
  })
  app.addHook('onClose', async () => {
    await workers.close()
    progress.close()
    await sessions.close()
  })
}, { name: 'diffraction', dependencies: ['config', 'metrics', 'shutdown'] })

/** Opens what knows sessions: a file, or Redis. @throws ConfigurationError where file or key cannot be used */
async function openSessions ({ config, log }: FastifyInstance): Promise<Sessions> {
  const { DIFFRACTION_PUBLIC_KEY: keyPath = '', DIFFRACTION_REDIS_URL, DIFFRACTION_SESSIONS: file, REDIS_URL } = config
  const onTrouble = (error?: unknown) => {
    if (error === undefined) log.info('sessions of diffraction can be looked up again')
    // What it says beyond its code may hold part of a session.
    else log.error({ code: codeOf(error) }, 'sessions of diffraction cannot be looked up')
  }
  if (file !== undefined) {
    return await openSessionFile(file, onTrouble).catch(() => {
      throw wrongValue('DIFFRACTION_SESSIONS', file, 'the path of a JSON file that can be read: an object of pid to isAuth')
    })
  }
  const publicKey = await readKey(keyPath)
  const url = DIFFRACTION_REDIS_URL ?? REDIS_URL
  if (publicKey === undefined) throw wrongValue('DIFFRACTION_PUBLIC_KEY', keyPath, 'the path of a public key as PEM (RSA of 2048 bits or more)')
  if (url === undefined) throw wrongValue('DIFFRACTION_REDIS_URL', '', 'the address of the Redis that has the sessions')
  // Loaded where it is needed: a machine of one's own does without Redis.
  const { openRedisSessions } = await import('../lib/diffraction/sessions/redis-sessions.ts')
  return openRedisSessions({ url, publicKey, onTrouble })
}

/** Reads a key; undefined where there is none that will do. */
async function readKey (path: string): Promise<KeyObject | undefined> {
  try {
    const key = createPublicKey(await readFile(path))
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? key : undefined
  } catch {
    return undefined
  }
}

async function openWorkers ({ config, log }: FastifyInstance): Promise<Workers> {
  const { DIFFRACTION_IDENTITY, DIFFRACTION_SHARED_CACHE, REDIS_URL: url } = config
  const isShared = url !== undefined && DIFFRACTION_SHARED_CACHE === 'on'
  const shared = isShared ? (await import('../lib/diffraction/identities/shared-reduced.ts')).openSharedReduced({ url }) : undefined
  return createWorkers({
    identity: DIFFRACTION_IDENTITY === 'single' ? 'single' : 'user',
    roots: config.DIFFRACTION_ROOT,
    processes: config.DIFFRACTION_WORKERS,
    idle: config.DIFFRACTION_IDLE * 1000,
    queue: config.DIFFRACTION_QUEUE,
    threads: config.DIFFRACTION_THREADS,
    frameBytes: config.DIFFRACTION_FRAME_CACHE,
    reducedBytes: config.DIFFRACTION_REDUCED_CACHE,
    maxPixels: config.DIFFRACTION_MAX_PIXELS,
    prefetch: config.DIFFRACTION_PREFETCH,
    shared,
    indexer: config.DIFFRACTION_INDEXER,
    indexTimeout: config.DIFFRACTION_INDEX_TIMEOUT * 1000,
    indexers: config.DIFFRACTION_INDEXERS,
    onEnded: end => log.warn(end, 'a worker process of diffraction has ended')
  })
}

/** Opens what tells others of indexing: the Redis of the sessions, and those that the operator names. */
async function openProgress ({ config, log }: FastifyInstance): Promise<ProgressPublisher> {
  const { DIFFRACTION_INDEXER, DIFFRACTION_PROGRESS_HOSTS = '', DIFFRACTION_REDIS_URL, DIFFRACTION_SESSIONS, REDIS_URL } = config
  const url = DIFFRACTION_REDIS_URL ?? (DIFFRACTION_SESSIONS === undefined ? REDIS_URL : undefined)
  const hosts = DIFFRACTION_PROGRESS_HOSTS.split(',').map(each => each.trim()).filter(each => each !== '')
  const onTrouble = (reason: string) => log.warn({ reason }, 'the progress of indexing was not published')
  if (DIFFRACTION_INDEXER === undefined || (url === undefined && hosts.length === 0)) {
    return createProgressPublisher({ sessions: undefined, hosts: [], connect: () => { throw new TypeError('There is no Redis to publish to') }, onTrouble })
  }
  const { connectRedis } = await import('../lib/redis.ts')
  const stall = 2000
  const connect = (address: string) => connectRedis({ url: address, stall })
  const { hostname, port } = new URL(url ?? 'redis://localhost')
  const sessions = url === undefined ? undefined : { host: hostname, port: Number(port === '' ? 6379 : port), connect: () => connect(url) }
  return createProgressPublisher({ sessions, hosts, connect: ({ host, port }) => connect(`redis://${host}:${port}`), onTrouble })
}

function countedSessions (sessions: Sessions, counts: DiffractionCounts): Sessions {
  return {
    ...sessions,
    async find (pid, esaf, signal) {
      try {
        const session = await sessions.find(pid, esaf, signal)
        counts.session('found')
        return session
      } catch (error) {
        if (error instanceof DiffractionError && error.code !== 'CANCELLED') counts.session(error.legacy === undefined ? 'unavailable' : String(error.legacy))
        throw error
      }
    }
  }
}

function countedWorkers (workers: Workers, counts: DiffractionCounts): Workers {
  return {
    ...workers,
    async perform (identity, task, ask, options) {
      const start = performance.now()
      const count = (outcome: string) => counts.task({ task, outcome, seconds: (performance.now() - start) / 1000 })
      try {
        const result = await workers.perform(identity, task, ask, options)
        count('done')
        return result
      } catch (error) {
        count(error instanceof DiffractionError ? error.code : 'FAULT')
        throw error
      }
    }
  }
}
