// What a Swarm manager lists, entry by entry, in the few words that matter here. No entry is trusted: what is missing or of
// another type counts as absent, and costs the one entry that it stands in.
// Shapes: Docker Engine API 1.41, GET /services, /tasks, /nodes and /networks, https://docs.docker.com/reference/api/engine/version/v1.41/
import { isIP } from 'node:net'
import type { Replica } from '../topology.ts'
import { record, text } from './untrusted.ts'

/** What a Swarm manager lists, as it came. */
export interface SwarmListing {
  /** Answer of `GET /services`. */
  services: readonly unknown[]
  /** Answer of `GET /tasks`; those whose desired state is `running` suffice. */
  tasks: readonly unknown[]
  /** Answer of `GET /nodes`; needed only for services on the network of their node. */
  nodes: readonly unknown[]
  /** Answer of `GET /networks`. */
  networks: readonly unknown[]
}

/** Labels and their values, unchecked. */
export type Labels = Readonly<Record<string, unknown>>

/** A network that tasks can be on. */
export interface Network {
  readonly id: string
  /** Name as `docker network ls` shows it. */
  readonly name: string
  /** Name without that of its stack. */
  readonly shortName: string
  /** True where it is every node's own network rather than one of the Swarm's. */
  readonly isHost: boolean
  /** True where it is the one through which Docker publishes ports; nobody looks for services there. */
  readonly isIngress: boolean
}

