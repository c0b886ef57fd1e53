// What is kept about devices, whichever database keeps it. Tables and drivers are in registry/.
import type { DataSourceCard, ModuleCard, NodeCard, ZoneRisks } from './cards.ts'
import type { Certificate, Deployment } from './deployment.ts'
import type { Device } from './device.ts'
import type { Execution } from './execution.ts'
import type { Id } from './id.ts'
import type { WasmModule } from './wasm-module.ts'

/** A line that a device has logged; members beyond these are kept as they came. */
export interface LogEntry { readonly id: Id, readonly dateReceived: number, readonly deviceName: string | undefined, readonly deployment: Id | undefined, readonly line: Readonly<Record<string, unknown>> }

/** Something that happened to a device, module, deployment or execution: what people look at to understand, and what pages follow live. */
export interface DevicesEvent {
  readonly id: Id
  readonly time: number
  readonly subject: 'device' | 'module' | 'deployment' | 'execution'
  readonly subjectId: Id
  /** In CamelCase, such as DeviceOffline, DeploymentReady, FailedOver. */
  readonly reason: string
  readonly message: string
}

/** A list of anything that a deployment pushes to: the core service Datalist. */
export interface Datalist { readonly id: Id, readonly deployment: Id, readonly values: readonly unknown[] }

/** What devices carry to show that they may take part. The token itself is not kept. */
export interface EnrolmentToken { readonly id: Id, readonly name: string, readonly sha256: string, readonly createdAt: number, readonly expiresAt: number | undefined }

/** Which of a collection are meant. All that is given must hold. */
export interface Query {
  readonly name?: string | undefined
  /** The device, module, deployment or execution that they belong to: `subjectId` of events, `deployment` of executions, logs, lists and certificates, `module` of module cards, `nodeid` of node and data source cards. */
  readonly owner?: Id | undefined
  /** Younger than this: milliseconds since 1970. */
  readonly after?: number | undefined
  /** Older than this: milliseconds since 1970. */
  readonly before?: number | undefined
  /** Only what comes after this one, the last of the page before. Where it has gone meanwhile, what came about when it did. */
  readonly cursor?: Id | undefined
  /** How many of those that are meant are left out, from the first on. */
  readonly skip?: number | undefined
  readonly limit?: number | undefined
  /** Newest first, by when they were inserted; oldest first where absent. */
  readonly newestFirst?: boolean | undefined
}

/** Things of one kind. What is given belongs to the collection, which may give it to others as well: it is never changed, but replaced by update(). Each may throw DevicesError UNAVAILABLE; what has been written is seen by the next reader, in whichever process. */
export interface Collection<Kind extends { readonly id: Id }> {
  get (id: Id): Promise<Kind | undefined>
  list (query?: Query): Promise<Kind[]>
  count (query?: Query): Promise<number>
  /** @throws DevicesError CONFLICT where the id is there, or a device or a zone of that name */
  insert (each: Kind): Promise<void>
  /**
   * Changes one, with nobody else changing it meanwhile.
   * @param change - gives what it becomes, or undefined to leave it; it may be called more than once, and does nothing else
   * @returns what it is now; undefined where there is none
   */
  update (id: Id, change: (before: Kind) => Kind | undefined): Promise<Kind | undefined>
  /** Whether there was one. */
  remove (id: Id): Promise<boolean>
  /** Removes those that are meant, all without a query. @returns how many */
  removeAll (query?: Query): Promise<number>
}

/** Everything that is kept. */
export interface Registry {
  readonly devices: Collection<Device>
  readonly modules: Collection<WasmModule>
  readonly deployments: Collection<Deployment>
  readonly executions: Collection<Execution>
  readonly events: Collection<DevicesEvent>
  readonly logs: Collection<LogEntry>
  readonly moduleCards: Collection<ModuleCard>
  readonly nodeCards: Collection<NodeCard>
  readonly dataSourceCards: Collection<DataSourceCard>
  readonly zones: Collection<ZoneRisks>
  readonly certificates: Collection<Certificate>
  readonly datalists: Collection<Datalist>
  readonly tokens: Collection<EnrolmentToken>
  /**
   * Of all processes that share this registry one at a time leads: it probes devices and reconciles deployments.
   * @param onChange - told whenever this process begins or stops to lead; without a database that is shared, at once
   */
  lead (onChange: (isLeader: boolean) => void): { close (): Promise<void> }
  /** Tells other processes that something has changed, and hears them; what was told may come more than once, or late. */
  notify (topic: 'devices' | 'deployments' | 'executions', id: Id): void
  onNotified (listener: (topic: 'devices' | 'deployments' | 'executions', id: Id) => void): () => void
  /** Writes a whole copy while others read and write. @param file - where; it must not be there. @throws DevicesError UNAVAILABLE for a database that has means of its own (PostgreSQL: pg_dump) */
  backUp (file: string): Promise<void>
  /** What stands in the way of reading and writing, in words for the operator; undefined where all is well. */
  readonly trouble: string | undefined
  close (): Promise<void>
}
