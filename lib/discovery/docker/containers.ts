// What a Docker engine's list of containers means: which of them are services, and where each can be called. A pure function of
// the listing (GET /containers/json, https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container).
import type { Reading } from '../follow.ts'
import { readLabels } from '../labels.ts'
import type { LabelReading } from '../labels.ts'
import type { Problem, Replica, Service, Trouble } from '../topology.ts'
import { isIdOf } from './own-container.ts'
import type { Place } from './own-container.ts'
import { record, text } from './untrusted.ts'

/** Label by which Docker Compose names the service of a container. */
const composeService = 'com.docker.compose.service'
/** Label by which Docker Compose marks a container of `docker-compose run`. */
const composeOneOff = 'com.docker.compose.oneoff'
/** Label by which Docker Compose names the project of a container. */
const composeProject = 'com.docker.compose.project'

/** Longest chain of containers that use one another's network. */
const longestChain = 8

interface Network { name: string, id: string, address: string }

interface Container {
  id: string
  /** Name of the service, or of the container where no label names one. */
  name: string
  names: string[]
  labels: Record<string, unknown>
  state: string
  health: string | undefined
  created: number
  /** Network mode, such as `bridge`, `host`, `container:<id>`, or the name of a network. */
  mode: string
  networks: Network[]
}

/** Where a container is: on which networks, and in whose network namespace. */
interface Location { namespace: string, networks: Network[] }

/** One container that can be called. */
interface Candidate { container: Container, reading: LabelReading & { service: Omit<Service, 'replicas'> }, replica: Replica }

/**
 * Reads a list of containers.
 * @param listing - running containers, newest first
 * @param place - where to look
 * @returns services in the order of the list and what is wrong, or an obstacle where the own container cannot be found
 */
export function readContainers (listing: readonly unknown[], place: Place): Reading | { obstacle: Trouble } {
  const containers = listing.map(readContainer).filter(container => container !== undefined)
  const byId = new Map(containers.map(container => [container.id, container]))
  const own = findOwn(containers, place.candidates)
  const home = own === undefined ? undefined : locate(own, byId)
  if (place.networks === undefined && home === undefined) return { obstacle: unknownHome(place) }
  const isHome = ({ id, name }: Network): boolean => place.networks === undefined
    ? home?.networks.some(network => network.id === id) ?? false
    : place.networks.includes(name) || place.networks.some(known => isIdOf(known, id))

  const problems: Problem[] = []
  const candidates: Candidate[] = []
  for (const container of containers) {
    if (container === own) continue
    const reading = readLabels(container.name, container.labels)
    problems.push(...reading.problems)
    if (reading.service === undefined) continue
    const report = (cause: string, cure: string) => { problems.push({ service: container.name, cause, cure }) }
    const fault = unfitness(container)
    if (fault !== undefined) {
      report(fault.cause, fault.cure)
      continue
    }
    const address = addressOf(container, reading.network, { home, isHome, byId, report })
    if (address === undefined) continue
    const replica: Replica = {
      id: container.id, origin: `http://${address}:${reading.port}`, health: container.health === 'healthy' ? 'healthy' : 'unchecked'
    }
    candidates.push({ container, reading: { ...reading, service: reading.service }, replica })
  }
  return { services: gather(candidates, problems), problems: distinct(problems) }
}

