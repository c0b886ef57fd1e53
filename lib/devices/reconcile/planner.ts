// What deciding over deployments needs of placement: where steps go, and what devices are told then.
import type { Cards } from '../cards.ts'
import type { Certificate, Deployment, NodeDocument, PlacedStep } from '../deployment.ts'
import type { Device } from '../device.ts'
import type { Id } from '../id.ts'
import type { WasmModule } from '../wasm-module.ts'

/** All that placement looks at. */
export interface Surroundings {
  readonly devices: ReadonlyMap<Id, Device>
  /** Those that the steps name. */
  readonly modules: ReadonlyMap<Id, WasmModule>
  /** Wanted ones: how busy devices are. */
  readonly deployments: ReadonlyArray<Pick<Deployment, 'id' | 'sequence'>>
  readonly cards: Cards
  readonly now: number
}

/** What is to be placed. */
export interface Asked {
  readonly deployment: Pick<Deployment, 'id' | 'name' | 'steps'>
  /** Where the steps are: they stay there if they can. */
  readonly sequence: readonly PlacedStep[]
  /** Where they were placed before any device was lost: they return there if they can. */
  readonly goal: readonly Id[]
}

/** Where steps go. `Decisions` explain it to people. */
export interface Answer<Decisions> {
  /** Undefined where not all of them can be placed. */
  readonly sequence: readonly PlacedStep[] | undefined
  /** Which could not, and why; empty otherwise. */
  readonly problem: string
  readonly decisions: Decisions
}

/** Places and says what it means. Nothing in it waits, and the same question has the same answer. */
export interface Planner<Decisions = unknown> {
  place (asked: Asked, surroundings: Surroundings): Answer<Decisions>
  /** What each device is told. @throws DevicesError NO_PLACE where a device or module of the sequence is not there, or a function is not described */
  documents (deployment: Pick<Deployment, 'id' | 'name'>, sequence: readonly PlacedStep[], surroundings: Pick<Surroundings, 'devices' | 'modules'>): Readonly<Record<Id, NodeDocument>>
  /** The check of risks. */
  certify (deployment: Pick<Deployment, 'id'>, sequence: readonly PlacedStep[], surroundings: Surroundings): Certificate
  /** SHA-256 of a document's JSON. */
  digestOf (document: NodeDocument): string
  /** Whether a certificate that is not valid is told to people: not where the check is off. */
  readonly isRiskMinded: boolean
}