/** One container that a service has or should have. */
export interface Task {
  readonly id: string
  /** Empty where it is not said, as are all other texts. */
  readonly serviceId: string
  /** Empty until the task has a node. */
  readonly nodeId: string
  /** Number among the tasks of its service; 0 where every node has one. */
  readonly slot: number
  /** Empty until there is a container, which is before its health check begins. */
  readonly containerId: string
  /** True where Docker means it to run. */
  readonly isWanted: boolean
  /** State as Docker names it, such as `running`. */
  readonly state: string
  /** What keeps it from running, in Docker's words; empty where nothing does. */
  readonly fault: string
  /** Labels of its container, which an update of the service leaves as they are. */
  readonly labels: Labels
  /** `healthy` where its specification has a health check: Docker calls such a task running when that has passed. */
  readonly health: Replica['health']
  /** Its addresses, by the id of the network; none on the network of its node. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

/** A service, replicated or global. */
export interface SwarmService {
  readonly id: string
  /** Name as `docker service ls` shows it. */
  readonly fullName: string
  /** Stack that it belongs to; empty where it is in none. */
  readonly stack: string
  /** Name without that of its stack: the host name that its neighbours know it by. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Labels of the service itself. */
  readonly labels: Labels
  /** Labels that its new containers get. */
  readonly containerLabels: Labels
  /** Names or ids of the networks that it is to be on. */
  readonly targets: readonly string[]
  /** True where it is scaled to no tasks. */
  readonly isEmpty: boolean
}

/** A machine of the Swarm. */
export interface SwarmNode {
  readonly id: string
  /** Address that others reach it by. */
  readonly address: string
}

/** Label by which Docker names the stack of a service, container or network. */
export const stackLabel = 'com.docker.stack.namespace'

/** Longest text of Docker's own that is quoted. */
const longestQuote = 200

/** Reads an entry of `GET /tasks`; undefined where it has no id. */
export function readTask (value: unknown): Task | undefined {
  const id = text(at(value, 'ID'))
  if (id === '') return undefined
  const slot = at(value, 'Slot')
  const test = list(at(value, 'Spec', 'ContainerSpec', 'Healthcheck', 'Test'))
  return {
    id,
    serviceId: text(at(value, 'ServiceID')),
    nodeId: text(at(value, 'NodeID')),
    slot: typeof slot === 'number' && Number.isFinite(slot) ? slot : 0,
    containerId: text(at(value, 'Status', 'ContainerStatus', 'ContainerID')),
    isWanted: at(value, 'DesiredState') === 'running',
    state: quote(at(value, 'Status', 'State')),
    fault: quote(at(value, 'Status', 'Err')),
    labels: record(at(value, 'Spec', 'ContainerSpec', 'Labels')),
    health: test.length > 0 && test[0] !== 'NONE' ? 'healthy' : 'unchecked',
    addresses: new Map(list(at(value, 'NetworksAttachments')).map(attachment => [text(at(attachment, 'Network', 'ID')), readAddresses(at(attachment, 'Addresses'))]))
  }
}

/** Addresses out of `['10.0.1.5/24', …]`. */
function readAddresses (value: unknown): string[] {
  return list(value).map(address => text(address).split('/', 1)[0] ?? '').filter(isAddress)
}

/** Reads an entry of `GET /services`; undefined where it has no id or name, or is a job: jobs run to their end and answer no calls. */
export function readService (value: unknown): SwarmService | undefined {
  const id = text(at(value, 'ID'))
  const fullName = text(at(value, 'Spec', 'Name'))
  const mode = record(at(value, 'Spec', 'Mode'))
  if (id === '' || fullName === '' || Object.hasOwn(mode, 'ReplicatedJob') || Object.hasOwn(mode, 'GlobalJob')) return undefined
  const labels = record(at(value, 'Spec', 'Labels'))
  const containerLabels = record(at(value, 'Spec', 'TaskTemplate', 'ContainerSpec', 'Labels'))
  const stack = text(labels[stackLabel]) || text(containerLabels[stackLabel])
  const createdAt = Date.parse(text(at(value, 'CreatedAt')))
  return {
    id,
    fullName,
    stack,
    name: withoutStack(fullName, stack),
    createdAt: Number.isNaN(createdAt) ? Number.MAX_SAFE_INTEGER : createdAt,
    labels,
    containerLabels,
    targets: [at(value, 'Spec', 'TaskTemplate', 'Networks'), at(value, 'Spec', 'Networks')].flatMap(list).map(network => text(at(network, 'Target'))),
    isEmpty: at(mode, 'Replicated', 'Replicas') === 0
  }
}

/** Reads an entry of `GET /nodes`; undefined where it has no id or address. */
export function readNode (value: unknown): SwarmNode | undefined {
  const id = text(at(value, 'ID'))
  // A manager that was told no address lists 0.0.0.0, but says where other managers reach it.
  const manager = text(at(value, 'ManagerStatus', 'Addr')).replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const address = [text(at(value, 'Status', 'Addr')), manager].find(isAddress)
  return id === '' || address === undefined ? undefined : { id, address }
}

/** Networks by id: those of which tasks tell, and the others that the manager lists. */
export function readNetworks ({ tasks, networks }: SwarmListing): Map<string, Network> {
  const known = new Map<string, Network>()
  const add = (id: string, name: string, { labels, drivers, isIngress }: { labels: unknown, drivers: unknown[], isIngress: boolean }) => {
    if (id === '' || name === '' || known.has(id)) return
    const shortName = withoutStack(name, text(record(labels)[stackLabel]))
    known.set(id, { id, name, shortName, isHost: drivers.includes('host'), isIngress: isIngress || name === 'ingress' })
  }
  for (const attachment of tasks.flatMap(task => list(at(task, 'NetworksAttachments')))) {
    const network = at(attachment, 'Network')
    add(text(at(network, 'ID')), text(at(network, 'Spec', 'Name')), {
      labels: at(network, 'Spec', 'Labels'),
      drivers: [at(network, 'Spec', 'DriverConfiguration', 'Name'), at(network, 'DriverState', 'Name')],
      isIngress: at(network, 'Spec', 'Ingress') === true
    })
  }
  for (const network of networks) {
    add(text(at(network, 'Id')), text(at(network, 'Name')), { labels: at(network, 'Labels'), drivers: [at(network, 'Driver')], isIngress: at(network, 'Ingress') === true })
  }
  return known
}

/** True where a network has this name, with or without that of its stack, or this id, of which the twelve letters that Docker shows suffice. */
export function isCalled ({ id, name, shortName }: Network, wanted: string): boolean {
  return wanted === name || wanted === shortName || (wanted.length >= 12 && id.startsWith(wanted))
}

/** What can be read of a list, by id; of two with the same id the last stands. */
export function byId<T extends { readonly id: string }> (values: readonly unknown[], read: (value: unknown) => T | undefined): Map<string, T> {
  return new Map(values.flatMap(value => read(value) ?? []).map(item => [item.id, item]))
}

function withoutStack (name: string, stack: string): string {
  return stack !== '' && name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) || name : name
}

/** True for an address that can be called: neither "any" nor bound to an interface of the manager. */
function isAddress (address: string): boolean {
  return isIP(address) !== 0 && !address.includes('%') && address !== '0.0.0.0' && address !== '::'
}

/** The value at the end of a path, or undefined where the path ends early. */
function at (value: unknown, ...path: string[]): unknown {
  return path.reduce((value, name) => record(value)[name], value)
}

function list (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text of Docker's that fits into a line. */
function quote (value: unknown): string {
  return text(value).slice(0, longestQuote).replace(/[\p{C}\s]+/gu, ' ').trim()
}
