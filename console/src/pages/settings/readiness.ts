// What GET /health/ready says, also where it answers 503 because the server is not ready.
import { failureOf, fetchFromServer } from '../../lib/api.ts'

/** Something that stands in the way, or that does not go as it should. */
export interface Reason {
  readonly cause: string
  readonly cure: string
  /** The part of the server that it is about, such as `storage`; empty for the whole. */
  readonly part: string
}

/** How ready a server is. */
export interface Readiness {
  readonly status: 'ready' | 'troubled' | 'not ready'
  readonly reasons: readonly Reason[]
  readonly discovery?: { readonly provider: string, readonly confirmedAt: string }
}

interface Answer {
  status?: string
  reasons?: Array<{ cause: string, cure: string }>
  [part: string]: unknown
}

/** Asks whether the server is ready. @throws ApiFailure where it does not say */
export async function askReadiness (signal: AbortSignal): Promise<Readiness> {
  const response = await fetchFromServer('/health/ready', { signal })
  const text = await response.text()
  try {
    return readReadiness(JSON.parse(text))
  } catch {
    throw failureOf(response.ok ? 502 : response.status, text)
  }
}

/** Reads an answer. @throws TypeError where it is none */
export function readReadiness (answer: Answer): Readiness {
  if (answer.status === 'not ready') return { status: 'not ready', reasons: (answer.reasons ?? []).map(({ cause, cure }) => ({ cause, cure, part: '' })) }
  if (answer.status !== 'ready') throw new TypeError('no state')
  const reasons = Object.entries(answer).flatMap(([part, said]) => {
    const { trouble } = (said ?? {}) as { trouble?: { cause: string, cure: string } }
    return trouble === undefined ? [] : [{ cause: trouble.cause, cure: trouble.cure, part }]
  })
  const { discovery } = answer as { discovery?: { provider: string, confirmedAt: string } }
  return { status: reasons.length === 0 ? 'ready' : 'troubled', reasons, ...discovery === undefined ? {} : { discovery } }
}
