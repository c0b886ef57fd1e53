// A device in the shape that clients of the reference know from MongoDB.
import type { Device, StatusEntry } from '../device.ts'
import { isoTime } from './time.ts'

/** A device as `GET /file/device` gives it. */
export interface LegacyDevice {
  readonly _id: string
  readonly name: string
  readonly communication: { readonly addresses: readonly string[], readonly port: number }
  readonly description: unknown
  readonly status: 'active' | 'inactive'
  readonly failedHealthCheckCount: number
  readonly okHealthCheckCount: number
  readonly statusLog: ReadonlyArray<{ readonly status: 'active' | 'inactive', readonly time: string, readonly reason?: string }>
  readonly health: { readonly report: unknown, readonly timeOfQuery: string | null }
  readonly blacklisted?: true
}

/** What pages show of a device that has not been asked yet. */
const undescribed = { platform: {}, supervisorInterfaces: [] }

/** Makes the shape: a device that may be used is active, and so is one that has missed a probe or two. */
export function legacyDevice (device: Device): LegacyDevice {
  const { id, name, addresses, port, description, state, lastSeen, failedChecks, okChecks, statusLog, health, blacklisted } = device
  const isActive = blacklisted === undefined && (state === 'online' || (state === 'suspect' && lastSeen !== undefined))
  return {
    _id: id,
    name,
    communication: { addresses, port },
    description: description ?? undescribed,
    status: isActive ? 'active' : 'inactive',
    failedHealthCheckCount: failedChecks,
    okHealthCheckCount: okChecks,
    statusLog: statusLog.flatMap(legacyEntry),
    health: { report: health?.report ?? null, timeOfQuery: health === undefined ? null : isoTime(health.time) },
    ...blacklisted === undefined ? {} : { blacklisted: true }
  }
}

/** A change of state; none for changes that the reference does not know. */
function legacyEntry ({ status, time, reason }: StatusEntry): LegacyDevice['statusLog'] {
  switch (status) {
    case 'online': return [{ status: 'active', time: isoTime(time), ...reason === undefined ? {} : { reason } }]
    case 'offline': return [{ status: 'inactive', time: isoTime(time), ...reason === undefined ? {} : { reason } }]
    case 'blacklisted': return [{ status: 'inactive', time: isoTime(time), reason: 'blacklisted' }]
    default: return []
  }
}
