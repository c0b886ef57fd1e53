// Where the work of one service is done: warmed up once, a bounded number at a time, each within its deadline. Knows no HTTP.
import type { FastifyBaseLogger } from 'fastify'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { BrokenError, BusyError, DeadlineError, FailedError, StoppingError, traceError } from './errors.ts'
import { createSlots } from './slots.ts'
import type { ServiceDefinition, WarmService } from './definition.ts'

/** How far a service has come: loading, ready, or unable to load. */
export type ServiceState = 'starting' | 'healthy' | 'failed'

/** Times that end work. */
export interface WorkplaceTimes {
  /** Milliseconds that work in flight has to finish once `stop` is called, before its signal aborts. */
  grace: number
  /** Milliseconds that a place stays taken by work that does not heed its aborted signal. */
  stubborn: number
}

/** Where the work of one service is done. */
export interface Workplace {
  /** How far the service has come. */
  readonly state: ServiceState
  /** Begins the warm-up, once. */
  start: (log: FastifyBaseLogger) => void
  /** Resolves when warm; rejects with what the warm-up threw. */
  warm: () => Promise<void>
  /**
   * Does the work for one request, after the warm-up and when a place is free. Gives what the service gave, unchecked.
   * Rejects with the reason of `controller` once that aborts, BusyError when too many wait, BrokenError when the warm-up failed, FailedError (with its cause) when the service threw.
   */
  work: (request: GraphicRequest, controller: AbortController, log: FastifyBaseLogger) => Promise<unknown>
  /** Gives work in flight its time to finish, then aborts it. Returns at once. */
  beginStop: () => void
  /** Frees what the warm-up loaded; waits for a warm-up that is under way. */
  finishStop: () => Promise<void>
}

/** Makes the workplace of a service. Throws RangeError when the definition's limits make no sense. */
export function createWorkplace (definition: ServiceDefinition, { grace, stubborn }: WorkplaceTimes): Workplace {
  const slots = createSlots(definition)
  const inFlight = new Set<AbortController>()
  const warmth = Promise.withResolvers<WarmService>()
  // A failed warm-up is told by health, by warm() and to every request; it must not end the process by itself.
  warmth.promise.catch(() => {})
  let state: ServiceState = 'starting'
  let started = false
  let waitingForWarmth = 0
  let graceTimer: NodeJS.Timeout | undefined

  async function warmService (signal: AbortSignal): Promise<WarmService> {
    if (state === 'failed') throw new BrokenError()
    if (state === 'starting' && waitingForWarmth >= definition.maxQueue) throw new BusyError()
    waitingForWarmth++
    try {
      return await unlessAborted(warmth.promise.catch(() => { throw new BrokenError() }), signal)
    } finally {
      waitingForWarmth--
    }
  }

  async function run (service: WarmService, request: GraphicRequest, controller: AbortController, log: FastifyBaseLogger): Promise<unknown> {
    const { signal } = controller
    const leave = await slots.enter(signal)
    const deadline = setTimeout(() => controller.abort(new DeadlineError()), definition.deadline)
    const work = service.run(request, { signal, log })
    // The place is free when the work has really ended, or some time after its abort: a hung library must not close the service for ever.
    let giving: NodeJS.Timeout | undefined
    const give = () => { giving = setTimeout(leave, stubborn) }
    signal.addEventListener('abort', give, { once: true })
    const end = () => {
      clearTimeout(deadline)
      clearTimeout(giving)
      signal.removeEventListener('abort', give)
      leave()
    }
    work.then(end, end)
    return await unlessAborted(work, signal)
  }

  return {
    get state () { return state },

    start (log) {
      if (started) return
      started = true
      definition.start().then(service => {
        state = 'healthy'
        warmth.resolve(service)
      }, (error: unknown) => {
        state = 'failed'
        log.error({ error: traceError(error) }, 'the warm-up has failed')
        warmth.reject(error)
      })
    },

    async warm () { await warmth.promise },

    async work (request, controller, log) {
      inFlight.add(controller)
      try {
        const service = await warmService(controller.signal)
        return await run(service, request, controller, log)
      } catch (cause) {
        if (controller.signal.aborted) throw controller.signal.reason
        if (cause instanceof BusyError || cause instanceof BrokenError) throw cause
        throw new FailedError({ cause })
      } finally {
        inFlight.delete(controller)
      }
    },

    beginStop () {
      graceTimer = setTimeout(() => {
        for (const controller of inFlight) controller.abort(new StoppingError())
      }, grace)
    },

    async finishStop () {
      clearTimeout(graceTimer)
      if (!started) return
      const service = await warmth.promise.catch(() => undefined)
      await service?.stop()
    }
  }
}

/** What the promise gives, or the signal's reason as soon as it aborts. */
async function unlessAborted<T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<never>()
  const leave = () => gone.reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([promise, gone.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
