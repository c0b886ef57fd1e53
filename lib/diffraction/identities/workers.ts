// Worker processes, one for each identity, and no more at one time than there may be: the one that is idle longest gives way, and where none is idle for some time, the one that
// has been there longest.
import { createLimits } from '../../limits.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { FramesNumbers } from '../frames/frames.ts'
import type { Identity, PerformOptions, Workers } from '../session.ts'
import type { TaskName, Tasks } from '../task.ts'
import { createAccounts } from './accounts.ts'
import type { Accounts } from './accounts.ts'
import { checkIdentity, credentialsOf, rootsOf } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import type { PerformerSettings } from './performer.ts'
import { largestShared } from './shared-link.ts'
import type { SharedReducedStore } from './shared-reduced.ts'
import { createWorker } from './worker.ts'
import type { Worker } from './worker.ts'
import type { ProcessEnd } from './worker-process.ts'

/** What worker processes are made of. */
export interface WorkersOptions extends PerformerSettings {
  /** `user`: a process becomes the user, with the group of the ESAF. `single`: it stays who the server is. */
  readonly identity: 'user' | 'single'
  /** Folders that files may be in; `{esaf}` and `{user}` stand for those of an identity. */
  readonly roots: readonly string[]
  /** Processes at one time. */
  readonly processes: number
  /** Milliseconds after which a process that nobody asks ends. */
  readonly idle: number
  /** Reduced frames that are shared; closed with the processes. */
  readonly shared?: SharedReducedStore | undefined
  /** A process has ended although nobody wanted that. */
  readonly onEnded?: ((end: ProcessEnd & Pick<Identity, 'user' | 'esaf'>) => void) | undefined
  readonly accounts?: Accounts
  /** Milliseconds that a process has to give up a task whose time is over, or to end; then it is killed. */
  readonly grace?: number
  /** Milliseconds that a process has to start. */
  readonly startTimeout?: number
  /** Milliseconds that a process which is never idle keeps its place while others wait for one. */
  readonly turn?: number
  /** Milliseconds that tasks have when all is closed. */
  readonly closeGrace?: number
  /** Address of the module that does the tasks; another one in tests. */
  readonly module?: URL
}

/** Identities that are remembered at one time because their processes ended by themselves. */
const mostRemembered = 1000

/** Requests to index that may wait for a place, for each place. */
const waitingForIndexers = 4

