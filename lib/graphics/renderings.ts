// From what handlers made to what the client gets: only what it can show, in the order that it expects.
import type { CallOutcome, MadeRendering } from './outcome.ts'

/** Description that marks a message of the server's, which comes first. */
export const statusDescription = 'Server status message.'

/**
 * Orders and filters renderings.
 * @param outcomes - in the order in which their renderings shall appear
 * @param accepted - renderer names that the client accepts
 * @returns `kept`: status messages first, the last to come at the very front, all others in order; `dropped`: type and service of what the client cannot show
 */
export function arrange (outcomes: readonly CallOutcome[], accepted: ReadonlySet<string>): { kept: MadeRendering[], dropped: Array<{ service: string, typeId: string }> } {
  const status: MadeRendering[] = []
  const others: MadeRendering[] = []
  const dropped: Array<{ service: string, typeId: string }> = []
  for (const { service, result } of outcomes) {
    if (result?.kind !== 'renderings') continue
    for (const rendering of result.renderings) {
      if (!accepted.has(rendering.typeId)) dropped.push({ service, typeId: rendering.typeId })
      else if (rendering.description === statusDescription) status.push(rendering)
      else others.push(rendering)
    }
  }
  return { kept: [...status.reverse(), ...others], dropped }
}
