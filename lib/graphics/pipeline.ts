// The life of a request between its arrival and its answer: plan, run, arrange, write.
import type { ServiceDiscovery } from '../discovery/topology.ts'
import { ServicesUnknownError } from '../errors.ts'
import type { Span } from '../span.ts'
import { createEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import type { CallOutcome, MadeRendering } from './outcome.ts'
import { createPlanner } from './plan.ts'
import type { Stage, Step } from './plan.ts'
import type { Reader, WithBytes } from './reader.ts'
import type { RequestReading } from './reading.ts'
import { arrange } from './renderings.ts'
import { late } from './runner.ts'
import type { Runner } from './runner.ts'
import type { ValidationErrors } from './validator.ts'

/** A request that has been read and found valid. */
export type ReadRequest = WithBytes<RequestReading>

/** What a request led to. */
export interface Answer {
  /** JSON text of the answer, or the schema errors of a request that services have made invalid. */
  body: Buffer | ValidationErrors
  /** How each service did, in the order in which they settled. */
  outcomes: CallOutcome[]
  /** Renderings that the client cannot show and therefore does not get. */
  dropped: Array<{ service: string, typeId: string }>
}

/** What the caller of a pipeline may follow and end. */
export interface Watch {
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal
  /** The work for the request, within a trace. */
  span?: Span
  /** Told of each outcome as it happens. */
  onOutcome?: (outcome: CallOutcome) => void
  /** Told once of everything that will be called, before anything starts; not where the request cannot run at all. Must not throw. */
  onPlan?: (steps: readonly Step[]) => void
  /** Told of each call as it starts. Must not throw. */
  onStart?: (step: Step) => void
  /** Told of each rendering that the client can show as soon as it has come; not where only preprocessors run. */
  onRendering?: (rendering: MadeRendering) => void
}

/** Answers requests. Both ways throw ServicesUnknownError where no services have been listed yet. */
export interface Pipeline {
  /** Runs everything and gives the renderings. */
  render (request: ReadRequest, watch: Watch): Promise<Answer>
  /** Runs preprocessors only and gives the request with their results. */
  preprocess (request: ReadRequest, watch: Watch): Promise<Answer>
  /** Ends all runs now: each is answered with what it has. */
  hurry (): void
}

/** What a pipeline is made of. */
export interface PipelineOptions {
  discovery: ServiceDiscovery
  runner: Runner
  reader: Reader
  /** True for a graph, false for one preprocessor after the other. */
  parallel: boolean
  /** Milliseconds after which a request is answered with what is ready. */
  requestTimeout: number
  /** The wall clock, in milliseconds since 1970. */
  now?: () => number
}

/** Makes a pipeline. */
export function createPipeline ({ discovery, runner, reader, parallel, requestTimeout, now = Date.now }: PipelineOptions): Pipeline {
  const planFor = createPlanner()
  const runs = new Set<AbortController>()

  const run = async (request: ReadRequest, { signal, span, onOutcome, onPlan, onStart, onRendering }: Watch, render: boolean) => {
    const { obstacle } = discovery.status()
    if (obstacle !== undefined) throw new ServicesUnknownError(obstacle.cause, obstacle.cure)
    const envelope = createEnvelope(request.bytes, request.members, request.results, span)
    if (request.route === undefined) {
      onPlan?.([])
      return { envelope, outcomes: [], stages: [] }
    }
    const plan = planFor(discovery.current(), { route: request.route, parallel, render })
    onPlan?.(plan.stages.flatMap(stage => stage.steps))
    const ending = new AbortController()
    const giveUp = () => ending.abort(signal.reason)
    const deadline = setTimeout(() => ending.abort(late), requestTimeout)
    runs.add(ending)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    try {
      const outcomes = await runner({
        plan, envelope, signal: ending.signal, onStart, onOutcome: onRendering === undefined ? onOutcome : withRenderings(envelope, onRendering, onOutcome)
      })
      return { envelope, outcomes, stages: plan.stages }
    } finally {
      clearTimeout(deadline)
      signal.removeEventListener('abort', giveUp)
      runs.delete(ending)
    }
  }

  return {
    async render (request, watch) {
      const { envelope, outcomes, stages } = await run(request, watch, true)
      // In parallel mode whoever is ready first comes first; in serial mode the order of the services rules.
      const { kept, dropped } = arrange(parallel ? outcomes : inOrderOf(stages, outcomes), acceptedRenderers(envelope))
      return { body: writeAnswer(envelope.requestUuid, Math.floor(now() / 1000), kept.map(each => each.bytes)), outcomes, dropped }
    },

    async preprocess (request, watch) {
      const { envelope, outcomes } = await run(request, watch, false)
      const body = Buffer.concat(envelope.body().parts)
      if (!outcomes.some(outcome => outcome.role === 'modifier' && outcome.kind === 'done')) return { body, outcomes, dropped: [] }
      // Modifiers may have made it invalid; the client is told rather than handed something that no service would take.
      const reading = await reader.read('request', body, watch.signal)
      if (reading.ok) return { body: reading.bytes, outcomes, dropped: [] }
      return { body: reading.cause === 'invalid' ? reading.errors : [], outcomes, dropped: [] }
    },

    hurry () {
      for (const ending of runs) ending.abort(late)
    }
  }
}

/** Tells of outcomes, and of the renderings among them. By the time a handler answers, modifiers have said what the client accepts. */
function withRenderings (envelope: Envelope, onRendering: (rendering: MadeRendering) => void, onOutcome: Watch['onOutcome']): (outcome: CallOutcome) => void {
  let accepted: Set<string> | undefined
  return outcome => {
    onOutcome?.(outcome)
    if (outcome.result?.kind !== 'renderings') return
    accepted ??= acceptedRenderers(envelope)
    for (const rendering of arrange([outcome], accepted).kept) onRendering(rendering)
  }
}

function inOrderOf (stages: readonly Stage[], outcomes: CallOutcome[]): CallOutcome[] {
  const places = new Map(stages.flatMap(stage => stage.steps).map(({ service, role }, index) => [`${role} ${service.name}`, index]))
  const place = ({ service, role }: CallOutcome) => places.get(`${role} ${service}`) ?? 0
  return outcomes.toSorted((a, b) => place(a) - place(b))
}

/** The renderers that the request accepts after all modifications; a modifier may have left anything there. */
function acceptedRenderers (envelope: Envelope): Set<string> {
  const renderers: unknown = JSON.parse(envelope.member('renderers')?.toString('utf8') ?? '[]')
  return new Set(Array.isArray(renderers) ? renderers.filter(each => typeof each === 'string') : [])
}

function writeAnswer (requestUuid: string, timestamp: number, renderings: Buffer[]): Buffer {
  const comma = Buffer.from(',')
  const start = Buffer.from(`{"request_uuid":${JSON.stringify(requestUuid)},"timestamp":${timestamp},"renderings":[`)
  return Buffer.concat([start, ...renderings.flatMap((bytes, index) => index === 0 ? [bytes] : [comma, bytes]), Buffer.from(']}')])
}