/** Makes it; no process begins before the first task. */
export function createWorkers (options: WorkersOptions): Workers {
  const { accounts = createAccounts(), closeGrace = 5000, grace = 2000, idle, identity: mode, onEnded, processes, roots, shared, startTimeout = 20_000, turn = 5000, module = new URL('performer.ts', import.meta.url) } = options
  const { frameBytes, indexer, indexers, indexTimeout, maxPixels, prefetch, queue, reducedBytes, threads } = options
  const performer: PerformerSettings = { frameBytes, indexer, indexers, indexTimeout, maxPixels, prefetch, queue, reducedBytes, threads }
  const workers = new Map<string, Worker>()
  const limits = createLimits(indexers, () => indexers)
  const wanting: Array<() => void> = []
  const totals = { decoded: 0, reduced: 0, hits: 0, sharedHits: 0 }
  let taken = 0
  let givingWay = 0
  let restarts = 0
  let isClosed = false
  let settled = () => {}
  let pressing: NodeJS.Timeout | undefined

  const inFlight = () => [...workers.values()].reduce((sum, worker) => sum + worker.inHand, 0)

  const longest = (since: (worker: Worker) => number | undefined) =>
    [...workers.values()].filter(worker => since(worker) !== undefined).sort((one, other) => (since(one) ?? 0) - (since(other) ?? 0))[0]
  const leaving = (end: Promise<void>) => {
    givingWay += 1
    void end.finally(() => { givingWay -= 1 })
  }
  /** Has the process that is idle longest end, where somebody waits for its place. */
  const makeRoom = () => {
    if (isClosed || wanting.length <= givingWay) return
    const idlest = longest(({ idleSince }) => idleSince)
    if (idlest !== undefined) leaving(idlest.end())
    else pressing ??= setTimeout(press, turn / 4).unref()
  }
  /** Whoever always asks for something again before the last is done would keep a place for ever. */
  const press = () => {
    pressing = undefined
    const oldest = longest(({ busySince }) => busySince)
    if (wanting.length > givingWay && oldest?.busySince !== undefined && performance.now() - oldest.busySince >= turn) leaving(oldest.giveWay())
    makeRoom()
  }
  const enter = async () => {
    if (taken < processes) {
      taken += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    wanting.push(resolve)
    makeRoom()
    await promise
  }
  const leave = () => {
    const next = wanting.shift()
    if (next === undefined) taken -= 1
    else next()
  }

  const forget = () => {
    for (const [key, worker] of workers) if (worker.isForgettable) workers.delete(key)
    // Those that are remembered for their pauses only; the oldest first.
    for (const [key, worker] of workers) {
      if (workers.size <= mostRemembered) return
      if (worker.inHand === 0 && worker.bytes === undefined && worker.idleSince === undefined) workers.delete(key)
    }
  }
  const workerOf = (identity: Identity): Worker => {
    // Who signs in anew under another name has another process, whatever the key.
    const key = JSON.stringify([identity.key, identity.user, identity.esaf])
    const known = workers.get(key)
    if (known !== undefined) return known
    forget()
    const { esaf, user } = identity
    const made = createWorker({
      async prepare () {
        const credentials = mode === 'user' ? await credentialsOf(identity, accounts) : undefined
        return {
          settings: { credentials, roots: rootsOf(roots, identity), module: module.href, isShared: shared !== undefined, performer },
          environment: environmentOf(credentials, user)
        }
      },
      enter,
      leave,
      shared: shared && (() => shared.open(esaf)),
      most: threads + queue,
      mostBytes: Math.min(Math.max(4 * maxPixels + 1024 ** 2, largestShared), 2 ** 32 - 1),
      idle,
      grace,
      startTimeout,
      onIdle: makeRoom,
      onRestart () { restarts += 1 },
      onCounted (added) {
        for (const name of ['decoded', 'reduced', 'hits', 'sharedHits'] as const) totals[name] += added[name]
      },
      onEnded (end) { onEnded?.({ ...end, user, esaf }) }
    })
    workers.set(key, made)
    return made
  }

  const perform = async (identity: Identity, task: TaskName, ask: unknown, bounds: PerformOptions): Promise<unknown> => {
    if (isClosed) throw new DiffractionError('UNAVAILABLE', 'The server is about to end.')
    checkIdentity(identity)
    if (inFlight() >= processes * (threads + queue)) throw new DiffractionError('BUSY', 'Too many requests wait already. Try again.')
    try {
      return await workerOf(identity).perform(task, ask, bounds)
    } finally {
      if (isClosed) settled()
    }
  }

  /** Waits for something within the bounds of a task. `wait` gives undefined where its signal came first. */
  const within = async <Result>({ signal, timeout }: PerformOptions, wait: (signal: AbortSignal) => Promise<Result | undefined>): Promise<Result> => {
    const going = new AbortController()
    const end = () => going.abort()
    const late = setTimeout(end, timeout)
    signal?.addEventListener('abort', end)
    if (signal?.aborted === true) end()
    try {
      const done = await wait(going.signal)
      if (done !== undefined) return done
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', end)
    }
    throw signal?.aborted === true ? new DiffractionError('CANCELLED', 'It is no longer wanted.') : new DiffractionError('TIMEOUT', `It was not done within ${timeout} ms.`)
  }

  /** Programs take all of a processor for minutes: their number is bounded for all identities together. */
  const index = async (identity: Identity, ask: unknown, bounds: PerformOptions): Promise<unknown> => {
    if (limits.waiting >= waitingForIndexers * indexers) throw new DiffractionError('BUSY', 'Too many requests wait for the indexing program. Try again later.')
    const deadline = performance.now() + bounds.timeout
    const { result } = await within(bounds, signal => limits.run('index', signal, async () => ({
      result: await perform(identity, 'index', ask, { ...bounds, timeout: Math.max(1, Math.ceil(deadline - performance.now())) })
    })))
    return result
  }

  return {
    async perform<Name extends TaskName> (identity: Identity, task: Name, ask: Tasks[Name]['ask'], bounds: PerformOptions) {
      const work = task === 'index' ? index(identity, ask, bounds) : perform(identity, task, ask, bounds)
      return await work as Tasks[Name]['result']
    },
    numbers () {
      const bytes = { frames: 0, masks: 0, reduced: 0 }
      for (const worker of workers.values()) {
        for (const name of ['frames', 'masks', 'reduced'] as const) bytes[name] += worker.bytes?.[name] ?? 0
      }
      const frames: FramesNumbers = { bytes, ...totals }
      return { processes: taken, inFlight: inFlight(), restarts, frames }
    },
    async close () {
      isClosed = true
      if (inFlight() > 0) {
        await new Promise<void>(resolve => {
          const late = setTimeout(resolve, closeGrace)
          settled = () => {
            if (inFlight() > 0) return
            clearTimeout(late)
            resolve()
          }
        })
      }
      await Promise.all([...workers.values()].map(worker => worker.close()))
      await shared?.close()
    }
  }
}

/** What a process needs of the environment, and nothing more: no address, no password. */
function environmentOf (credentials: Credentials | undefined, user: string): Record<string, string> {
  const { MALLOC_ARENA_MAX = '2', MALLOC_MMAP_THRESHOLD_ = '262144', NODE_COMPILE_CACHE, PATH = '/usr/local/bin:/usr/bin:/bin', TZ } = process.env
  return {
    PATH,
    // Each thread would have its own memory for large things otherwise, and keep it.
    MALLOC_ARENA_MAX,
    MALLOC_MMAP_THRESHOLD_,
    ...TZ !== undefined && { TZ },
    ...credentials === undefined
      ? NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }
      // Not the cache of compiled code: what other users can write, nobody else may run.
      : { HOME: credentials.home, USER: user }
  }
}