function readContainer (value: unknown): Container | undefined {
  const entry = record(value)
  const id = text(entry.Id)
  if (id === '') return undefined
  const labels = record(entry.Labels)
  const names = (Array.isArray(entry.Names) ? entry.Names : []).map(text).filter(name => name !== '').map(name => name.replace(/^\//, ''))
  const networks = Object.entries(record(record(entry.NetworkSettings).Networks)).map(([name, settings]): Network => {
    const { NetworkID, IPAddress, GlobalIPv6Address } = record(settings)
    const address = text(IPAddress)
    const wide = text(GlobalIPv6Address)
    return { name, id: text(NetworkID), address: address !== '' || wide === '' ? address : `[${wide}]` }
  })
  return {
    id,
    names,
    name: text(labels[composeService]) || names[0] || id.slice(0, 12),
    labels,
    state: text(entry.State).toLowerCase(),
    health: text(record(entry.Health).Status) || text(entry.Status).match(/\((?:health: )?(healthy|unhealthy|starting)\)/)?.[1],
    created: typeof entry.Created === 'number' ? entry.Created : 0,
    mode: text(record(entry.HostConfig).NetworkMode),
    networks
  }
}

/** Nothing matches an empty candidate, and a short id must have at least the twelve digits that Docker itself shows. */
function findOwn (containers: readonly Container[], candidates: readonly string[]): Container | undefined {
  for (const candidate of candidates) {
    const own = containers.find(({ id, names }) => isIdOf(candidate, id) || (candidate !== '' && names.includes(candidate)))
    if (own !== undefined) return own
  }
  return undefined
}

function unknownHome ({ candidates }: Place): Trouble {
  return {
    cause: candidates.length === 0
      ? 'the server does not know which container it runs in'
      : 'the container that the server runs in is not among those that run',
    cure: 'Set OWN_CONTAINER to the name of the server\'s container, or DISCOVERY_NETWORKS to the network of the services.'
  }
}

/** Follows `container:…` to the one whose network it is. */
function locate ({ id, mode, networks }: Container, byId: ReadonlyMap<string, Container>, steps = 0): Location | undefined {
  if (mode === 'host') return { namespace: 'host', networks: [] }
  if (!mode.startsWith('container:')) return { namespace: id, networks: networks.filter(network => network.id !== '') }
  const target = mode.slice('container:'.length)
  const other = byId.get(target) ?? [...byId.values()].find(({ id, names }) => names.includes(target) || isIdOf(target, id))
  return other === undefined || steps === longestChain ? undefined : locate(other, byId, steps + 1)
}

/** Why a container cannot be called now. */
function unfitness ({ state, health, labels }: Container): Trouble | undefined {
  if (text(labels[composeOneOff]).toLowerCase() === 'true') return { cause: 'a container was started for one command and is left out', cure: 'Start the service with up instead of run.' }
  if (state !== 'running') return { cause: `a container is ${state || 'in an unknown state'} and is left out`, cure: 'See why it does not run; it joins when it does.' }
  if (health === 'starting') return { cause: 'a container has not passed its health check yet and is left out', cure: 'Wait: it joins when the check says healthy.' }
  if (health === 'unhealthy') return { cause: 'a container fails its health check and is left out', cure: 'Look at its log and at its health check; it joins when the check says healthy.' }
  return undefined
}

interface Surroundings {
  home: Location | undefined
  isHome: (network: Network) => boolean
  byId: ReadonlyMap<string, Container>
  report: (cause: string, cure: string) => void
}

function addressOf (container: Container, wanted: string | undefined, { home, isHome, byId, report }: Surroundings): string | undefined {
  const location = locate(container, byId)
  if (location === undefined) {
    report('a container uses the network of another one that does not run', 'Start the other one, or give it a network of its own.')
    return undefined
  }
  // The same network namespace: what listens there is on this very machine, as far as both can see.
  if (home !== undefined && home.namespace === location.namespace) return '127.0.0.1'
  const shared = location.networks.filter(isHome).toSorted((a, b) => a.name < b.name ? -1 : 1)
  if (shared.length === 0) {
    report(
      location.namespace === 'host' ? 'a container is on the network of the host, which the server is not' : 'a container shares no network with the server',
      'Put it on the network of the server.'
    )
    return undefined
  }
  const project = text(container.labels[composeProject])
  const chosen = wanted === undefined
    ? undefined
    : shared.find(({ name, id }) => name === wanted || name === `${project}_${wanted}` || isIdOf(wanted, id))
  if (wanted !== undefined && chosen === undefined) {
    report(`label tutti.network is ${JSON.stringify(wanted)}, which is no network that it shares with the server; ${JSON.stringify(shared[0]?.name)} is used`, 'Name a network that both are on.')
  }
  const address = (chosen ?? shared.find(network => network.address !== ''))?.address ?? ''
  if (address !== '') return address
  report('a container has no address on the network that it shares with the server', 'Restart it; an engine that has just started may not have given it one.')
  return undefined
}

/** All containers of one name are one service; the labels of the newest rule. */
function gather (candidates: readonly Candidate[], problems: Problem[]): Service[] {
  return [...Map.groupBy(candidates, ({ container }) => container.name).values()].map(group => {
    const newest = group.reduce((a, b) => b.container.created > a.container.created ? b : a).reading.service
    const isAlike = ({ reading: { service } }: Candidate) => roles(service) === roles(newest)
    const meaning = JSON.stringify(newest)
    if (group.some(({ reading }) => JSON.stringify(reading.service) !== meaning)) {
      problems.push({
        service: newest.name,
        cause: group.every(isAlike)
          ? 'its containers have different labels; those of the newest rule'
          : 'its containers have different roles; only those with the roles of the newest are used',
        cure: 'Give all containers of a service the same labels.'
      })
    }
    return { ...newest, replicas: group.filter(isAlike).map(({ replica }) => replica) }
  })
}

/** What decides how a service is called, whatever else its labels say. */
function roles ({ priority, handles, modifiesRequest }: Omit<Service, 'replicas'>): string {
  return JSON.stringify([priority !== undefined, handles, modifiesRequest])
}

/** Replicas have the same labels and would say the same. */
function distinct (problems: Problem[]): Problem[] {
  return [...new Map(problems.map(problem => [JSON.stringify([problem.service, problem.cause]), problem])).values()]
}
