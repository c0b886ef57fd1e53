// What the lists of a Swarm manager mean: which services are ours to call, and at which of their running tasks. A pure function
// of the lists.
import { isIPv6 } from 'node:net'
import type { Reading } from '../follow.ts'
import { ownPrefix, readLabels } from '../labels.ts'
import type { LabelReading } from '../labels.ts'
import type { Replica, Service, Trouble } from '../topology.ts'
import { isIdOf } from './own-container.ts'
import type { Place } from './own-container.ts'
import { byId, isCalled, readNetworks, readNode, readService, readTask, stackLabel } from './swarm-listing.ts'
import type { Labels, Network, SwarmListing, SwarmNode, SwarmService, Task } from './swarm-listing.ts'
import { text } from './untrusted.ts'

export type { SwarmListing } from './swarm-listing.ts'

/** Where the server is and looks. */
interface Standpoint {
  /** Networks to call services on, the most wanted first. */
  networks: readonly Network[]
  /** Tasks of the own service; none where it could not be found and networks were named instead. */
  own: readonly Task[]
  /** Stack of the own service, empty for none; undefined where the own task could not be found. */
  stack: string | undefined
  /** Node whose network namespace is the server's own. */
  hostNode: string | undefined
}

interface Surroundings {
  standpoint: Standpoint
  networks: ReadonlyMap<string, Network>
  nodes: ReadonlyMap<string, SwarmNode>
}

/** A service with a role, whether it can be called or not. */
interface Found {
  service: SwarmService
  description: Omit<Service, 'replicas'>
  replicas: Replica[]
  /** True where it runs, or is to run, on a network that the server looks in. */
  isNear: boolean
  troubles: Trouble[]
}

/**
 * Reads services out of the lists of a Swarm manager.
 *
 * What a service is and wants follows its newest specification: its own labels win over those of its containers. Where a task is
 * called is up to the task: while an update is under way, an old one keeps the port and network of its own container labels,
 * unless a label of the service says otherwise, and is left out where those give it another role.
 *
 * A task with a health check runs, as Docker sees it, only when that has passed. A check that comes with the image is not in the
 * lists, so such a task counts as `unchecked`.
 * @param listing - what the manager lists
 * @param place - where to look
 * @returns services in order of age and what is wrong, or an obstacle where the server cannot tell where to look
 */
export function readTasks (listing: SwarmListing, place: Place): Reading | { obstacle: Trouble } {
  const networks = readNetworks(listing)
  const tasks = [...byId(listing.tasks, readTask).values()]
  const services = byId(listing.services, readService)
  const standpoint = findStandpoint(place, networks, tasks, services)
  if ('obstacle' in standpoint) return standpoint

  const surroundings = { standpoint, networks, nodes: byId(listing.nodes, readNode) }
  const tasksOf = Map.groupBy(tasks.filter(task => task.isWanted), task => task.serviceId)
  const reading: Reading = { services: [], problems: [] }
  const found: Found[] = []
  for (const service of [...services.values()].sort((one, other) => one.createdAt - other.createdAt || (one.fullName < other.fullName ? -1 : 1))) {
    if (standpoint.own.some(task => task.serviceId === service.id)) continue
    const labels = readLabels(service.name, { ...service.containerLabels, ...service.labels })
    reading.problems.push(...labels.problems)
    if (labels.service !== undefined) found.push(readReplicas(service, { ...labels, service: labels.service }, tasksOf.get(service.id) ?? [], surroundings))
  }

  const winners = findWinners(found, standpoint.stack)
  for (const { service, description, replicas, troubles } of found) {
    const winner = winners.get(service.name)
    const isBeaten = winner !== undefined && winner !== service
    // The short name is the winner's.
    const name = isBeaten ? service.fullName : service.name
    reading.problems.push(...troubles.map(trouble => ({ service: name, ...trouble })))
    if (replicas.length === 0) continue
    if (!isBeaten) reading.services.push({ ...description, replicas })
    else reading.problems.push({ service: name, cause: `it is called ${service.name} like the service ${winner.fullName} and is left out`, cure: 'Rename one of them, or take it off the networks of the server.' })
  }
  return reading
}

function readReplicas (service: SwarmService, labels: LabelReading & { service: Found['description'] }, tasks: readonly Task[], surroundings: Surroundings): Found {
  const { networks } = surroundings.standpoint
  const running = tasks.filter(task => task.state === 'running').sort((one, other) => one.slot - other.slot || (one.id < other.id ? -1 : 1))
  const unmet = new Set<string>()
  const replicas: Replica[] = []
  let outdated = 0
  for (const task of running) {
    const own = areAlike(task.labels, service.containerLabels) ? labels : readLabels(service.name, { ...task.labels, ...service.labels })
    if (own.service === undefined || roles(own.service) !== roles(labels.service)) {
      outdated++
      continue
    }
    const shared = networks.filter(({ id }) => task.addresses.has(id))
    const wanted = shared.filter(network => own.network !== undefined && isCalled(network, own.network))
    if (own.network !== undefined && wanted.length === 0) unmet.add(own.network)
    const address = (wanted.length > 0 ? wanted : shared).map(network => addressOf(task, network, surroundings)).find(address => address !== undefined)
    if (address !== undefined) replicas.push({ id: task.id, origin: `http://${isIPv6(address) ? `[${address}]` : address}:${own.port}`, health: task.health })
  }

  const troubles: Trouble[] = []
  const where = networks.map(({ name }) => name).join(', ')
  for (const network of unmet) {
    troubles.push({ cause: `label ${ownPrefix}network is ${JSON.stringify(network)}, which is no network that it shares with the server, and is ignored`, cure: `Name a network that both are on, such as ${where}.` })
  }
  if (running.length < Math.max(tasks.length, 1)) troubles.push(whyIdle(service, tasks))
  if (outdated > 0) troubles.push({ cause: `${count(outdated, 'task')} from before an update with another role, left out`, cure: 'Wait for the update to end, or look whether it was paused: docker service inspect.' })
  const silent = running.length - outdated - replicas.length
  if (silent > 0) {
    const isOnHost = running.some(task => [...task.addresses.keys()].some(id => surroundings.networks.get(id)?.isHost))
    const hint = isOnHost ? ' It is on the network of its node: name that in DISCOVERY_NETWORKS where the server can reach the addresses of the nodes.' : ''
    troubles.push({ cause: `${count(silent, 'running task')} without an address on a network that it shares with the server, left out`, cure: `Put the service on the network of the server: ${where}.${hint}` })
  }
  const isMeantToBe = networks.some(network => service.targets.some(target => isCalled(network, target)))
  return { service, description: labels.service, replicas, isNear: replicas.length > 0 || isMeantToBe, troubles }
}

