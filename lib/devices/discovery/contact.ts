// Finds out whether a device is where it is said to be: it must describe itself there.
import type { DeviceClient } from '../device-client.ts'
import type { DeviceDescription } from '../device.ts'
import { DevicesError } from '../devices-error.ts'
import { cleanName } from './names.ts'
import type { Proposal } from './proposal.ts'

/**
 * Asks all addresses at one time. A device that says its name (Tutti's own agent does, as `name`) must say this one: addresses wander, and another device may have got it. @returns what it says, and its addresses with the one that answered first at the head: that one is given to its peers
 * @throws DevicesError where none answers as it must
 */
export type Contact = (device: Proposal, signal?: AbortSignal) => Promise<{ readonly description: DeviceDescription, readonly addresses: readonly string[] }>

/** Makes contact through a client. */
export function createContact (client: Pick<DeviceClient, 'describe'>): Contact {
  return async ({ name, addresses, port, tls }, signal) => {
    const others = new AbortController()
    const ended = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal])
    try {
      return await Promise.any(addresses.map(async address => {
        const description = await client.describe({ addresses: [address], port, tls }, ended)
        const own = 'name' in description && typeof description.name === 'string' ? cleanName(description.name) : undefined
        if (own !== undefined && own !== name) throw new DevicesError('DEVICE_FAILED', 'Another device answers there.')
        return { description, addresses: [address, ...addresses.filter(each => each !== address)] }
      }))
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      others.abort()
    }
  }
}
