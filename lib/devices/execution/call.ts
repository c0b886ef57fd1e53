// What it takes to run a deployment: its first step, how that is called, and what is sent. Devices call the further steps themselves.
import { isReady } from '../deployment.ts'
import type { Deployment, Endpoint, NodeMount, PlacedStep } from '../deployment.ts'
import type { DevicePart, DeviceRequest } from '../device-client.ts'
import { DevicesError } from '../devices-error.ts'
import type { Origin } from './outputs.ts'

/** The first call of an execution. */
export interface Call {
  readonly deployment: Deployment
  readonly step: PlacedStep
  /** Name of the module. */
  readonly module: string
  readonly endpoint: Endpoint
}

/** @throws DevicesError CONFLICT where the deployment is not on all of its devices: its details say what is missing */
export function callOf (deployment: Deployment): Call {
  const { id, name, isWanted, isLeaving, sequence, nodes, rollouts, conditions } = deployment
  if (!isReady(deployment) || isLeaving) {
    const devices = Object.fromEntries(Object.keys(nodes).map(device => [device, rollouts[device]?.state ?? 'pending']))
    const reason = isLeaving || !isWanted ? 'It is not deployed: deploy it first' : sequence.length === 0 ? 'Its steps have no place on any device' : 'Not all of its devices have taken it yet'
    throw new DevicesError('CONFLICT', `The deployment ${name} cannot run now. ${reason}.`, { name: 'DeploymentNotReady', deployment: { id }, devices, conditions })
  }
  const [step] = sequence
  const module = step === undefined ? undefined : nodes[step.device]?.modules.find(each => each.id === step.module)?.name
  const endpoint = step === undefined || module === undefined ? undefined : own(own(nodes[step.device]?.endpoints, module), step.func)
  if (step === undefined || module === undefined || endpoint === undefined) throw new DevicesError('CONFLICT', `The deployment ${name} does not say how its first step is called. Deploy it again.`)
  return { deployment, step, module, endpoint }
}

/** Whether the call may be repeated without anything happening twice. */
export function isSafe ({ endpoint: { method } }: Call): boolean {
  return ['GET', 'HEAD'].includes(method.toUpperCase())
}

/**
 * Files to send: those that the function expects, with the media types that it expects.
 * @throws DevicesError REQUEST where one of them is missing
 */
export function checkFiles (call: Call, given: readonly DevicePart[]): DevicePart[] {
  const { deployment, endpoint } = call
  if (isSafe(call) || endpoint.request.request_body === undefined) return []
  return mountsOf(call, 'execution').map(({ path, media_type: mediaType }) => {
    const file = given.find(each => each.name === path)
    if (file === undefined) throw new DevicesError('REQUEST', `The file ${path} is missing.`, { name: 'FileMissing', deployment: { id: deployment.id }, execPath: endpoint.path, file: path })
    return { ...file, mediaType }
  })
}

/** The request that begins an execution. */
export function requestOf ({ endpoint: { url, path, method } }: Call, parameters: ReadonlyArray<readonly [string, string]>, parts: readonly DevicePart[]): DeviceRequest {
  // In the order of the endpoint: devices take them by position.
  const query = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  return { url: `${url}${path.replace(/[?#]/g, encodeURIComponent)}${query === '' ? '' : `?${query}`}`, method: method.toUpperCase(), ...parts.length === 0 ? {} : { parts } }
}

/** Where files of the last step come from. */
export function originOf ({ deployment }: Call): Origin {
  const last = deployment.sequence.at(-1)
  const node = last === undefined ? undefined : deployment.nodes[last.device]
  const module = node?.modules.find(each => each.id === last?.module)?.name ?? ''
  const func = last?.func ?? ''
  const mounts = own(own(node?.mounts, module), func)?.output ?? []
  return { deployment: deployment.id, module, func, mediaTypes: Object.fromEntries(mounts.map(({ path, media_type: mediaType }) => [path, mediaType])) }
}

/** Addresses of devices that the deployment names, as origins. */
export function originsOf ({ nodes }: Deployment): Set<string> {
  const urls = Object.values(nodes).flatMap(({ endpoints }) => Object.values(endpoints).flatMap(functions => Object.values(functions).map(({ url }) => url)))
  return new Set(urls.filter(url => URL.canParse(url)).map(url => new URL(url).origin))
}

function mountsOf ({ deployment, step, module }: Call, stage: NodeMount['stage']): readonly NodeMount[] {
  return own(own(deployment.nodes[step.device]?.mounts, module), step.func)?.[stage] ?? []
}

function own<Value> (object: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}
