// Stores requests and their answers once they are answered, where STORE_IMAGE_DATA says so, and removes them when their time is up.
import path from 'node:path'
import fp from 'fastify-plugin'
import type { FastifyReply } from 'fastify'
import { shareOf } from '../lib/cluster/shares.ts'
import { addStorageMetrics } from '../lib/metrics/storage.ts'
import { createAuthenticator } from '../lib/storage/authenticate.ts'
import type { Authentication } from '../lib/storage/authenticate.ts'
import type { StorageFault } from '../lib/storage/fault.ts'
import { createStore, defaultQueueBytes } from '../lib/storage/store.ts'
import { createSweeper } from '../lib/storage/sweeper.ts'
import type { Exchange } from '../lib/storage/writer.ts'

/** What is stored, and who may have it kept. */
export interface Storage {
  /** Whether anything is stored. */
  readonly isOn: boolean
  /** Stores a request and its answer once this reply has been sent; not where the client goes before. Never throws. The bytes must not change any more. */
  saveAfter (reply: FastifyReply, exchange: Exchange): void
  /** Whether `check` is the hash of a stored request; if so it is kept for longer. `off` where nothing is stored. */
  authenticate (requestUuid: string, check: string): Promise<Authentication | { kind: 'off' }>
  /** What is wrong now. */
  trouble (): StorageFault | undefined
  /** Resolves when nothing waits to be stored, and no sweep is under way. */
  idle (): Promise<void>
  /** Whether a disk that hangs holds up threads of this process, which cannot end by itself then. */
  isStuck (): boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Where requests and answers are stored. */
    storage: Storage
  }
}

/** Milliseconds between two looks for what is to be removed. */
const sweepInterval = 10 * 60 * 1000

const nothing = { saved: 0, failed: 0, dropped: 0, queued: 0, queuedBytes: 0, removed: 0, trouble: undefined }

const off: Storage = {
  isOn: false,
  saveAfter () {},
  authenticate: async () => ({ kind: 'off' }),
  trouble: () => undefined,
  idle: async () => {},
  isStuck: () => false
}

export default fp(async app => {
  const { STORE_IMAGE_DATA, STORAGE_DIR, STORAGE_QUEUE, MAX_BODY, WORKERS } = app.config
  if (STORE_IMAGE_DATA !== 'ON' && STORE_IMAGE_DATA !== 'on') {
    if (!/^off$/i.test(STORE_IMAGE_DATA)) app.log.warn('STORE_IMAGE_DATA is neither ON nor OFF; requests are not stored')
    addStorageMetrics(app.metrics.registry, () => nothing)
    app.decorate('storage', off)
    return
  }

  const folder = path.resolve(STORAGE_DIR)
  const report = (what: string) => (fault?: StorageFault, error?: unknown) => {
    if (fault === undefined) app.log.info(`requests are ${what} again`)
    else app.log.error({ ...fault, err: error }, `requests are not ${what}; they are answered all the same`)
  }
  const sweeper = createSweeper({ folder, onTrouble: report('removed') })
  const store = createStore({
    folder,
    queue: STORAGE_QUEUE,
    queueBytes: shareOf(defaultQueueBytes, WORKERS),
    onTrouble (fault, error) {
      report('stored')(fault, error)
      // What kept the folder from being written to may have kept it from being swept.
      if (fault === undefined && sweeper.status().trouble !== undefined) sweeper.sweep()
    }
  })
  // A body in UTF-16 grows by half when it becomes UTF-8.
  const authenticator = createAuthenticator({ folder, largest: 2 * MAX_BODY })
  await store.probe()
  sweeper.sweep()
  const timer = setInterval(sweeper.sweep, sweepInterval).unref()

  const trouble = () => store.status().trouble ?? sweeper.status().trouble
  addStorageMetrics(app.metrics.registry, () => ({ ...sweeper.status(), ...store.status(), trouble: trouble() }))
  app.decorate('storage', {
    isOn: true,
    saveAfter: (reply, exchange) => { reply.raw.once('finish', () => store.save(exchange)) },
    authenticate: authenticator.authenticate,
    trouble,
    async idle () {
      // In this order: the end of trouble with the one can begin the other.
      await store.idle()
      await sweeper.idle()
    },
    isStuck: () => store.stuck() || sweeper.stuck() || authenticator.stuck()
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await Promise.all([store.close(), sweeper.close(), authenticator.close()])
  })
}, { name: 'storage', dependencies: ['config', 'metrics'] })
