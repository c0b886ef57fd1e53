// What somebody wants deployed, as it comes from outside, and the steps that it means.
import type { Step } from './deployment.ts'
import type { Device } from './device.ts'
import { DevicesError } from './devices-error.ts'
import { isId } from './id.ts'
import type { Id } from './id.ts'
import type { Registry } from './registry.ts'
import { currentVersion } from './wasm-module.ts'
import type { WasmModule } from './wasm-module.ts'

const mostSteps = 64
const mostFailovers = 32
const mostLabels = 32
const longestText = 200

/** What is wrong with a manifest. `details` has the two texts that clients of the reference know. */
function refused (error: string): DevicesError {
  return new DevicesError('REQUEST', `The deployment cannot be taken: ${error}`, { errorText: 'Failed validating manifest', error })
}

/** Why a manifest cannot be deployed. `details` as above. */
export function unplaceable (error: string, explanation?: unknown): DevicesError {
  return new DevicesError('NO_PLACE', `The deployment cannot be placed: ${error}`, { errorText: 'Failed constructing solution for manifest', error, ...(explanation === undefined ? {} : { explanation }) })
}

/** A wanted deployment with all that it names. */
export interface Wanted {
  readonly name: string
  readonly steps: readonly Step[]
  /** Those that the steps name. */
  readonly modules: ReadonlyMap<Id, WasmModule>
}

/**
 * Reads what is wanted. Members may come in any order; those that are not known are left out.
 * @param devices - all there are
 * @param isLenient - as the reference: steps on devices that are not known go anywhere, failovers that are not known are left out
 * @throws DevicesError REQUEST, NO_PLACE for what names something that is not there
 */
export async function readWanted (body: unknown, { registry, devices, isLenient }: { registry: Pick<Registry, 'modules'>, devices: ReadonlyMap<Id, Device>, isLenient: boolean }): Promise<Wanted> {
  if (!isObject(body)) throw refused('manifest must have a name')
  const { name, sequence } = body
  if (typeof name !== 'string' || name.trim() === '') throw refused('manifest must have a name')
  if (name.length > longestText) throw refused(`manifest must have a name of ${longestText} characters at most`)
  if (!Array.isArray(sequence) || sequence.length === 0) throw refused('manifest must have a sequence of operations')
  if (sequence.length > mostSteps) throw refused(`manifest must have ${mostSteps} operations at most`)
  const modules = new Map<Id, WasmModule>()
  const steps: Step[] = []
  for (const [index, node] of sequence.entries()) {
    if (!isObject(node) || typeof node.module !== 'string' || node.module === '') throw refused('manifest node must have a module')
    if (typeof node.func !== 'string' || node.func === '') throw refused('manifest node must have a function')
    const module = await findModule(registry, node.module)
    if (module === undefined) throw unplaceable(`step ${index + 1}: there is no module ${brief(node.module)}`)
    checkFunction(module, node.func, index)
    modules.set(module.id, module)
    const device = readDevice(node.device, devices, isLenient, index)
    steps.push({ device, module: module.id, func: node.func, failovers: readFailovers(node.failovers, device, devices, isLenient, index), labels: readLabels(node.labels) })
  }
  return { name, steps, modules }
}

/** By id, else the newest of that name. */
async function findModule ({ modules }: Pick<Registry, 'modules'>, text: string): Promise<WasmModule | undefined> {
  const byId = isId(text) ? await modules.get(text) : undefined
  if (byId !== undefined || text.length > longestText) return byId
  const [newest] = await modules.list({ name: text, newestFirst: true, limit: 1 })
  return newest
}

function checkFunction (module: WasmModule, func: string, index: number): void {
  const { functions, analysis } = currentVersion(module)
  if (!module.isCore && analysis.exports.every(({ name }) => name !== func)) throw unplaceable(`step ${index + 1}: module ${brief(module.name)} exports no function ${brief(func)}`)
  if (functions === undefined || !Object.hasOwn(functions, func)) throw unplaceable(`step ${index + 1}: function ${brief(func)} of module ${brief(module.name)} has not been described yet`)
}

function readDevice (given: unknown, devices: ReadonlyMap<Id, Device>, isLenient: boolean, index: number): Id | null {
  if (given === null || given === undefined || given === '') return null
  const device = typeof given === 'string' ? findDevice(given, devices) : undefined
  if (device === undefined) {
    if (isLenient) return null
    throw new DevicesError('REQUEST', `Step ${index + 1} names a device that is not known: ${brief(given)}. Leave it out to have one chosen`)
  }
  if (device.blacklisted !== undefined) throw unplaceable(`step ${index + 1}: device ${brief(device.name)} is blacklisted`)
  return device.id
}

function readFailovers (given: unknown, own: Id | null, devices: ReadonlyMap<Id, Device>, isLenient: boolean, index: number): Id[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given) || given.length > mostFailovers) throw refused(`failovers must be a list of ${mostFailovers} devices at most`)
  const found: Id[] = []
  for (const each of given) {
    if (each === null || each === undefined || each === '') continue
    const device = typeof each === 'string' ? findDevice(each, devices) : undefined
    if (device === undefined) {
      if (isLenient) continue
      throw new DevicesError('REQUEST', `Step ${index + 1} names a failover that is not known: ${brief(each)}`)
    }
    if (device.blacklisted !== undefined) throw unplaceable(`step ${index + 1}: failover ${brief(device.name)} is blacklisted`)
    if (device.id !== own && !found.includes(device.id)) found.push(device.id)
  }
  return found
}

function readLabels (given: unknown): Record<string, string> {
  if (given === undefined || given === null) return {}
  if (!isObject(given)) throw refused('labels must be an object of texts')
  const labels = Object.entries(given)
  if (labels.length > mostLabels || labels.some(([name, value]) => name === '__proto__' || name.length > longestText || typeof value !== 'string' || value.length > longestText)) throw refused(`labels must be ${mostLabels} texts at most, of ${longestText} characters each`)
  return Object.fromEntries(labels) as Record<string, string>
}

function findDevice (text: string, devices: ReadonlyMap<Id, Device>): Device | undefined {
  return devices.get(text) ?? [...devices.values()].find(({ name }) => name === text)
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief (value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, longestText) : typeof value)
}