function whyIdle ({ fullName, isEmpty }: SwarmService, tasks: readonly Task[]): Trouble {
  if (isEmpty && tasks.length === 0) return { cause: 'it is scaled to no tasks', cure: `Scale it up: docker service scale ${fullName}=1` }
  const waiting = tasks.filter(task => task.state !== 'running')
  const reason = waiting.map(({ fault, state }) => fault || state).find(reason => reason !== '')
  const cause = waiting.length === tasks.length ? 'it has no running task' : `${count(waiting.length, 'task')} not running`
  return { cause: reason === undefined ? cause : `${cause} (${reason})`, cure: `See what keeps it from running: docker service ps --no-trunc ${fullName}` }
}

function addressOf (task: Task, network: Network, { standpoint, nodes }: Surroundings): string | undefined {
  // The same network namespace: what listens there is on this very machine, as far as both can see.
  if (network.isHost) return task.nodeId === standpoint.hostNode ? '127.0.0.1' : nodes.get(task.nodeId)?.address
  const addresses = task.addresses.get(network.id) ?? []
  return addresses.find(address => !isIPv6(address)) ?? addresses[0]
}

/** Of services with the same name: the own stack's, then the oldest that can be called. */
function findWinners (found: readonly Found[], stack: string | undefined): Map<string, SwarmService> {
  const winners = new Map<string, SwarmService>()
  const ours = found.filter(({ service, isNear }) => isNear && service.stack === stack)
  for (const { service } of [...ours, ...found.filter(({ replicas }) => replicas.length > 0)]) {
    if (!winners.has(service.name)) winners.set(service.name, service)
  }
  return winners
}

function findStandpoint (place: Place, networks: ReadonlyMap<string, Network>, tasks: readonly Task[], services: ReadonlyMap<string, SwarmService>): Standpoint | { obstacle: Trouble } {
  const own = findOwn(place.candidates, tasks, services)
  const [first] = own
  const attached = [...new Set(own.flatMap(task => [...task.addresses.keys()]))].flatMap(id => networks.get(id) ?? [])
  const isOnHost = attached.some(network => network.isHost) && own.every(task => task.nodeId === first?.nodeId)
  const self = {
    own,
    stack: first && (services.get(first.serviceId)?.stack ?? text(first.labels[stackLabel])),
    hostNode: isOnHost && first?.nodeId ? first.nodeId : undefined
  }
  const known = place.networks
  if (known !== undefined) {
    const named = known.flatMap(name => [...networks.values()].filter(network => isCalled(network, name)))
    if (named.length > 0) return { ...self, networks: [...new Set(named)] }
    return { obstacle: { cause: 'the swarm has none of the networks that services are to be found on', cure: 'Correct DISCOVERY_NETWORKS: names or ids as docker network ls shows them.' } }
  }
  if (first === undefined) {
    return {
      obstacle: {
        cause: place.candidates.length === 0 ? 'the server does not know which container it runs in' : 'the container that the server runs in is no task of the swarm',
        cure: 'Set OWN_CONTAINER to the id of the server\'s container or the name of its service, or DISCOVERY_NETWORKS to the networks of the services.'
      }
    }
  }
  // By name, so that all replicas of the server choose alike; host last: its addresses are the way round.
  const shared = attached.filter(network => !network.isIngress)
    .sort((one, other) => Number(one.isHost) - Number(other.isHost) || (one.name < other.name ? -1 : 1))
  if (shared.length > 0) return { ...self, networks: shared }
  return { obstacle: { cause: 'the server is on no network that services could share with it', cure: 'Put its service on the network of the services, or set DISCOVERY_NETWORKS.' } }
}

/**
 * The tasks that the first fitting candidate means: one where it is an id, all of the own service where it is that one's name.
 * They need not run yet: their health check may wait for what is read here.
 */
function findOwn (candidates: readonly string[], tasks: readonly Task[], services: ReadonlyMap<string, SwarmService>): Task[] {
  for (const candidate of candidates) {
    const own = tasks.filter(({ id, containerId, serviceId, slot, nodeId }) => {
      if (isIdOf(candidate, containerId)) return true
      const service = services.get(serviceId)?.fullName
      // Docker names a container after service, slot (node, where every node has one) and task.
      return service !== undefined && (candidate === service || candidate === `${service}.${slot || nodeId}.${id}`)
    })
    if (own.length > 0) return own
  }
  return []
}

/** What decides how a service is called, whatever else its labels say. */
function roles ({ priority, handles, modifiesRequest }: Found['description']): string {
  return JSON.stringify([priority !== undefined, handles, modifiesRequest])
}

/** True where both have the same labels, all of them texts. */
function areAlike (one: Labels, other: Labels): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every(name => typeof one[name] === 'string' && one[name] === other[name])
}

function count (number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? ' is' : 's are'}`
}
