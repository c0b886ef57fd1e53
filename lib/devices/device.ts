// A device as it is kept: where it is, what it says that it can do, and what is known of its health.
import type { Id } from './id.ts'

/**
 * What is known of a device. `online`: its last probes were answered well. `suspect`: the last one was not, or the first has not come yet. `offline`: as many in a row as
 * HEALTH_CHECK_THRESHOLD were not. Blacklisting stands beside it: nothing is placed on a device that is blacklisted, whatever its state.
 */
export type DeviceState = 'online' | 'suspect' | 'offline'

/** How a device became known. */
export type DeviceOrigin = 'mdns' | 'registered' | 'init' | 'self'

/** What a device says of itself under /.well-known/wasmiot-device-description. Members beyond these are kept as they came. */
export interface DeviceDescription {
  readonly platform: {
    readonly memory?: { readonly bytes: number | null } | undefined
    readonly cpu?: { readonly humanReadableName: string | null, readonly clockSpeed?: { readonly Hz: number | null } | undefined } | undefined
  }
  /** What modules may import there: bare names as the reference has them, or `module.name`. */
  readonly supervisorInterfaces: readonly string[]
}

/** What a device answered to a probe of its health. */
export interface HealthReport {
  /** Percent, 0 to 100. */
  readonly cpuUsage?: number | undefined
  /** Share, 0 to 1. */
  readonly memoryUsage?: number | undefined
}

/** A change of state. */
export interface StatusEntry {
  readonly status: DeviceState | 'blacklisted' | 'unblacklisted'
  /** Milliseconds since 1970. */
  readonly time: number
  readonly reason: string | undefined
}

/** Where a device can be reached, in the order in which addresses are tried. */
export interface DeviceEndpoint {
  /** IP addresses without brackets; names are resolved before they get here. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly tls: boolean
}

/** A device. All times are milliseconds since 1970. */
export interface Device extends DeviceEndpoint {
  readonly id: Id
  /** Its identity: the instance name of mDNS. No two devices have one name. */
  readonly name: string
  readonly origin: DeviceOrigin
  /** Undefined until it has been asked. */
  readonly description: DeviceDescription | undefined
  readonly state: DeviceState
  /** Why it is in that state, in words for people. */
  readonly reason: string | undefined
  /** Since when it is. */
  readonly since: number
  /** When a probe was last answered well; undefined for never. */
  readonly lastSeen: number | undefined
  /** Probes in a row that were answered well, and that were not. */
  readonly okChecks: number
  readonly failedChecks: number
  /** The last health that it told, and when. */
  readonly health: { readonly report: HealthReport, readonly time: number } | undefined
  /** Undefined where it is not blacklisted. */
  readonly blacklisted: { readonly reason: string | undefined, readonly since: number } | undefined
  /** Newest first, 100 at most. */
  readonly statusLog: readonly StatusEntry[]
  /** What operators say of it, for placing: `zone` is one of them. */
  readonly labels: Readonly<Record<string, string>>
  /** Deployments that it said it holds in its last description or health report, where it says so (Tutti's own agent does). */
  readonly deployments: readonly Id[] | undefined
  /** Rises by one whenever it comes online, so that a reconciler sees that it has been away. */
  readonly sessions: number
  readonly createdAt: number
}

/** The name under which Tutti itself is a device, for core services alone. */
export const selfName = 'orchestrator'

/** Whether anything new may be placed on a device. */
export function isUsable ({ state, blacklisted }: Pick<Device, 'state' | 'blacklisted'>): boolean {
  return state === 'online' && blacklisted === undefined
}
