// Metrics of the module `devices`.
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { measure, total } from './registry.ts'

/** Numbers to read whenever the metrics are read. */
export interface DevicesNumbers {
  /** Devices by state; 0 each in a process that does not lead. */
  readonly devices: Readonly<Record<'online' | 'suspect' | 'offline' | 'blacklisted', number>>
  readonly isLeading: boolean
  /** Probes so far, and those of them that were not answered well. */
  readonly probes: number
  readonly failedProbes: number
  /** Seconds by which the probe that is latest is overdue. */
  readonly probeDelay: number
  readonly isTroubled: boolean
  /** Bytes of files. */
  readonly storedBytes: number
  /** Executions that run. */
  readonly running: number
  /** Events that could not be written. */
  readonly lostEvents: number
}

/** What is counted as it happens. */
export interface DevicesCounts {
  /** An execution has ended. @param outcome - its state */
  execution (outcome: string): void
  /** A line was logged by a device. */
  log (): void
}

/** Adds the metrics of devices to a registry. */
export function addDevicesMetrics (registry: Registry, read: () => DevicesNumbers): DevicesCounts {
  const registers = [registry]
  const devices = new Gauge({
    name: 'tutti_devices',
    help: 'Devices that are known, by state.',
    labelNames: ['state'],
    registers,
    collect () {
      for (const [state, count] of Object.entries(read().devices)) devices.set({ state }, count)
    }
  })
  measure(registry, { name: 'tutti_devices_leading', help: '1 where this server probes devices and reconciles deployments, otherwise 0.', aggregator: 'max', read: () => read().isLeading ? 1 : 0 })
  measure(registry, { name: 'tutti_devices_trouble', help: '1 where what is kept of devices cannot be read or written, otherwise 0.', aggregator: 'max', read: () => read().isTroubled ? 1 : 0 })
  measure(registry, { name: 'tutti_devices_probe_delay_seconds', help: 'By how much the probe that is latest is overdue.', aggregator: 'max', read: () => read().probeDelay })
  measure(registry, { name: 'tutti_devices_stored_bytes', help: 'Bytes of modules, their files, and outputs of executions.', aggregator: 'max', read: () => read().storedBytes })
  measure(registry, { name: 'tutti_executions_running', help: 'Executions that have not ended.', read: () => read().running })
  total(registry, { name: 'tutti_devices_probes_total', help: 'Probes of devices.', read: () => read().probes })
  total(registry, { name: 'tutti_devices_failed_probes_total', help: 'Probes that were not answered well.', read: () => read().failedProbes })
  total(registry, { name: 'tutti_devices_lost_events_total', help: 'Events that could not be written.', read: () => read().lostEvents })
  const executions = new Counter({ name: 'tutti_executions_total', help: 'Executions that have ended, by outcome.', labelNames: ['outcome'], registers })
  const logs = new Counter({ name: 'tutti_devices_log_lines_total', help: 'Lines that devices have logged here.', registers })
  return {
    execution (outcome) { executions.inc({ outcome }) },
    log () { logs.inc() }
  }
}
