// Recent requests: which are looked for, and what happened in one of them, moment by moment.
import type { paths } from '../../api/schema.d.ts'

/** One request that has ended. */
export type RecentRequest = paths['/requests']['get']['responses'][200]['content']['application/json']['requests'][number]
/** One service in it. */
export type RecentStep = RecentRequest['steps'][number]

/** Which requests are shown. */
export interface Filter {
  /** Looked for in ids, routes, codes and names of services. */
  readonly text: string
  /** How they ended: one of the four, `incomplete` for answers that lack something, or empty for all. */
  readonly end: string
}

/** Whether a service gave nothing that it should have given. */
export function isLost ({ kind }: RecentStep): boolean {
  return kind === 'failed' || kind === 'late'
}

/** The requests that a filter lets through. */
export function filterRequests (requests: readonly RecentRequest[], { text, end }: Filter): readonly RecentRequest[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '' && end === '') return requests
  return requests.filter(request => {
    if (end === 'incomplete' ? !request.steps.some(isLost) : end !== '' && request.end !== end) return false
    return [request.id, request.route, request.code, request.path, ...request.steps.map(each => each.service)].some(each => each?.toLowerCase().includes(wanted) === true)
  })
}

/** Something that happened in a request. */
export interface Moment {
  /** Milliseconds after it came. */
  readonly at: number
  readonly what: 'came' | 'asked' | 'settled' | 'ended'
  readonly step?: RecentStep
}

/** All that happened, in order: it came, services were asked and settled, it ended. */
export function momentsOf ({ steps, ms }: RecentRequest): Moment[] {
  const between = steps.flatMap((step): Moment[] => {
    if (step.start === undefined) return []
    return [{ at: step.start, what: 'asked', step }, ...step.kind === 'running' ? [] : [{ at: step.start + step.ms, what: 'settled' as const, step }]]
  })
  const order = { came: 0, settled: 1, asked: 2, ended: 3 }
  return [{ at: 0, what: 'came' }, ...between.sort((a, b) => a.at - b.at || order[a.what] - order[b.what]), { at: ms, what: 'ended' }]
}

/** How each service stood after so many moments: `running`, how it ended, or not at all where it had not been asked. */
export function standingAt (moments: readonly Moment[], position: number): Map<string, RecentStep['kind']> {
  const standing = new Map<string, RecentStep['kind']>()
  for (const { what, step } of moments.slice(0, position + 1)) {
    if (step !== undefined) standing.set(step.service, what === 'asked' ? 'running' : step.kind)
  }
  return standing
}
