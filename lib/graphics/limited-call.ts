// A call that waits for its place within the limits.
import type { Limits } from '../limits.ts'
import type { Call } from './call.ts'

/** Puts a call under limits: it starts when it has a place, and is cancelled where its caller goes before. */
export function createLimitedCall (call: Call, limits: Limits): Call {
  return async (step, envelope, signal, onStart) => {
    const outcome = await limits.run(step.service.name, signal, () => {
      onStart?.(step)
      return call(step, envelope, signal)
    })
    return outcome ?? { service: step.service.name, role: step.role, kind: 'cancelled', milliseconds: 0 }
  }
}
