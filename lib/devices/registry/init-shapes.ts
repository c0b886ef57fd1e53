// What the Wasm-IoT orchestrator exports of its devices, modules and deployments, understood: each function takes one entry of its lists and gives what is kept of it. All members that are
// not named here are dropped.
import { isIP } from 'node:net'
import type { Deployment, Step } from '../deployment.ts'
import { selfName } from '../device.ts'
import type { Device, DeviceDescription, StatusEntry } from '../device.ts'
import { isId } from '../id.ts'
import type { Id } from '../id.ts'
import type { FunctionDescription, Mount, MountStage } from '../wasm-module.ts'

/** A module as it is exported: its files are known by the names that they were uploaded under. */
export interface ExportedModule {
  readonly id: Id
  readonly name: string
  readonly isCore: boolean
  readonly wasm: string | undefined
  /** By mount. */
  readonly dataFiles: Readonly<Record<string, string>>
  /** Undefined where it is not described. */
  readonly functions: Readonly<Record<string, FunctionDescription>> | undefined
}

/** Longest name. */
const longestName = 200

/** Ports of devices that say none. */
const standardPort = 5000

type Members = Readonly<Record<string, unknown>>

const members = (value: unknown): Members => typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Members : {}
const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : []
const isName = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= longestName

/** An id, as text or as MongoDB exports it: `{"$oid": "…"}`. */
export function idOf (value: unknown): Id | undefined {
  const text = typeof value === 'string' ? value : members(value).$oid
  return typeof text === 'string' && isId(text.toLowerCase()) ? text.toLowerCase() : undefined
}

/** A time in milliseconds since 1970, from a number, a date as text, or as MongoDB exports it: `{"$date": …}`. */
function timeOf (value: unknown): number | undefined {
  if (typeof value === 'object' && value !== null) return timeOf(members(value).$date ?? members(value).$numberLong)
  const time = typeof value === 'string' ? /^\d+$/.test(value) ? Number(value) : Date.parse(value) : value
  return typeof time === 'number' && Number.isSafeInteger(time) && time >= 0 ? time : undefined
}

/** Id and name of an entry. @throws RangeError where it lacks one */
function identify (entry: unknown): { id: Id, name: string } {
  const { _id, name } = members(entry)
  const id = idOf(_id)
  if (id === undefined) throw new RangeError('its _id is not one of 24 hexadecimal digits')
  if (!isName(name)) throw new RangeError(`its name is not a text of up to ${longestName} characters`)
  return { id, name }
}

/** A device, which nobody has probed yet; undefined for the entry of the orchestrator itself. @throws RangeError where it is none */
export function deviceOf (entry: unknown, now: number): Device | undefined {
  const { id, name } = identify(entry)
  if (name === selfName) return undefined
  const { communication, description, statusLog, blacklisted } = members(entry)
  const { addresses, port = standardPort } = members(communication)
  const usable = list(addresses).filter(address => typeof address === 'string' && isIP(address) !== 0) as string[]
  if (usable.length === 0) throw new RangeError('none of its addresses is an IP address')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) throw new RangeError('its port is no number from 1 to 65535')
  return {
    id,
    name,
    origin: 'init',
    addresses: [...new Set(usable)].slice(0, 20),
    port,
    tls: false,
    description: descriptionOf(description),
    state: 'suspect',
    reason: 'read from the init folder, and not probed yet',
    since: now,
    lastSeen: undefined,
    okChecks: 0,
    failedChecks: 0,
    health: undefined,
    blacklisted: blacklisted === true ? { reason: 'blacklisted before it moved here', since: now } : undefined,
    statusLog: list(statusLog).map(statusOf).filter(status => status !== undefined).slice(0, 100),
    labels: {},
    deployments: undefined,
    sessions: 0,
    createdAt: now
  }
}

function descriptionOf (description: unknown): DeviceDescription | undefined {
  const { platform, supervisorInterfaces } = members(description)
  if (typeof platform !== 'object' || platform === null || !Array.isArray(supervisorInterfaces)) return undefined
  return { platform: members(platform) as DeviceDescription['platform'], supervisorInterfaces: supervisorInterfaces.filter(name => typeof name === 'string') }
}

