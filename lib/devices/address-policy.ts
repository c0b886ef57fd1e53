// Which addresses devices may have. Devices say themselves where they are, and Tutti connects there: without a policy anybody could have it ask what only it can reach.
import { BlockList, isIP } from 'node:net'

/** Judges addresses. */
export interface AddressPolicy {
  /** Whether a device may be there. @param address - an IP address without brackets; anything else may not */
  isAllowed (address: string): boolean
}

/** What a policy is made of. */
export interface AddressPolicyOptions {
  /** Networks such as `192.168.1.0/24`, or single addresses; nothing else is allowed then. Private networks where absent. */
  readonly networks?: readonly string[] | undefined
  /** Whether loopback is allowed as well, where `networks` is absent. */
  readonly isLoopbackAllowed?: boolean | undefined
}

/** Private networks (RFC 1918, RFC 4193). */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
const loopback = ['127.0.0.0/8', '::1/128']

/**
 * Never a device's, whatever is configured: unspecified, link-local (metadata of clouds are there), multicast, reserved and broadcast; metadata of clouds elsewhere; and
 * addresses of IPv6 that are those of IPv4 in disguise (mapped, compatible, translated, 6to4, Teredo), which would pass by the rules for IPv4.
 */
const never = [
  '0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '192.0.0.192/32',
  '::/128', 'fe80::/10', 'fec0::/10', 'ff00::/8', 'fd00:ec2::254/128', 'fd20:ce::254/128',
  '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '2001::/32', '2002::/16'
]

/** Compatible with IPv4 (RFC 4291, 2.5.5.1), long out of use; `::1` is among them, and is something else. */
const compatible = ['::/96']

/**
 * Makes a policy.
 * @throws TypeError where one of the networks is none
 */
export function createAddressPolicy ({ networks, isLoopbackAllowed = false }: AddressPolicyOptions = {}): AddressPolicy {
  const isAllowed = listOf(networks ?? [...privateNetworks, ...isLoopbackAllowed ? loopback : []])
  const isLoopback = listOf(loopback)
  const isForbidden = listOf(never)
  const isCompatible = listOf(compatible)
  return {
    isAllowed: address => isAllowed(address) && !isForbidden(address) && (isLoopback(address) || !isCompatible(address))
  }
}

/** Reads the networks of a variable: separated by commas. @throws TypeError where one of them is none */
export function parseNetworks (text: string): string[] {
  const networks = text.split(',').map(each => each.trim()).filter(each => each !== '')
  listOf(networks)
  return networks
}

/**
 * A matcher of addresses in any of the networks. One list a family: a single one takes an address of IPv4 for what it would be in IPv6, and the other way round.
 */
function listOf (networks: readonly string[]): (address: string) => boolean {
  const lists = { 4: new BlockList(), 6: new BlockList() }
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/')
    const family = familyOf(address)
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix)
    if (family === 0 || rest.length > 0 || prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) throw new TypeError(`${network} is no network`)
    lists[family].addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  }
  return address => {
    const family = familyOf(address)
    return family !== 0 && lists[family].check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** 4, 6, or 0 for what is no address, or one that names a network interface of this machine. */
function familyOf (address: string): 4 | 6 | 0 {
  return address.includes('%') ? 0 : isIP(address) as 4 | 6 | 0
}
