// Walks a plan: whatever is ready runs; what has come in is spliced into what is sent next. Knows neither HTTP nor where services
// come from.
import type { Call } from './call.ts'
import type { Envelope } from './envelope.ts'
import type { CallOutcome } from './outcome.ts'
import type { Plan, Stage, Step } from './plan.ts'

/** What a run is given. */
export interface Run {
  plan: Plan
  /** The request; results are added to it. */
  envelope: Envelope
  /** Ends the run early: with the reason `late` when the request's deadline has come, with any other when nobody waits any more. */
  signal: AbortSignal
  /** Told of each step whose service is asked. Must not throw. */
  onStart?: (step: Step) => void
  /** Told of each outcome as it happens. */
  onOutcome?: (outcome: CallOutcome) => void
}

/** Walks plans. Gives every outcome, one for each step, in the order in which they settled; rejects only with what `onOutcome` throws. */
export interface Runner {
  (run: Run): Promise<CallOutcome[]>
}

/** Reason of an abort that stands for the request's deadline. */
export const late = Symbol('late')

/** Makes a runner from a call. */
export function createRunner (call: Call): Runner {
  return async ({ plan, envelope, signal, onStart, onOutcome }) => {
    const outcomes: CallOutcome[] = []
    const settle = (outcome: CallOutcome) => {
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
    for (const stage of plan.stages) await runStage(stage, step => runStep(step, envelope, signal, onStart), settle)
    return outcomes
  }

  async function runStep (step: Step, envelope: Envelope, signal: AbortSignal, onStart: Run['onStart']): Promise<CallOutcome> {
    const unfinished = (): CallOutcome => ({
      service: step.service.name, role: step.role, kind: signal.reason === late ? 'late' : 'cancelled', milliseconds: 0
    })
    if (signal.aborted) return unfinished()
    const outcome = await call(step, envelope, signal, onStart)
    return outcome.kind === 'cancelled' ? { ...outcome, kind: unfinished().kind } : apply(outcome, envelope)
  }
}

/** Starts steps as soon as all that they wait for have settled; resolves when all have, rejects with what `settle` throws. */
function runStage ({ steps }: Stage, run: (step: Step) => Promise<CallOutcome>, settle: (outcome: CallOutcome) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const missing = steps.map(step => step.after.length)
  const waiting: number[][] = steps.map(() => [])
  steps.forEach((step, index) => step.after.forEach(each => waiting[each]?.push(index)))
  let unsettled = steps.length

  const start = (index: number) => {
    const step = steps[index] as Step
    const fail = (): CallOutcome => ({ service: step.service.name, role: step.role, kind: 'failed', reason: 'internal', milliseconds: 0 })
    run(step).catch(fail).then(outcome => {
      settle(outcome)
      unsettled -= 1
      if (unsettled === 0) return resolve()
      for (const next of waiting[index] ?? []) {
        missing[next] = (missing[next] ?? 0) - 1
        if (missing[next] === 0) start(next)
      }
    }).catch(reject)
  }
  // Collected first: starting may settle at once and free others, which must not be started twice.
  const ready = steps.flatMap((step, index) => step.after.length === 0 ? [index] : [])
  ready.forEach(start)
  if (unsettled === 0) resolve()
  return promise
}

/** Puts what a preprocessor or modifier brought into the request. */
function apply (outcome: CallOutcome, envelope: Envelope): CallOutcome {
  if (outcome.result?.kind !== 'data') return outcome
  if (outcome.role !== 'modifier') {
    envelope.addResult(outcome.result.name, outcome.result.data)
    return outcome
  }
  const { refused } = envelope.modify(outcome.result.data)
  return refused.length === 0 ? outcome : { ...outcome, detail: `left alone: ${refused.join(', ')}` }
}
