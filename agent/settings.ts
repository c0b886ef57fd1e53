// What the agent can be told by its environment. Names are those of the Python supervisor where it has the variable, too.
import { BlockList, isIP } from 'node:net'
import os from 'node:os'
import path from 'node:path'

/** How one agent runs. */
export interface AgentSettings {
  /** Its identity: no two devices have one name. */
  readonly name: string
  /** Address that it listens on. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** Where deployments, modules and results are kept. */
  readonly folder: string
  /** Base address of the orchestrator that it registers with; undefined to wait until one comes. */
  readonly orchestrator: string | undefined
  /** Where log lines are posted to; undefined for `/device/logs` of the orchestrator that registered last. */
  readonly logs: string | undefined
  /** Sent to `orchestrator` alone. */
  readonly token: string | undefined
  /** Milliseconds without a probe of its health after which it registers again. */
  readonly renewal: number
  /** Milliseconds that one call of a module may take. */
  readonly timeout: number
  /** Most bytes of a module's memory. */
  readonly maxMemory: number
  /** Most bytes of one file, of all files of one call together, and of a module. */
  readonly maxFile: number
  /** Calls that run at one time. */
  readonly threads: number
  /** Who may talk to it at all; undefined for everybody. */
  readonly allowed: ((address: string) => boolean) | undefined
  /** Where `communication.rpcCall` goes; undefined where modules cannot have it. */
  readonly rpc: string | undefined
  /** Whether it announces itself by multicast DNS. */
  readonly isAnnounced: boolean
}

/** Reads them. @throws Error that names the variable that cannot be used */
export function readSettings (environment: NodeJS.ProcessEnv): AgentSettings {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined
  const number = (name: string, otherwise: number, least: number, most: number): number => {
    const value = Number(text(name) ?? otherwise)
    if (!(value >= least && value <= most)) throw new Error(`${name} must be a number from ${least} to ${most}.`)
    return value
  }
  const address = (name: string): string | undefined => {
    const value = text(name)
    if (value !== undefined && !isHttp(value)) throw new Error(`${name} must be an address that begins with http:// or https://.`)
    return value?.replace(/\/+$/, '')
  }
  const name = text('WASMIOT_SUPERVISOR_NAME') ?? os.hostname()
  if (!/^[\w.-]{1,63}$/.test(name)) throw new Error('WASMIOT_SUPERVISOR_NAME must be 1 to 63 letters, digits, dots, hyphens or underscores.')
  return {
    name,
    host: text('WASMIOT_SUPERVISOR_IP') ?? '0.0.0.0',
    port: Math.trunc(number('WASMIOT_SUPERVISOR_PORT', 5000, 0, 65_535)),
    folder: path.resolve(text('INSTANCE_PATH') ?? 'agent-data'),
    orchestrator: address('WASMIOT_ORCHESTRATOR_URL'),
    logs: address('WASMIOT_LOGGING_ENDPOINT'),
    token: text('AGENT_TOKEN'),
    renewal: number('WASMIOT_REGISTER_RENEWAL_TIME', 900, 1, 1e6) * 1000,
    timeout: number('WASMIOT_MODULE_TIMEOUT_SECONDS', 10, 0.01, 3600) * 1000,
    maxMemory: Math.trunc(number('AGENT_MAX_MEMORY_MB', 128, 1, 4096) * 1024 * 1024),
    maxFile: Math.trunc(number('AGENT_MAX_FILE_MB', 64, 1, 1024) * 1024 * 1024),
    threads: Math.trunc(number('AGENT_THREADS', 2, 1, 64)),
    allowed: readAllowed(text('AGENT_ALLOW')),
    rpc: address('AGENT_RPC_URL'),
    isAnnounced: ['1', 'true', 'yes', 'on'].includes((text('AGENT_MDNS') ?? '').toLowerCase())
  }
}

/** Whether a text is an address of HTTP. */
export function isHttp (value: unknown): value is string {
  return typeof value === 'string' && value.length <= 2048 && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

function readAllowed (text: string | undefined): AgentSettings['allowed'] {
  if (text === undefined) return undefined
  const list = new BlockList()
  for (const each of text.split(',').map(part => part.trim())) {
    const [address = '', prefix] = each.split('/')
    const version = isIP(address)
    const bits = version === 4 ? 32 : 128
    if (version === 0 || (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))) throw new Error('AGENT_ALLOW must be IP addresses or networks such as 192.168.1.0/24, with commas between them.')
    list.addSubnet(address, prefix === undefined ? bits : Number(prefix), version === 4 ? 'ipv4' : 'ipv6')
  }
  return address => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}
