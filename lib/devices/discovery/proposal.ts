// What discovery gives: somebody says that a device of a name is at an endpoint. Whether that is so a probe decides.
import { isIP } from 'node:net'
import type { DeviceEndpoint } from '../device.ts'
import { cleanName } from './names.ts'

/** Somebody says that a device is there. */
export interface Proposal extends DeviceEndpoint {
  readonly name: string
}

/** What is posted to `/file/device/discovery/register`; all of it may be absent. */
export interface Registration {
  readonly addresses?: readonly string[] | undefined
  readonly host?: string | undefined
  readonly name?: string | undefined
  readonly port?: number | undefined
  /** As in TXT records of mDNS: `tls` and `address`. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/** Most addresses of a device. */
export const mostAddresses = 8

/** Port of supervisors that say nothing of it. */
const standardPort = 5000

/** Reads the strings of a TXT record (RFC 6763, section 6): the first of a name counts, names are without case, what is no `name=value` is left out. */
export function readText (strings: readonly string[]): Map<string, string> {
  const members = new Map<string, string>()
  for (const each of strings.slice(0, 64)) {
    const at = each.indexOf('=')
    const name = each.slice(0, at).toLowerCase()
    if (at > 0 && !members.has(name)) members.set(name, each.slice(at + 1))
  }
  return members
}

/** Addresses in order, each once, IPv4 first: supervisors give their peers the first one, and many speak no other. */
export function orderAddresses (addresses: Iterable<string>): string[] {
  const valid = [...new Set(addresses)].filter(each => isIP(each) !== 0)
  return [...valid.filter(each => isIP(each) === 4), ...valid.filter(each => isIP(each) === 6)].slice(0, mostAddresses)
}

/**
 * What a registration proposes.
 * @param caller - address of who posts it: it stands where nothing else is said
 * @returns undefined where the name is none, or the port
 */
export function readRegistration ({ addresses = [], host, name, port = standardPort, properties = {} }: Registration, caller: string): Proposal | undefined {
  // Servers on IPv6 see callers by IPv4 so.
  const from = caller.replace(/^::ffff:(?=\d+\.)/i, '')
  const clean = cleanName(name ?? host ?? from)
  const told = typeof properties.address === 'string' ? [properties.address] : []
  const places = orderAddresses([...(addresses.length > 0 ? addresses : [from]), ...told])
  if (clean === undefined || places.length === 0 || !isPort(port)) return undefined
  return { name: clean, addresses: places, port, tls: isTrue(properties.tls) }
}

/** Whether a number is a port. */
export function isPort (port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65536
}

/** Whether a member of a TXT record says yes. */
export function isTrue (value: unknown): boolean {
  return value === '1' || value === 1 || value === true || value === 'true'
}
