// Discovery from Docker: the containers of one engine, or the tasks of a swarm.
import { defaultPace, followSource } from '../follow.ts'
import type { Pace, Source } from '../follow.ts'
import type { ServiceDiscovery, Trouble } from '../topology.ts'
import { readContainers } from './containers.ts'
import type { Engine, EventKinds } from './engine.ts'
import type { Place } from './own-container.ts'
import { readTasks } from './tasks.ts'

/** What discovery from Docker is told. */
export interface DockerDiscoveryOptions {
  /** Containers of one engine, or tasks of a swarm. */
  provider: 'docker' | 'swarm'
  engine: Engine
  place: Place
  /** Milliseconds after which everything is listed although no event has come. */
  interval: number
  pace?: Pace
  /** Path of the engine's unix socket, where it has one. */
  socket?: string
  /** Told whenever trouble begins, changes or ends. */
  onTrouble?: (trouble: Trouble | undefined, error?: unknown) => void
}

/** Changes of containers that may change the services. */
const containerEvents: EventKinds = {
  types: ['container', 'network'],
  actions: ['start', 'die', 'destroy', 'pause', 'unpause', 'rename', 'update', 'health_status', 'connect', 'disconnect']
}

/** Changes of services and nodes. There are no events about tasks. */
const swarmEvents: EventKinds = { types: ['service', 'node', 'network'], actions: ['create', 'update', 'remove', 'connect', 'disconnect'] }

/** Follows an engine or a swarm. Returns at once. */
export function createDockerDiscovery ({ provider, engine, place, interval, pace = defaultPace, socket, onTrouble }: DockerDiscoveryOptions): ServiceDiscovery {
  const isSwarm = provider === 'swarm'
  const source: Source = isSwarm
    ? {
        subscribe: signal => engine.events(swarmEvents, signal),
        async read (signal) {
          const [services, tasks, nodes, networks] = await Promise.all([engine.services(signal), engine.tasks(signal), engine.nodes(signal), engine.networks(signal)])
          return readTasks({ services, tasks, nodes, networks }, place)
        }
      }
    : {
        subscribe: signal => engine.events(containerEvents, signal),
        read: async signal => readContainers(await engine.containers(signal), place)
      }
  return followSource({ source, name: isSwarm ? 'Docker Swarm' : 'Docker', interval, eventsAreComplete: !isSwarm, pace, socket, onTrouble })
}
