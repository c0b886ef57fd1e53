// Tells those who look at the topology what has changed in it, at most so often. Looks at replicas only while somebody is there to be told.
import type { ServiceDiscovery, Service } from '../discovery/topology.ts'
import type { ReplicaExplanation } from '../../schemas/topology.ts'
import { explainReplicas } from './explain.ts'
import type { ExplainOptions } from './explain.ts'

/** Replicas of one service, as they are now. */
export interface ReplicasNow { readonly name: string, readonly replicas: readonly ReplicaExplanation[] }

/** Hears what has changed since it was last told: everything, or the replicas of some services; of none where nothing has. */
export interface TopologyListener { (changed: 'topology' | readonly ReplicasNow[]): void }

/** Looks whether something changes. */
export interface TopologyWatch {
  /** Tells a listener from now on. @returns what ends it */
  follow (listener: TopologyListener): () => void
}

/** What is looked at. */
export interface TopologyWatchOptions {
  discovery: ServiceDiscovery
  /** What is known of a replica from calling it. */
  replicaState: ExplainOptions['replicaState']
  /** Milliseconds from one look to the next. */
  interval?: number
}

/** Makes a watch. Its timer lasts as long as there are listeners. */
export function createTopologyWatch ({ discovery, replicaState, interval = 500 }: TopologyWatchOptions): TopologyWatch {
  const listeners = new Set<TopologyListener>()
  let timer: ReturnType<typeof setInterval> | undefined
  let whole = ''
  let conditions = new Map<string, string>()

  /** What a change of the whole shows in. */
  const readWhole = (): string => {
    const { obstacle, trouble } = discovery.status()
    return JSON.stringify([discovery.current().revision, obstacle, trouble])
  }
  const conditionOf = ({ replicas }: Service): string => {
    let condition = ''
    for (const replica of replicas) {
      const { inFlight, failures, setAsideUntil } = replicaState(replica)
      // The end of the time aside is taken from two clocks, and may differ by a millisecond from look to look.
      condition += `${inFlight} ${failures} ${setAsideUntil === undefined ? '' : Math.round(setAsideUntil / 1000)},`
    }
    return condition
  }
  const readConditions = () => new Map([...discovery.current().services.values()].map(service => [service.name, conditionOf(service)]))

  const look = (): void => {
    const before = { whole, conditions }
    whole = readWhole()
    conditions = readConditions()
    const changed = whole === before.whole
      ? [...conditions].flatMap(([name, condition]) => condition === before.conditions.get(name) ? [] : { name, replicas: explainReplicas(discovery.current().services.get(name)?.replicas ?? [], replicaState) })
      : 'topology'
    for (const listener of listeners) listener(changed)
  }

  return {
    follow (listener) {
      if (listeners.size === 0) {
        whole = readWhole()
        conditions = readConditions()
        timer = setInterval(look, interval)
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearInterval(timer)
      }
    }
  }
}
