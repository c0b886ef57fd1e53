// The immutable picture of what is there: services, their replicas, and what is wrong with their labels.

/** One running copy of a service. */
export interface Replica {
  /** What tells it from others, also from one that had its address before: the id of the container or task, or the origin where there is none. */
  readonly id: string
  /** Where it listens, scheme and authority only, such as `http://10.0.0.4:5000`. */
  readonly origin: string
  /** `healthy` where a health check says so, `unchecked` where there is none. What is not healthy is no replica. */
  readonly health: 'healthy' | 'unchecked'
}

/** A preprocessor or handler, by its name, with everything that its labels say. */
export interface Service {
  /** Name of the service, which is also its host name on a compose network. */
  readonly name: string
  /** Priority group of a preprocessor, lower runs first; undefined where the service is no preprocessor. */
  readonly priority: number | undefined
  /** True where the service makes renderings. */
  readonly handles: boolean
  /** True where its reply changes the request itself. */
  readonly modifiesRequest: boolean
  /** Routes that it belongs to; `default` where nothing else is said. */
  readonly routes: readonly string[]
  /** Names of the services whose results it needs. They are waited for where they run; a name that does not run disables nothing. */
  readonly required: readonly string[]
  /** Names of the services whose results it can use; waited for in the same way. */
  readonly optional: readonly string[]
  /** Seconds that a result may be kept; 0 for never. */
  readonly cacheSeconds: number
  /** True where the result depends on the language of the request. */
  readonly variesByLanguage: boolean
  /** Milliseconds that it has for its whole reply, further attempts included; undefined for what the server gives to its role. */
  readonly timeout: number | undefined
  /** Calls in flight that each replica takes; undefined where only the server's own bounds hold. */
  readonly concurrency: number | undefined
  /** How often a call may be tried again at another replica. */
  readonly retries: number
  /** Its copies, at least one. */
  readonly replicas: readonly Replica[]
}

/** Something in the surroundings that is not as it should be, and what to do about it. */
export interface Problem {
  /** Service or container that it concerns. */
  readonly service: string
  /** What is wrong. */
  readonly cause: string
  /** What the operator can do. */
  readonly cure: string
}

/** One immutable snapshot of the services. */
export interface Topology {
  /** Grows with every change; plans are compiled once per revision. */
  readonly revision: number
  /** When the snapshot was taken, in milliseconds since 1970. */
  readonly takenAt: number
  /** Services in the order in which they were found. */
  readonly services: ReadonlyMap<string, Service>
  /** What is wrong, service by service. */
  readonly problems: readonly Problem[]
}

/** Something that stands in the way, and what to do about it. */
export interface Trouble {
  /** What is wrong, without addresses: clients may read it. */
  readonly cause: string
  /** What the operator can do. */
  readonly cure: string
}

/** How far the newest snapshot can be trusted. */
export interface DiscoveryStatus {
  /** When the snapshot was last known to be true, in milliseconds since 1970; undefined before the first. */
  readonly confirmedAt: number | undefined
  /** Why there is no snapshot yet; no request can be answered before there is one. */
  readonly obstacle: Trouble | undefined
  /** Why the snapshot may be out of date; it serves on. */
  readonly trouble: Trouble | undefined
}

/** Finds services and follows their changes. Nothing else in the program knows where services come from. */
export interface ServiceDiscovery {
  /** The newest snapshot, empty before there is one; never waits. */
  current (): Topology
  /** How far it can be trusted. */
  status (): DiscoveryStatus
  /** Calls back with every new snapshot; returns a function that ends it. */
  onChange (listener: (topology: Topology) => void): () => void
  /** Stops following and frees what was held. */
  close (): Promise<void>
}

/**
 * Freezes services and problems into a topology.
 * @param revision - number of the snapshot
 * @param services - services in the order in which they were found; of two with the same name the first stands
 * @param problems - what is wrong
 * @param takenAt - milliseconds since 1970
 */
export function createTopology (revision: number, services: readonly Service[], problems: readonly Problem[], takenAt: number): Topology {
  const byName = new Map<string, Service>()
  for (const service of services) {
    if (!byName.has(service.name)) byName.set(service.name, Object.freeze(service))
  }
  return Object.freeze({ revision, takenAt, services: byName, problems: Object.freeze([...problems]) })
}
