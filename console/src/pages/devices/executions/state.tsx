// The state of an execution in a line or a cell.
import { State } from '../../../components/state.tsx'
import type { Execution } from './known.ts'
import { texts } from './texts.ts'

const kinds = { queued: 'busy', running: 'busy', succeeded: 'good', failed: 'bad', cancelled: 'off' } as const
const words: Record<string, () => string> = { queued: () => texts.queued, running: () => texts.running, succeeded: () => texts.succeeded, failed: () => texts.failed, cancelled: () => texts.cancelled }

/** What a state is called. */
export function stateWords (state: string): string {
  return words[state]?.() ?? state
}

/** The state. */
export function ExecutionState ({ execution: { state } }: { execution: Pick<Execution, 'state'> }) {
  return <State kind={kinds[state as keyof typeof kinds] ?? 'off'}>{stateWords(state)}</State>
}
