// Roles, states and outcomes in words, shapes and colours.
import type { ReadonlySignal } from '@preact/signals'
import { State } from '../../components/state.tsx'
import type { RecentRequest, RecentStep } from './requests.ts'
import { isLost } from './requests.ts'
import type { Standing } from './store.ts'
import { texts } from './texts.ts'

/** The kinds of states that the console shows. */
export type Kind = 'good' | 'busy' | 'warning' | 'bad' | 'off'

const standings: Record<NonNullable<Standing>, { kind: Kind, words: () => string }> = {
  ready: { kind: 'good', words: () => texts.ready },
  working: { kind: 'busy', words: () => texts.working },
  partly: { kind: 'warning', words: () => texts.partly },
  failing: { kind: 'warning', words: () => texts.failing },
  aside: { kind: 'bad', words: () => texts.aside },
  none: { kind: 'bad', words: () => texts.noReplica },
  done: { kind: 'good', words: () => texts.done },
  cached: { kind: 'good', words: () => texts.cached },
  'not-applicable': { kind: 'off', words: () => texts['not-applicable'] },
  failed: { kind: 'bad', words: () => texts.failed },
  late: { kind: 'bad', words: () => texts.late },
  cancelled: { kind: 'off', words: () => texts.cancelled },
  running: { kind: 'busy', words: () => texts.running }
}

/** How something stands, as a kind of state and in words. The server may be newer than the console: what it does not know it shows as it came. */
export function standingWords (standing: Standing | (string & {})): { kind: Kind, words: string } {
  if (standing === undefined) return { kind: 'off', words: texts.notAsked }
  const known = Object.hasOwn(standings, standing) ? standings[standing as NonNullable<Standing>] : undefined
  return known === undefined ? { kind: 'off', words: standing } : { kind: known.kind, words: known.words() }
}

/** How a service stands, drawn anew by itself. */
export function LiveState ({ standing }: { standing: ReadonlySignal<Standing> }) {
  const { kind, words } = standingWords(standing.value)
  return <State kind={kind}>{words}</State>
}

const reasons = ['refused', 'broken', 'down', 'timeout', 'status', 'too-large', 'not-json', 'invalid', 'wrong-name', 'internal'] as const

/** How a service ended in a request, with the reason. */
export function stepWords ({ kind, reason }: RecentStep): string {
  const { words } = standingWords(kind)
  if (reason === undefined) return words
  const known = reasons.find(each => each === reason)
  return texts.because(words, known === undefined ? reason : texts[known])
}

/** The same as a state. */
export function StepState ({ step }: { step: RecentStep }) {
  return <State kind={standingWords(step.kind).kind}>{stepWords(step)}</State>
}

/** How a request ended. */
export function requestWords ({ end, steps }: RecentRequest): { kind: Kind, words: string } {
  if (end === 'answered') return steps.some(isLost) ? { kind: 'warning', words: texts.answeredIncomplete } : { kind: 'good', words: texts.answered }
  if (end === 'refused') return { kind: 'bad', words: texts.refusedRequest }
  return end === 'cancelled' ? { kind: 'off', words: texts.cancelledRequest } : { kind: 'bad', words: texts.failedRequest }
}

/** The same as a state. */
export function RequestState ({ request }: { request: RecentRequest }) {
  const { kind, words } = requestWords(request)
  return <State kind={kind}>{words}</State>
}

/** What a service is called for. */
export function roleWords (role: string): string {
  if (role === 'modifier') return texts.modifier
  return role === 'handler' ? texts.handler : texts.preprocessor
}
