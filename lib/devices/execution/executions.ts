// Executions: started at once and run on their own, followed, cancelled, and kept with their results and files; whatever happens, each one comes to an end.
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Datalists } from '../datalist.ts'
import type { DeviceClient } from '../device-client.ts'
import { devicesErrors, DevicesError } from '../devices-error.ts'
import type { DevicesCode } from '../devices-error.ts'
import type { Events } from '../events.ts'
import type { Execution } from '../execution.ts'
import type { FileStore } from '../files/store.ts'
import { isId, newId } from '../id.ts'
import type { Id } from '../id.ts'
import type { Query, Registry } from '../registry.ts'
import type { StoredFile } from '../wasm-module.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import { callOf, checkFiles } from './call.ts'
import type { Call } from './call.ts'
import { callCore, checkCore, isCoreCall } from './core-call.ts'
import type { SpooledInputs } from './inputs.ts'
import { checkParameters } from './parameters.ts'
import { createDeviceOrigins, perform } from './perform.ts'
import type { Performed } from './perform.ts'
import { mayRun, newRunner } from './runner.ts'

/** What executions work with. */
export interface ExecutionsOptions {
  readonly registry: Registry
  readonly client: Pick<DeviceClient, 'send'>
  readonly files: Pick<FileStore, 'put' | 'open'>
  readonly datalists: Datalists
  /** Milliseconds that one has. */
  readonly timeout: number
  /** Those at one time in this process. */
  readonly most: number
  /** Most bytes of a file that comes out. */
  readonly maxFile: number
  readonly events: Pick<Events, 'record'>
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** What a deployment is run with. */
export interface ExecutionInputs {
  /** Texts by name; `readParameters` makes them of JSON. */
  readonly parameters: Readonly<Record<string, string>>
  /** They belong to the execution from then on, and are removed at its end, or where it does not begin. */
  readonly inputs?: SpooledInputs | undefined
}

/** A file that came out of an execution. Whoever opens it reads the stream to its end, or destroys it. */
export interface OpenOutput { readonly file: StoredFile, readonly stream: Readable, readonly size: number }

/** Executions. */
export interface Executions {
  /**
   * Begins, and comes back at once.
   * @param deployment - its id or name; of several of one name the newest
   * @param options - `timeout` in milliseconds, for less than all have
   * @throws DevicesError MISSING, CONFLICT where the deployment is not ready, REQUEST with the details of the reference where something is missing, BUSY, UNAVAILABLE
   */
  start (deployment: string, inputs: ExecutionInputs, options?: { readonly timeout?: number | undefined }): Promise<Execution>
  /** Waits for its end, however that is. @param signal - stops waiting, not the execution. @throws DevicesError MISSING, CANCELLED where the signal aborts */
  result (id: Id, signal?: AbortSignal): Promise<Execution>
  /** Stops it: the device is not asked any more, but nobody can stop what runs there. @throws DevicesError MISSING, CONFLICT where it has ended */
  cancel (id: Id): Promise<Execution>
  /** @throws DevicesError MISSING */
  get (id: Id): Promise<Execution>
  /** 100 at most, unless the query says otherwise. */
  list (query?: Query): Promise<Execution[]>
  /** Tells of each change, as it then is. @returns stops it */
  follow (id: Id, listener: (execution: Execution) => void): () => void
  /** @throws DevicesError MISSING */
  openOutput (id: Id, name: string): Promise<OpenOutput>
  /** Takes over, or gives up, what one process does for all: to end executions of processes that are gone. The first round has been tried when this comes back. */
  lead (isLeader: boolean): Promise<void>
  /** SHA-256 of all files that executions refer to. */
  referenced (): Promise<Set<string>>
  /** Those that run here. */
  readonly inFlight: number
  /** Ends all that run here as failed, and waits until that is written. */
  close (): Promise<void>
}

/** One that runs here. */
interface Run {
  readonly controller: AbortController
  readonly done: Promise<Execution>
}

/** Most lines of progress, and most characters of one. */
const mostLines = 1000
const longestLine = 500

/** Most characters of JSON that are kept of what a device said when it failed. */
const mostDetails = 16 * 1024

/** Executions that are read at one time. */
const page = 200

/** Milliseconds between two looks at one that runs in another process, in case that a notice was lost. */
const lookEvery = 1000

/** Milliseconds between two rounds of the process that leads, and what an execution may take beyond its time to be written down. */
const roundEvery = 60_000

/** How often the end of one is tried to be written. */
const mostWrites = 6

/** Makes what runs deployments. */
export function createExecutions (options: ExecutionsOptions): Executions {
  const { registry, files, datalists, timeout: longest, most, events, now = Date.now } = options
  const runner = newRunner()
  const runs = new Map<Id, Run>()
  const followers = new Map<Id, Set<(execution: Execution) => void>>()
  const isDevice = createDeviceOrigins(registry)
  let inFlight = 0
  let isClosed = false
  let rounds: NodeJS.Timeout | undefined

  const emit = (execution: Execution) => {
    for (const listener of [...followers.get(execution.id) ?? []]) listener(execution)
  }

  const stopHearing = registry.onNotified((topic, id) => {
    if (topic !== 'executions' || (!runs.has(id) && !followers.has(id))) return
    registry.executions.get(id).then(execution => {
      if (execution === undefined || !isEnded(execution)) {
        if (execution !== undefined && !runs.has(id)) emit(execution)
        return
      }
      // Somebody has ended it elsewhere.
      runs.get(id)?.controller.abort(new DevicesError('CANCELLED', 'The execution was cancelled.'))
      if (!runs.has(id)) emit(execution)
    }, () => {
      // The next notice, or the end, will find out.
    })
  })

  const find = async (reference: string) => {
    const found = isId(reference) ? await registry.deployments.get(reference) : undefined
    const [named] = found === undefined ? await registry.deployments.list({ name: reference, newestFirst: true, limit: 1 }) : [found]
    if (named === undefined) throw new DevicesError('MISSING', 'There is no deployment of this id or name.')
    return named
  }

  const get = async (id: Id) => {
    const execution = isId(id) ? await registry.executions.get(id) : undefined
    if (execution === undefined) throw new DevicesError('MISSING', 'There is no execution of this id.')
    return execution
  }

  /** Runs what has been written down as queued. Never rejects. */
  const run = async (begun: Execution, call: Call, work: (context: { tell (what: string): void, signal: AbortSignal }) => Promise<Performed>, controller: AbortController, time: number): Promise<Execution> => {
    let current = begun
    let saving: Promise<void> | undefined
    let isDirty = false
    const save = () => {
      isDirty = true
      saving ??= (async () => {
        while (isDirty) {
          isDirty = false
          const kept = await registry.executions.update(begun.id, before => isEnded(before) ? undefined : current)
          if (kept !== undefined && isEnded(kept)) controller.abort(new DevicesError('CANCELLED', 'The execution was cancelled.'))
          registry.notify('executions', begun.id)
        }
      })().catch(() => {
        // The end will be written, or found out by whoever leads.
      }).finally(() => { saving = undefined })
    }
    const become = (change: Partial<Execution>) => {
      current = { ...current, ...change }
      emit(current)
    }
    const tell = (what: string) => {
      if (current.progress.length < mostLines) become({ progress: [...current.progress, { time: now(), what: what.slice(0, longestLine) }] })
      save()
    }

    const timer = setTimeout(() => {
      controller.abort(new DevicesError('TIMEOUT', `The execution had not ended after ${time} ms. EXECUTION_TIMEOUT says how long one may take.`))
    }, time)
    become({ state: 'running', startedAt: now() })
    tell(`Calling ${call.step.func} of ${call.module}.`)
    let ending: Partial<Execution>
    try {
      const performed = await work({ tell, signal: controller.signal })
      ending = { state: 'succeeded', ...performed }
    } catch (error) {
      const { code, message, details } = error instanceof DevicesError ? error : new DevicesError('UNAVAILABLE', 'The server could not run it. The operator looks at its log.')
      ending = { state: code === 'CANCELLED' ? 'cancelled' : 'failed', error: { code, message, details: bounded(details) } }
    }
    clearTimeout(timer)
    await saving
    current = { ...current, ...ending, endedAt: now() }
    current = await writeEnd(current)
    runs.delete(begun.id)
    emit(current)
    registry.notify('executions', begun.id)
    events.record({
      subject: 'execution',
      subjectId: begun.id,
      reason: { succeeded: 'ExecutionSucceeded', cancelled: 'ExecutionCancelled' }[current.state as string] ?? 'ExecutionFailed',
      message: current.error?.message ?? `${call.step.func} of ${call.module} has run.`
    })
    return current
  }

  /** Writes how it ended, unless somebody else has ended it. What cannot be written is found by whoever leads. */
  const writeEnd = async (ended: Execution): Promise<Execution> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await registry.executions.update(ended.id, before => isEnded(before) ? undefined : ended) ?? ended
      } catch {
        if (attempt === mostWrites || isClosed) return ended
        await wait(50 * 2 ** attempt)
      }
    }
  }

  const start: Executions['start'] = async (reference, { parameters: given, inputs }, { timeout = longest } = {}) => {
    let isBegun = false
    if (isClosed || inFlight >= most) {
      await inputs?.remove()
      if (isClosed) throw new DevicesError('UNAVAILABLE', 'The server is about to end. Ask again.')
      throw new DevicesError('BUSY', `As many executions run as the server takes (${most}). Ask again in a moment.`)
    }
    inFlight += 1
    const end = async () => {
      inFlight -= 1
      await inputs?.remove()
    }
    try {
      const deployment = await find(reference)
      const call = callOf(deployment)
      const isCore = isCoreCall(call)
      const parameters = isCore ? checkCore(call, given, inputs?.files ?? []) : checkParameters(deployment, call.endpoint, given)
      const parts = isCore ? inputs?.files ?? [] : checkFiles(call, inputs?.files ?? [])
      const ignored = [...Object.keys(given).filter(name => !parameters.some(([each]) => each === name)), ...(inputs?.files ?? []).map(({ name }) => name).filter(name => !parts.some(each => each.name === name))]
      const time = now()
      const execution: Execution = {
        id: newId(time),
        deployment: deployment.id,
        runner,
        state: 'queued',
        parameters: Object.fromEntries(parameters),
        files: parts.map(({ name }) => name),
        createdAt: time,
        startedAt: undefined,
        endedAt: undefined,
        result: undefined,
        resultText: undefined,
        resultUrl: undefined,
        outputs: {},
        isInFailover: deployment.isInFailover,
        error: undefined,
        progress: ignored.length === 0 ? [] : [{ time, what: `Ignored, because the function does not take it: ${ignored.join(', ')}`.slice(0, longestLine) }]
      }
      const controller = new AbortController()
      const { promise: done, resolve } = Promise.withResolvers<Execution>()
      runs.set(execution.id, { controller, done })
      try {
        await registry.executions.insert(execution)
      } catch (error) {
        runs.delete(execution.id)
        resolve(execution)
        throw error
      }
      isBegun = true
      const least = Math.max(1, Math.min(timeout, longest))
      const work: Parameters<typeof run>[2] = isCore
        ? ({ tell }) => callCore(call, datalists, parameters, parts, tell)
        : context => perform(call, parameters, parts, { ...options, ...context, isDevice, placedNow: async () => callOf(await find(deployment.id)) })
      run(execution, call, work, controller, least).then(async ended => {
        // Whoever waits for the end finds inputs gone, and room for another.
        await end()
        resolve(ended)
      })
      return execution
    } finally {
      if (!isBegun) await end()
    }
  }

  const result: Executions['result'] = async (id, signal) => {
    const stopped = () => new DevicesError('CANCELLED', 'The execution was not waited for any longer. It runs on.')
    const own = runs.get(id)
    if (own !== undefined) {
      const ended = await unlessAborted(own.done, signal)
      if (ended === undefined) throw stopped()
      return ended
    }
    let heard = Promise.withResolvers<undefined>()
    const stop = follow(id, () => heard.resolve(undefined))
    try {
      for (;;) {
        const execution = await get(id)
        if (isEnded(execution)) return execution
        if (signal?.aborted === true) throw stopped()
        const pause = new AbortController()
        await Promise.race([unlessAborted(heard.promise, signal), wait(lookEvery, undefined, { signal: pause.signal }).catch(() => {})])
        pause.abort()
        heard = Promise.withResolvers<undefined>()
      }
    } finally {
      stop()
    }
  }

  const follow: Executions['follow'] = (id, listener) => {
    const own = followers.get(id) ?? new Set()
    followers.set(id, own)
    own.add(listener)
    return () => {
      own.delete(listener)
      if (own.size === 0 && followers.get(id) === own) followers.delete(id)
    }
  }

  /** Tells of all that are kept, page by page. @param after - of those that began after this */
  const each = async (after: number | undefined, look: (execution: Execution) => Promise<void> | void) => {
    let cursor: Id | undefined
    for (;;) {
      const found = await registry.executions.list({ after, cursor, limit: page })
      for (const execution of found) await look(execution)
      if (found.length < page) return
      cursor = found.at(-1)?.id
    }
  }

  /** Ends what nobody runs any more. */
  const round = async (after: number | undefined) => {
    await each(after, async execution => {
      const { id, createdAt } = execution
      if (isEnded(execution) || runs.has(id)) return
      if (execution.runner !== runner && mayRun(execution.runner, runner) && now() - createdAt < longest + roundEvery) return
      const message = 'The server was restarted while it ran. Start it again.'
      const ended = await registry.executions.update(id, before => isEnded(before) ? undefined : { ...before, state: 'failed', endedAt: now(), error: { code: 'UNAVAILABLE', message, details: undefined } })
      if (ended?.error?.message !== message) return
      registry.notify('executions', id)
      events.record({ subject: 'execution', subjectId: id, reason: 'ExecutionFailed', message })
    })
    await datalists.sweep()
  }

  return {
    start,
    result,
    get,
    follow,
    get inFlight () { return inFlight },

    async cancel (id) {
      const own = runs.get(id)
      if (own !== undefined) {
        own.controller.abort(new DevicesError('CANCELLED', 'The execution was cancelled.'))
        return await own.done
      }
      await get(id)
      let isDone = false
      const cancelled = await registry.executions.update(id, before => {
        isDone = isEnded(before)
        return isDone ? undefined : { ...before, state: 'cancelled', endedAt: now(), error: { code: 'CANCELLED', message: 'The execution was cancelled.', details: undefined } }
      })
      if (cancelled === undefined || isDone) throw new DevicesError('CONFLICT', 'The execution has ended already.')
      registry.notify('executions', id)
      return cancelled
    },

    async list (query) {
      return await registry.executions.list({ limit: 100, ...query })
    },

    async openOutput (id, name) {
      const { outputs } = await get(id)
      const file = Object.hasOwn(outputs, name) ? outputs[name] : undefined
      if (file === undefined) throw new DevicesError('MISSING', 'The execution has no file of this name.')
      return { file, ...await files.open(file.sha256) }
    },

    async lead (isLeader) {
      clearInterval(rounds)
      if (!isLeader || isClosed) return
      let areAllSeen = false
      // One that fails is made up for by the next. Once all have been looked at, only those that may still run are.
      const go = async () => {
        await round(areAllSeen ? now() - longest - 10 * roundEvery : undefined).then(() => { areAllSeen = true }, () => {})
      }
      rounds = setInterval(go, roundEvery)
      rounds.unref()
      await go()
    },

    async referenced () {
      const found = new Set<string>()
      await each(undefined, ({ outputs }) => {
        for (const { sha256 } of Object.values(outputs)) found.add(sha256)
      })
      return found
    },

    async close () {
      isClosed = true
      clearInterval(rounds)
      stopHearing()
      const left = [...runs.values()]
      for (const { controller } of left) controller.abort(new DevicesError('UNAVAILABLE', 'The server ended while it ran. Start it again.'))
      await Promise.all(left.map(({ done }) => done))
      followers.clear()
    }
  }
}

/** Whether nothing more will happen. */
export function isEnded ({ state }: Pick<Execution, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

/** Why it failed or was cancelled, as an error to throw; undefined where it did not. */
export function errorOf ({ error }: Execution): DevicesError | undefined {
  if (error === undefined) return undefined
  return new DevicesError(Object.hasOwn(devicesErrors, error.code) ? error.code as DevicesCode : 'UNAVAILABLE', error.message, error.details)
}

/** What a device said, unless it said too much. */
function bounded (details: unknown): unknown {
  const text = JSON.stringify(details)
  return text !== undefined && text.length > mostDetails ? text.slice(0, mostDetails) : details
}
