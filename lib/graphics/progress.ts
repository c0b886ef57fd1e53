// What a client that follows its request is told, as names of events and their JSON. Knows no HTTP.
import type { CallOutcome, MadeRendering } from './outcome.ts'
import type { Step } from './plan.ts'

/** Follows a run; none of these may throw. */
export interface Progress {
  /** Told once, before anything starts, of everything that will be called. */
  onPlan: (steps: readonly Step[]) => void
  /** Told of each call as it starts; a step that never starts is not mentioned. */
  onStart: (step: Step) => void
  /** Told of each outcome as it happens. */
  onOutcome: (outcome: CallOutcome) => void
  /** Told of each rendering that the client can show, as soon as it has come. */
  onRendering: (rendering: MadeRendering) => void
}

/** Tells of one event: its name and its JSON text. */
export interface Tell { (event: string, json: string | Buffer): void }

/**
 * Puts progress into events: `discovered` with the services of the plan, `started`, one named like the kind of each outcome (`done`,
 * `not-applicable`, `failed`, `late`), and `rendering` with the rendering as its handler sent it. What outcomes say beyond what
 * Server-Timing does is for operators and stays here.
 */
export function tellProgress (requestUuid: string, tell: Tell): Progress {
  return {
    onPlan: steps => tell('discovered', JSON.stringify({ request_uuid: requestUuid, services: steps.map(nameOf) })),
    onStart: step => tell('started', JSON.stringify(nameOf(step))),
    onOutcome: ({ service, role, kind, reason, milliseconds, attempts }) => {
      // Undefined members are left out.
      tell(kind, JSON.stringify({ service, role, reason, milliseconds: Math.round(milliseconds * 10) / 10, attempts }))
    },
    onRendering: ({ bytes }) => tell('rendering', bytes)
  }
}

function nameOf ({ service, role }: Step): { service: string, role: Step['role'] } {
  return { service: service.name, role }
}
