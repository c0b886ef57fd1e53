// Deployments, their answers and certificates in the shapes that clients of the reference know from MongoDB.
import type { Certificate, Deployment, DeviceAnswer, NodeDocument } from '../deployment.ts'
import type { Id } from '../id.ts'
import { isoTime } from './time.ts'

/** A deployment as `GET /file/manifest` gives it. */
export interface LegacyDeployment {
  readonly _id: string
  readonly name: string
  readonly active: boolean
  readonly failoversBySequence: ReadonlyArray<ReadonlyArray<Id | null>>
  readonly goalDeployment: readonly Id[]
  readonly isInFailover?: true
  readonly validationError?: string
  readonly fullManifest: Readonly<Record<Id, NodeDocument>>
  readonly sequence: ReadonlyArray<{ readonly device: Id, readonly module: Id, readonly func: string }>
}

/** Makes the shape of a deployment. */
export function legacyDeployment ({ id, name, isWanted, steps, goal, isInFailover, validationError, nodes, sequence }: Deployment): LegacyDeployment {
  return {
    _id: id,
    name,
    active: isWanted,
    failoversBySequence: steps.map(({ device, failovers }) => [device, ...failovers]),
    goalDeployment: goal,
    ...isInFailover ? { isInFailover: true } : {},
    ...validationError === undefined ? {} : { validationError },
    fullManifest: nodes,
    sequence: sequence.map(({ device, module, func }) => ({ device, module, func }))
  }
}

/** What each device answered to a deployment, as `POST /file/manifest/:id` gives it. Devices that have not answered have the status 504. */
export function deviceResponses ({ nodes, rollouts }: Deployment): Record<Id, { status: number, data: unknown }> {
  return Object.fromEntries(Object.keys(nodes).map(device => [device, answerOf(rollouts[device]?.answer)]))
}

function answerOf (answer: DeviceAnswer | undefined): { status: number, data: unknown } {
  if (answer === undefined) return { status: 504, data: { error: 'the device has not answered yet; it is asked again' } }
  return { status: answer.status ?? 502, data: answer.status === undefined ? { error: answer.data } : answer.data }
}

/** A certificate as `GET /deploymentCertificates` gives it. */
export function legacyCertificate ({ id, date, ...others }: Certificate): Record<string, unknown> {
  return { _id: id, date: isoTime(date), ...others }
}