function statusOf (entry: unknown): StatusEntry | undefined {
  const { status, time, reason } = members(entry)
  const when = timeOf(time)
  if (when === undefined || (status !== 'active' && status !== 'inactive')) return undefined
  return { status: status === 'active' ? 'online' : 'offline', time: when, reason: typeof reason === 'string' ? reason.slice(0, longestName) : undefined }
}

/** A module. @throws RangeError where it is none */
export function moduleOf (entry: unknown): ExportedModule {
  const { id, name } = identify(entry)
  const { isCoreModule, wasm, dataFiles, description, mounts } = members(entry)
  const { originalFilename } = members(wasm)
  return {
    id,
    name,
    isCore: isCoreModule === true,
    wasm: typeof originalFilename === 'string' ? originalFilename : undefined,
    dataFiles: Object.fromEntries(Object.entries(members(dataFiles)).flatMap(([mount, file]) => {
      const { originalFilename } = members(file)
      return typeof originalFilename === 'string' ? [[mount, originalFilename]] : []
    })),
    functions: functionsOf(members(description), members(mounts))
  }
}

const methods = ['get', 'post', 'put', 'delete'] as const

/** How functions are called, from the OpenAPI document that was made of it. */
function functionsOf ({ paths }: Members, mounts: Members): Record<string, FunctionDescription> | undefined {
  const found = Object.entries(members(paths)).flatMap(([path, item]): Array<[string, FunctionDescription]> => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const method = methods.find(method => method in members(item))
    if (method === undefined || !isName(name)) return []
    const { parameters, responses } = members(members(item)[method])
    return [[name, { method, parameters: list(parameters).flatMap(parameterOf), output: outputOf(members(members(members(responses)['200']).content)), mounts: mountsOf(members(mounts[name])) }]]
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function parameterOf (parameter: unknown): Array<FunctionDescription['parameters'][number]> {
  const { name, in: place, schema } = members(parameter)
  return isName(name) && place === 'query' ? [{ name, type: members(schema).type === 'integer' ? 'integer' : 'float' }] : []
}

function outputOf (content: Members): string {
  const [[mediaType, media] = ['application/json', undefined]] = Object.entries(content)
  if (mediaType !== 'application/json') return mediaType
  const { type } = members(members(media).schema)
  return type === 'float' || type === 'number' ? 'float' : 'integer'
}

const isStage = (stage: unknown): stage is MountStage => stage === 'deployment' || stage === 'execution' || stage === 'output'

function mountsOf (mounts: Members): Record<string, Mount> {
  return Object.fromEntries(Object.entries(mounts).flatMap(([name, mount]) => {
    const { mediaType, stage } = members(mount)
    return isName(name) && isStage(stage) ? [[name, { mediaType: typeof mediaType === 'string' ? mediaType : 'application/octet-stream', stage }]] : []
  }))
}

/** A deployment, which is not wanted on devices until somebody deploys it; where it was placed is kept, what devices are told is made anew. @throws RangeError where it is none */
export function deploymentOf (entry: unknown, now: number): Deployment {
  const { id, name } = identify(entry)
  const { sequence, failoversBySequence, goalDeployment } = members(entry)
  const groups = list(failoversBySequence).map(group => list(group))
  const placed = list(sequence).map((step, place) => {
    const { device, module, func } = members(step)
    const [deviceId, moduleId] = [idOf(device), idOf(module)]
    if (deviceId === undefined || moduleId === undefined || !isName(func)) throw new RangeError(`step ${place + 1} of its sequence lacks a device, a module or a function`)
    return { device: deviceId, module: moduleId, version: 1, func }
  })
  if (placed.length === 0) throw new RangeError('its sequence is empty')
  const steps = placed.map(({ device, module, func }, place): Step => {
    const group = groups[place]
    // First in its group is what was asked for: null for any device.
    const asked = group === undefined || group.length === 0 ? device : idOf(group[0]) ?? null
    return { device: asked, module, func, failovers: (group ?? []).slice(1).map(idOf).filter(id => id !== undefined), labels: {} }
  })
  const goal = list(goalDeployment).map(idOf).filter(id => id !== undefined)
  return {
    id,
    name,
    steps,
    isWanted: false,
    isLeaving: false,
    generation: 1,
    placedGeneration: 0,
    sequence: placed,
    goal: goal.length === placed.length ? goal : placed.map(({ device }) => device),
    nodes: {},
    rollouts: {},
    isInFailover: false,
    conditions: [],
    validationError: undefined,
    createdAt: now,
    updatedAt: now
  }
}
