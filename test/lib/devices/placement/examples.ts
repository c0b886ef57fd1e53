// Devices, modules and steps for tests of placement.
import type { Cards } from '../../../../lib/devices/cards.ts'
import type { Step } from '../../../../lib/devices/deployment.ts'
import type { Device } from '../../../../lib/devices/device.ts'
import type { PlacementRequest } from '../../../../lib/devices/placement/place.ts'
import type { FunctionDescription, Requirement, WasmModule } from '../../../../lib/devices/wasm-module.ts'

/** A moment. */
export const now = Date.parse('2026-01-01T12:00:00Z')

/** An id that ends in a number. */
export function id (number: number): string {
  return number.toString(16).padStart(24, '0')
}

/** A device that is online and gives a few things. */
export function device (number: number, more: Partial<Device> = {}): Device {
  return {
    id: id(number),
    name: `device-${number}`,
    origin: 'mdns',
    addresses: [`10.0.0.${number % 250}`],
    port: 5000,
    tls: false,
    description: { platform: { memory: { bytes: 64 * 1024 * 1024 } }, supervisorInterfaces: ['millis', 'print', 'fd_write'] },
    state: 'online',
    reason: undefined,
    since: now - 3600_000,
    lastSeen: now,
    okChecks: 9,
    failedChecks: 0,
    health: { report: { cpuUsage: 50, memoryUsage: 0.5 }, time: now },
    blacklisted: undefined,
    statusLog: [],
    labels: {},
    deployments: undefined,
    sessions: 1,
    createdAt: 0,
    ...more
  }
}

/** A function that is imported. */
export function imported (module: string, name: string): Requirement {
  return { module, name, kind: 'function', signature: { parameters: [], results: [] } }
}

/** A function as it is described. */
export function described (more: Partial<FunctionDescription> = {}): FunctionDescription {
  return { method: 'get', parameters: [], output: 'integer', mounts: {}, ...more }
}

/** A module with one version. */
export function wasm (number: number, name: string, functions: Record<string, FunctionDescription>, more: { requirements?: Requirement[], pages?: number, isCore?: boolean, dataFiles?: string[] } = {}): WasmModule {
  const { requirements = [], pages, isCore = false, dataFiles = [] } = more
  const file = { sha256: 'ab'.repeat(32), size: 8, mediaType: 'application/octet-stream', originalName: 'file' }
  return {
    id: id(number),
    name,
    isCore,
    version: 1,
    createdAt: 0,
    versions: [{
      version: 1,
      wasm: file,
      createdAt: 0,
      functions,
      dataFiles: Object.fromEntries(dataFiles.map(mount => [mount, file])),
      analysis: { requirements, exports: Object.keys(functions).map(each => ({ name: each, parameters: [], results: ['i32'] })), memory: pages === undefined ? undefined : { initial: pages, maximum: undefined }, hasStart: false }
    }]
  }
}

/** A step. */
export function step (module: number, func: string, more: Partial<Step> = {}): Step {
  return { device: null, module: id(module), func, failovers: [], labels: {}, ...more }
}

/** No cards at all. */
export const noCards: Cards = { modules: [], nodes: [], dataSources: [], zones: [] }

/** A question about placement. */
export function request (devices: readonly Device[], modules: readonly WasmModule[], steps: readonly Step[], more: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    steps, sequence: [], goal: [], devices: new Map(devices.map(each => [each.id, each])), modules: new Map(modules.map(each => [each.id, each])), load: new Map(), cards: noCards, risk: 'warn', now, ...more
  }
}
