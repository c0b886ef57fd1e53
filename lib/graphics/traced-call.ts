// A call that leaves its mark in the trace of the request: when it began, and what came of it also where nobody was asked.
import type { Call } from './call.ts'
import { late } from './runner.ts'

/**
 * Notes for each call the event `service asked`, with the time that it waited for its place, and `service settled`, with what came of it. A result
 * that was known has the second only.
 * @param now - a monotonic clock in milliseconds
 */
export function createTracedCall (call: Call, now: () => number = () => performance.now()): Call {
  return async (step, envelope, signal, onStart) => {
    const { span } = envelope
    const ready = now()
    const who = { 'tutti.service': step.service.name, 'tutti.role': step.role }
    const outcome = await call(step, envelope, signal, started => {
      span.event('service asked', { ...who, 'tutti.waited_ms': Math.round(now() - ready) })
      onStart?.(started)
    })
    const kind = outcome.kind === 'cancelled' && signal.reason === late ? 'late' : outcome.kind
    span.event('service settled', { ...who, 'tutti.outcome': kind, 'tutti.reason': outcome.reason })
    return outcome
  }
}
