// A deployment as it is kept: what is wanted, where its steps have been placed, and what each device has answered.
import type { Id } from './id.ts'
import type { MountStage } from './wasm-module.ts'

/** A step as it is wanted. */
export interface Step {
  /** The device it is to be on; null to have one chosen. */
  readonly device: Id | null
  readonly module: Id
  readonly func: string
  /** Devices that take over, best first. */
  readonly failovers: readonly Id[]
  /** Labels that the device must have. */
  readonly labels: Readonly<Record<string, string>>
}

/** A step as it is placed. */
export interface PlacedStep {
  readonly device: Id
  readonly module: Id
  /** Version of the module that is placed. */
  readonly version: number
  readonly func: string
}

/** How a function is called on a device, as node documents say it. */
export interface Endpoint {
  /** `http://address:port`. */
  readonly url: string
  /** `/<deployment>/modules/<module>/<function>`. */
  readonly path: string
  readonly method: string
  readonly request: {
    readonly parameters: ReadonlyArray<{ readonly name: string, readonly in: 'query', readonly description: string, readonly required: boolean, readonly schema: { readonly type: string } }>
    readonly request_body?: {
      readonly media_type: 'multipart/form-data'
      readonly schema: { readonly type: 'object', readonly properties: Readonly<Record<string, { readonly type: 'string', readonly format: 'binary' }>> }
      readonly encoding: Readonly<Record<string, { readonly contentType: string }>>
    }
  }
  readonly response: { readonly media_type: string, readonly schema: { readonly type: string, readonly format?: string } }
}

/** A file of a function, as node documents say it. */
export interface NodeMount {
  readonly path: string
  readonly media_type: string
  readonly stage: MountStage
}

/** What a device is told of a deployment: the body of `POST /deploy`, member by member and in this order as the reference sends it. */
export interface NodeDocument {
  readonly deploymentId: Id
  readonly modules: ReadonlyArray<{
    readonly id: Id
    readonly name: string
    readonly urls: { readonly binary: string, readonly description: string, readonly other: Readonly<Record<string, string>> }
    /** Not in the reference: what agents check bytes against. Old supervisors ignore it. */
    readonly sha256?: string
  }>
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, Endpoint>>>>
  readonly instructions: { readonly modules: Readonly<Record<string, Readonly<Record<string, { readonly from: Endpoint, readonly to: Endpoint | null }>>>> }
  readonly mounts: Readonly<Record<string, Readonly<Record<string, Readonly<Record<MountStage, readonly NodeMount[]>>>>>>
}

/** What a device answered. */
export interface DeviceAnswer {
  /** Status of HTTP; undefined where there was no answer. */
  readonly status: number | undefined
  /** Its JSON, or the text of what went wrong. */
  readonly data: unknown
  readonly time: number
}

/** How far one device is with a deployment. */
export interface Rollout {
  /** `pending`: to be told. `ready`: it has answered well to the document of this digest. `failed`: it has not, and is asked again. `removing`: it is to forget the deployment. */
  readonly state: 'pending' | 'ready' | 'failed' | 'removing'
  /** SHA-256 of the node document that it is to have (of its JSON), or was last told. */
  readonly digest: string
  /** `sessions` of the device when it was told: after it has been away it is told again. */
  readonly session: number
  readonly attempts: number
  /** When it is asked again; undefined where it need not be. */
  readonly retryAt: number | undefined
  readonly answer: DeviceAnswer | undefined
}

/** Something that is so or not, as Kubernetes says it of its objects. */
export interface Condition {
  readonly type: 'Placed' | 'Ready' | 'InFailover' | 'RiskAccepted'
  readonly status: boolean
  readonly reason: string
  /** When `status` last changed. */
  readonly since: number
}

/** One check of risks, as the reference writes it. */
export interface Certificate {
  readonly id: Id
  readonly date: number
  readonly deploymentId: Id
  readonly valid: boolean
  readonly validationLogs: ReadonlyArray<{
    readonly device: Id
    readonly module: Id
    readonly func: string
    readonly node_zone: string
    readonly module_risk: string
    readonly input_risk: string
    readonly output_risk: string
    readonly valid: boolean
    readonly reasons: readonly string[]
  }>
}

/** A deployment. */
export interface Deployment {
  readonly id: Id
  readonly name: string
  readonly steps: readonly Step[]
  /** Whether it is wanted on devices: what the reference calls active, and the desired state. */
  readonly isWanted: boolean
  /** It is to go: devices forget it first. */
  readonly isLeaving: boolean
  /** Rises with each change of what is wanted. */
  readonly generation: number
  /** The generation that was placed last. */
  readonly placedGeneration: number
  /** Where steps are now; empty where they could not be placed. */
  readonly sequence: readonly PlacedStep[]
  /** Where steps were placed before any device was lost. */
  readonly goal: readonly Id[]
  /** What each device is told, by its id. */
  readonly nodes: Readonly<Record<Id, NodeDocument>>
  /** Observed state, by id of device; also of those that are still to forget it. */
  readonly rollouts: Readonly<Record<Id, Rollout>>
  readonly isInFailover: boolean
  readonly conditions: readonly Condition[]
  readonly validationError: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Whether all of its devices have what they are to have. */
export function isReady ({ isWanted, sequence, rollouts, nodes }: Deployment): boolean {
  return isWanted && sequence.length > 0 && Object.keys(nodes).every(device => rollouts[device]?.state === 'ready')
}
