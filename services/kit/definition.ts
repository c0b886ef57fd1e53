// What a service is: one preprocessor or one handler, with its schemas, its limits and what it keeps loaded.
import type { FastifyBaseLogger } from 'fastify'
import type { Static, TSchema } from '@sinclair/typebox'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import type { Rendering } from '../../schemas/graphics/rendering.ts'

/** What `run` gets beside the request. */
export interface ServiceContext {
  /** Aborts when the caller has hung up, the deadline has passed, or the service is stopping and its time to finish is over. */
  signal: AbortSignal
  /** Log with the request's id in every line. Write nothing of the graphic, its text or its place to it. */
  log: FastifyBaseLogger
}

/** How much a service takes on. */
export interface ServiceLimits {
  /** Requests worked on at one time; unlimited when left out. A service that computes wants 1, or the number of its workers. */
  concurrency?: number
  /** Requests that may wait for their turn, 100 when left out; one more is answered 503 with Retry-After. */
  maxQueue?: number
  /** Milliseconds that one request may take once it has its turn, 120000 when left out; then its signal aborts and it is answered 503. */
  deadline?: number
}

interface Lifecycle<W> {
  /** Host name of the service, which is also its name in the log: `object-detection`. */
  service: string
  /** Loads what the service needs, once; `GET /health` answers 503 until it has resolved. Its value is handed to `run` as `warm`. */
  warmUp?: () => Promise<W>
  /** Frees what `warmUp` has loaded, when the service stops. */
  coolDown?: (warm: W) => Promise<void>
}

/** A preprocessor as its author writes it. */
export interface PreprocessorOptions<T extends TSchema, W> extends ServiceLimits, Lifecycle<W> {
  /** Name that its data goes under: `ca.mcgill.a11y.image.preprocessor.objectDetection`. */
  name: string
  /** Schema of the data; a reply that does not fit it is not sent. */
  data: T
  /** Looks at a request; gives the data, or undefined when the request is not for this service. */
  run: (request: GraphicRequest, context: ServiceContext & { warm: W }) => Promise<Static<T> | undefined>
}

/** A handler as its author writes it. */
export interface HandlerOptions<W> extends ServiceLimits, Lifecycle<W> {
  /** The renderings it can make: type_id (`ca.mcgill.a11y.image.renderer.Text`) → schema of that rendering's data. */
  renderers: Record<string, TSchema>
  /** Makes renderings; an empty list when the request is not for this service. Called only if the request wants at least one of `renderers`. */
  run: (request: GraphicRequest, context: ServiceContext & { warm: W }) => Promise<Rendering[]>
}

/** A service with what it has loaded. */
export interface WarmService {
  /** Does the work; what it gives is not checked yet. */
  run: (request: GraphicRequest, context: ServiceContext) => Promise<unknown>
  /** Frees what was loaded. */
  stop: () => Promise<void>
}

/** A service ready to be built or served; made by `preprocessor` and `handler`. */
export interface ServiceDefinition extends Required<ServiceLimits> {
  /** Which of the two kinds it is, and so which path it answers on. */
  kind: 'preprocessor' | 'handler'
  /** Host name and log name. */
  service: string
  /** Schemas of the data it makes, by preprocessor name or by type_id. */
  schemas: Record<string, TSchema>
  /** Loads what the service needs. */
  start: () => Promise<WarmService>
}

/** Defines a preprocessor: it looks at a request and gives data for those after it, or undefined when the request is not for it (answered 204). */
export function preprocessor<T extends TSchema, W = undefined> (options: PreprocessorOptions<T, W>): ServiceDefinition {
  return define('preprocessor', options, { [options.name]: options.data }, options.run)
}

/** Defines a handler: it makes renderings from a request and the data in it; an empty list is answered 204. */
export function handler<W = undefined> (options: HandlerOptions<W>): ServiceDefinition {
  return define('handler', options, options.renderers, options.run)
}

function define<W> (
  kind: ServiceDefinition['kind'],
  { service, warmUp, coolDown, concurrency = Infinity, maxQueue = 100, deadline = 120_000 }: ServiceLimits & Lifecycle<W>,
  schemas: Record<string, TSchema>,
  run: (request: GraphicRequest, context: ServiceContext & { warm: W }) => Promise<unknown>
): ServiceDefinition {
  return {
    kind,
    service,
    schemas,
    concurrency,
    maxQueue,
    deadline,
    async start () {
      // Without warmUp W is undefined, which the compiler cannot know.
      const warm = await warmUp?.() as W
      return {
        run: async (request, context) => await run(request, { ...context, warm }),
        stop: async () => { await coolDown?.(warm) }
      }
    }
  }
}
