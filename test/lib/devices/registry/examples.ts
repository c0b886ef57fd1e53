// Devices, modules and other things as tests of the registry keep them.
import { newId } from '../../../../lib/devices/id.ts'
import type { Deployment } from '../../../../lib/devices/deployment.ts'
import type { Device } from '../../../../lib/devices/device.ts'
import type { Datalist, DevicesEvent, LogEntry } from '../../../../lib/devices/registry.ts'

/** A device with a name of its own. */
export function exampleDevice (name: string, more: Partial<Device> = {}): Device {
  return {
    id: newId(),
    name,
    origin: 'registered',
    addresses: ['192.168.1.20', 'fd00::20'],
    port: 5000,
    tls: false,
    description: { platform: { memory: { bytes: 4294967296 }, cpu: { humanReadableName: 'Cortex-A72', clockSpeed: { Hz: 1.5e9 } } }, supervisorInterfaces: ['millis', 'delay', 'print', 'println', 'printInt', 'rpcCall', 'takeImage', 'path_open', 'fd_read', 'fd_write'] },
    state: 'online',
    reason: 'answers well',
    since: 1_700_000_000_000,
    lastSeen: 1_700_000_100_000,
    okChecks: 7,
    failedChecks: 0,
    health: { report: { cpuUsage: 12.5, memoryUsage: 0.25 }, time: 1_700_000_100_000 },
    blacklisted: { reason: 'too hot', since: 1_700_000_050_000 },
    statusLog: [{ status: 'online', time: 1_700_000_000_000, reason: 'answers well' }, { status: 'suspect', time: 1_699_999_990_000, reason: 'found' }],
    labels: { zone: 'hall', camera: 'yes' },
    deployments: [],
    sessions: 1,
    createdAt: 1_699_999_990_000,
    ...more
  }
}

/** A deployment with no step. */
export function exampleDeployment (name: string, more: Partial<Deployment> = {}): Deployment {
  return {
    id: newId(),
    name,
    steps: [],
    isWanted: true,
    isLeaving: false,
    generation: 1,
    placedGeneration: 0,
    sequence: [],
    goal: [],
    nodes: {},
    rollouts: {},
    isInFailover: false,
    conditions: [],
    validationError: 'none',
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    ...more
  }
}

/** An event about something. */
export function exampleEvent (subjectId: string, time: number, message = 'it is there'): DevicesEvent {
  return { id: newId(time), time, subject: 'device', subjectId, reason: 'DeviceOnline', message }
}

/** A line that a device has logged. */
export function exampleLog (deviceName: string, dateReceived: number, line: Record<string, unknown> = {}): LogEntry {
  return { id: newId(dateReceived), dateReceived, deviceName, deployment: newId(), line }
}

/** A list. */
export function exampleList (values: readonly unknown[] = []): Datalist {
  const deployment = newId()
  return { id: deployment, deployment, values }
}
