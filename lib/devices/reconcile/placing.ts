// Where a deployment goes: whether it must be placed anew, and what becomes of it then.
import type { Certificate, Deployment, PlacedStep } from '../deployment.ts'
import type { Device } from '../device.ts'
import { isUsable } from '../device.ts'
import { DevicesError } from '../devices-error.ts'
import type { Id } from '../id.ts'
import { currentVersion } from '../wasm-module.ts'
import type { Asked, Planner, Surroundings } from './planner.ts'

/** What is kept of a deployment that is valid in the reference's eyes: nothing; of others, its sentence. */
const invalid = 'Deployment validation failed.'

/** Why a deployment is to be placed. */
export type Cause = 'generation' | 'lost' | 'version' | 'return' | 'unplaced'

/**
 * Why a deployment is to be placed anew; undefined where it stays as it is.
 * @param settling - milliseconds for which a device must have been online before steps return to it
 */
export function causeOf ({ generation, placedGeneration, sequence, goal, isInFailover }: Deployment, { devices, modules, now }: Pick<Surroundings, 'devices' | 'modules' | 'now'>, settling: number): Cause | undefined {
  if (generation !== placedGeneration) return 'generation'
  if (sequence.length === 0) return 'unplaced'
  if (sequence.some(({ device }) => isLost(devices.get(device)))) return 'lost'
  if (sequence.some(({ module, version }) => modules.get(module) !== undefined && modules.get(module)?.version !== version)) return 'version'
  const returns = (id: Id, index: number) => {
    const device = devices.get(id)
    return device !== undefined && id !== sequence[index]?.device && isUsable(device) && device.since + settling <= now
  }
  return isInFailover && goal.some(returns) ? 'return' : undefined
}

/** When a device that has come back may have its steps back; undefined where none is waited for. Milliseconds since 1970. */
export function returnAt ({ isInFailover, goal, sequence }: Deployment, devices: ReadonlyMap<Id, Device>, settling: number): number | undefined {
  const times = isInFailover
    ? goal.flatMap((id, index) => {
      const device = devices.get(id)
      return device !== undefined && id !== sequence[index]?.device && isUsable(device) ? [device.since + settling] : []
    })
    : []
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Whether a device holds its steps no longer. One that missed a probe does. */
export function isLost (device: Device | undefined): boolean {
  return device === undefined || device.state === 'offline' || device.blacklisted !== undefined
}

/** A deployment that has been placed, or has not. */
export interface Outcome<Decisions> {
  readonly deployment: Deployment
  /** Why not; empty where it has been. */
  readonly problem: string
  /** Undefined where it has not been. */
  readonly certificate: Certificate | undefined
  readonly decisions: Decisions | undefined
}

/**
 * Places a deployment. Where that is impossible it stays where it is, unless something else is wanted now.
 * @param isNew - steps that were left to the server have no goal yet
 */
export function placed<Decisions> (deployment: Deployment, surroundings: Surroundings, planner: Planner<Decisions>, isNew: boolean): Outcome<Decisions> {
  const { steps, generation, placedGeneration } = deployment
  const isOther = generation !== placedGeneration
  const gone = steps.find(({ module }) => !surroundings.modules.has(module))
  const answer = gone === undefined
    ? planner.place({ deployment, sequence: deployment.sequence, goal: deployment.goal } satisfies Asked, surroundings)
    : { sequence: undefined, problem: `module ${gone.module} is not there any more`, decisions: undefined }
  const { sequence, problem, decisions } = answer
  if (sequence === undefined) {
    return { deployment: isOther ? { ...deployment, placedGeneration: generation, sequence: [], nodes: {} } : deployment, problem, certificate: undefined, decisions }
  }
  let nodes: Deployment['nodes']
  try {
    nodes = planner.documents(deployment, sequence, surroundings)
  } catch (error) {
    if (!(error instanceof DevicesError)) throw error
    return { deployment: isOther ? { ...deployment, placedGeneration: generation, sequence: [], nodes: {} } : deployment, problem: error.message, certificate: undefined, decisions }
  }
  const goal = goalOf(deployment, sequence, surroundings.devices, isNew)
  const certificate = planner.certify(deployment, sequence, surroundings)
  return {
    deployment: {
      ...deployment,
      placedGeneration: generation,
      sequence: [...sequence],
      nodes,
      goal,
      isInFailover: sequence.some(({ device }, index) => device !== goal[index]),
      validationError: certificate.valid ? undefined : invalid
    },
    problem: '',
    certificate,
    decisions
  }
}

/** Where steps belong: the device that was named, or else the first one that was chosen, as long as it is known at all. */
function goalOf ({ steps, goal }: Deployment, sequence: readonly PlacedStep[], devices: ReadonlyMap<Id, Device>, isNew: boolean): Id[] {
  return sequence.map(({ device }, index) => {
    const named = steps[index]?.device ?? undefined
    if (named !== undefined && devices.has(named)) return named
    const before = isNew ? undefined : goal[index]
    return before !== undefined && devices.has(before) ? before : device
  })
}

/** The documents of where a deployment is, made anew: addresses and descriptions may have changed. What cannot be made now stays as it was. */
export function documentsNow (deployment: Deployment, surroundings: Pick<Surroundings, 'devices' | 'modules'>, planner: Planner): Deployment['nodes'] {
  const { sequence } = deployment
  const isWhole = sequence.length > 0 && sequence.every(({ device, module, version }) => {
    const known = surroundings.modules.get(module)
    return surroundings.devices.has(device) && known !== undefined && currentVersion(known).version === version
  })
  if (!isWhole) return deployment.nodes
  try {
    return planner.documents(deployment, sequence, surroundings)
  } catch {
    return deployment.nodes
  }
}
