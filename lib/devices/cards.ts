// Cards: what people say of modules, devices, sources of data and zones, for the check of risks. They are appended, never replaced; of several that match the first counts.
import type { Id } from './id.ts'

/** What a module risks, and gives on. */
export interface ModuleCard { readonly id: Id, readonly moduleid: Id, readonly name: string, readonly 'risk-level': string, readonly 'input-type': string, readonly 'output-risk': string, readonly dateReceived: number }

/** Which zone a device is in. */
export interface NodeCard { readonly id: Id, readonly name: string, readonly nodeid: Id, readonly zone: string, readonly dateReceived: number }

/** What data of a type risk on a device. */
export interface DataSourceCard { readonly id: Id, readonly name: string, readonly type: string, readonly 'risk-level': string, readonly nodeid: Id, readonly dateReceived: number }

/** Levels of risk that a zone takes. One a zone. */
export interface ZoneRisks { readonly id: Id, readonly zone: string, readonly allowedRiskLevels: readonly string[], readonly lastUpdated: number }

/** All that a check of risks looks at. */
export interface Cards {
  readonly modules: readonly ModuleCard[]
  readonly nodes: readonly NodeCard[]
  readonly dataSources: readonly DataSourceCard[]
  readonly zones: readonly ZoneRisks[]
}
