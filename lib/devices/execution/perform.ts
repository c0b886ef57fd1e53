// One execution on devices, from its first call to its last file.
import type { Device } from '../device.ts'
import type { DeviceClient, DevicePart } from '../device-client.ts'
import type { Datalists } from '../datalist.ts'
import type { Execution } from '../execution.ts'
import type { FileStore } from '../files/store.ts'
import type { Deployment } from '../deployment.ts'
import type { Registry } from '../registry.ts'
import { isSafe, originOf, originsOf, requestOf } from './call.ts'
import type { Call } from './call.ts'
import { chase, isUnanswered } from './chase.ts'
import type { Chased } from './chase.ts'
import { fetchOutputs } from './outputs.ts'

/** What an execution gives. */
export type Performed = Pick<Execution, 'result' | 'resultText' | 'resultUrl' | 'outputs' | 'isInFailover'>

/** What it works with. */
export interface PerformOptions {
  readonly client: Pick<DeviceClient, 'send'>
  readonly files: Pick<FileStore, 'put'>
  readonly datalists: Pick<Datalists, 'get' | 'ownerOf'>
  readonly maxFile: number
  /** Whether an origin is that of a device. */
  isDevice (deployment: Deployment, origin: string): Promise<boolean>
  /** The same call as the deployment is placed now. @throws DevicesError where it is not ready */
  placedNow (): Promise<Call>
  tell (what: string): void
  readonly signal: AbortSignal
}

/** @throws DevicesError; what the signal was aborted with */
export async function perform (call: Call, parameters: ReadonlyArray<readonly [string, string]>, parts: readonly DevicePart[], options: PerformOptions): Promise<Performed> {
  const attempt = async (on: Call): Promise<Performed> => {
    const deployment = on.deployment
    const context = { ...options, isDevice: (origin: string) => options.isDevice(deployment, origin) }
    const chased: Chased = await chase(requestOf(on, parameters, parts), {
      ...context,
      // A list is read here, of this deployment alone.
      ownResult: async url => options.datalists.ownerOf(url) === deployment.id ? await options.datalists.get(deployment.id) : undefined
    })
    const outputs = await fetchOutputs(chased, originOf(on), context)
    return { result: chased.result, resultText: chased.resultText, resultUrl: chased.resultUrl, outputs, isInFailover: deployment.isInFailover }
  }
  try {
    return await attempt(call)
  } catch (error) {
    if (!isSafe(call) || !isUnanswered(error)) throw error
    // The device may have been replaced meanwhile; a function that only reads may run again there.
    const again = await options.placedNow().catch(() => undefined)
    if (again === undefined || again.step.device === call.step.device) throw error
    options.signal.throwIfAborted()
    options.tell('The device did not answer. Calling the one that has taken over.')
    return await attempt(again)
  }
}

/** Makes what knows whether an origin is that of a device: as the deployment names it, or where any device is now. */
export function createDeviceOrigins (registry: Pick<Registry, 'devices'>): PerformOptions['isDevice'] {
  return async (deployment, origin) => originsOf(deployment).has(origin) || (await registry.devices.list()).some(device => isAt(device, origin))
}

function isAt ({ addresses, port, tls, origin: kind }: Device, origin: string): boolean {
  return kind !== 'self' && addresses.some(address => {
    const url = `${tls ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`
    return URL.canParse(url) && new URL(url).origin === origin
  })
}
