// What a probe makes of a device: pure. The decision behind it is docs/decisions/0025.
import type { Device, DeviceState, HealthReport, StatusEntry } from '../device.ts'
import type { Id } from '../id.ts'

/** What a probe has brought. */
export type ProbeResult =
  /** `hasForgotten`: the device had been told of this server, and knows it no more, so its process is a new one. */
  | { readonly isGood: true, readonly report: HealthReport, readonly deployments: readonly Id[] | undefined, readonly hasForgotten: boolean }
  /** `isDoubtful`: it ran out of its time while this server itself had no time to look, which says nothing of the device. */
  | { readonly isGood: false, readonly reason: string, readonly isDoubtful?: boolean }

/** Probes in a row that a device which was offline answers well before it is online again. */
export const probesToReturn = 2

/** Entries of a status log that are kept. */
export const longestLog = 100

/** The part of a device that probes decide. Whoever leads writes it, and nobody else. */
export type Health = Pick<Device, 'state' | 'reason' | 'since' | 'lastSeen' | 'okChecks' | 'failedChecks' | 'health' | 'deployments' | 'sessions'>

/**
 * What a device is after a probe. One that was lost is suspect after one bad probe and offline after `threshold`; a suspect one is online after a good one, an offline one after two.
 * @param now - milliseconds since 1970
 */
export function afterProbe (before: Health, result: ProbeResult, { threshold, now }: { threshold: number, now: number }): Health {
  if (!result.isGood) {
    if (result.isDoubtful === true) return before.state === 'online' ? unheard(before, now) : before
    const failedChecks = before.failedChecks + 1
    const state = failedChecks >= threshold ? 'offline' : before.state === 'offline' ? 'offline' : 'suspect'
    return { ...before, ...changed(before, state, result.reason, now), okChecks: 0, failedChecks }
  }
  const { report, deployments, hasForgotten } = result
  const okChecks = before.okChecks + 1
  const state = before.state === 'offline' && okChecks < probesToReturn ? 'offline' : 'online'
  const isBack = state === 'online' && (before.sessions === 0 || before.state === 'offline' || hasForgotten)
  return {
    ...before,
    ...changed(before, state, state === 'online' ? undefined : before.reason, now),
    okChecks,
    failedChecks: 0,
    lastSeen: now,
    health: { report, time: now },
    deployments: deployments ?? before.deployments,
    sessions: before.sessions + (isBack ? 1 : 0)
  }
}

/** What a device is of which nothing has been heard for too long, whoever is to blame. */
export function unheard (before: Health, now: number): Health {
  return { ...before, ...changed(before, 'suspect', 'It has not been probed for a while.', now) }
}

function changed (before: Health, state: DeviceState, reason: string | undefined, now: number): Pick<Device, 'state' | 'reason' | 'since'> {
  return state === before.state ? { state, reason, since: before.since } : { state, reason, since: now }
}

/** A status log with one more entry. */
export function withEntry (log: readonly StatusEntry[], entry: StatusEntry): StatusEntry[] {
  return [entry, ...log].slice(0, longestLog)
}

/**
 * Milliseconds from the start of one probe to that of the next. A little less than the interval, by chance, so that devices do not stay in step. Devices that do not answer at all are asked
 * a little faster, so that the last probe of `threshold` has run out by the time it is due: a device that is lost is offline no later than threshold times the interval.
 * @param random - 0 to 1
 */
export function pace ({ state, failedChecks, okChecks }: Pick<Device, 'state' | 'failedChecks' | 'okChecks'>, { interval, threshold, timeout, random }: { interval: number, threshold: number, timeout: number, random: number }): number {
  const most = interval * (1 - 0.05 * random)
  if (state === 'suspect' && failedChecks > 0 && threshold > 1) return Math.max(interval / 2, Math.min(most, interval - timeout / (threshold - 1)))
  // It is back: whether it stays is seen at once.
  if (state === 'offline' && okChecks > 0) return Math.min(most, Math.max(interval / 10, 100))
  return most
}
