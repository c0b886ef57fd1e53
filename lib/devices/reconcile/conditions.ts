// What is so of a deployment and what is not, and which changes of that people are told of.
import type { Condition, Deployment } from '../deployment.ts'
import { isReady } from '../deployment.ts'
import type { DevicesEvent } from '../registry.ts'

type Told = Pick<DevicesEvent, 'reason' | 'message'>

/** What placing has said. */
export interface Findings {
  /** Why steps cannot be placed; empty where they can. Undefined keeps what was said before. */
  readonly problem?: string | undefined
  /** Whether risks are accepted; undefined where nobody asks, or keeps what was said before. */
  readonly isRiskAccepted?: boolean | undefined
}

/** The deployment with conditions that fit it. `since` moves only where a status changes. @param now - milliseconds since 1970 */
export function withConditions (deployment: Deployment, { problem, isRiskAccepted }: Findings, now: number): Deployment {
  const before = new Map(deployment.conditions.map(condition => [condition.type, condition]))
  const say = (type: Condition['type'], status: boolean, reason: string): Condition => {
    const old = before.get(type)
    return old !== undefined && old.status === status && old.reason === reason ? old : { type, status, reason, since: old?.status === status ? old.since : now }
  }
  const placed = problem === undefined ? before.get('Placed') : say('Placed', problem === '', problem === '' ? 'Placed' : problem)
  const risk = isRiskAccepted === undefined ? before.get('RiskAccepted') : say('RiskAccepted', isRiskAccepted, isRiskAccepted ? 'Accepted' : 'DoesNotPass')
  const conditions = [
    placed ?? say('Placed', deployment.sequence.length > 0, deployment.sequence.length > 0 ? 'Placed' : 'NotPlaced'),
    say('Ready', isReady(deployment), readiness(deployment)),
    say('InFailover', deployment.isInFailover, deployment.isInFailover ? 'DeviceLost' : 'AsPlaced'),
    ...(risk === undefined ? [] : [risk])
  ]
  const isSame = conditions.length === deployment.conditions.length && conditions.every((condition, index) => condition === deployment.conditions[index])
  return isSame ? deployment : { ...deployment, conditions }
}

function readiness ({ isWanted, isLeaving, nodes, rollouts, sequence }: Deployment): string {
  if (isLeaving) return 'Leaving'
  if (!isWanted) return 'Stopped'
  if (sequence.length === 0) return 'NotPlaced'
  const states = Object.keys(nodes).map(device => rollouts[device]?.state)
  return states.includes('failed') ? 'DeviceFailed' : states.every(state => state === 'ready') ? 'AllDevicesReady' : 'Deploying'
}

/** What people are told of a change. */
export function happenings (before: Deployment, after: Deployment): Told[] {
  const told: Told[] = []
  const status = ({ conditions }: Deployment, type: Condition['type']) => conditions.find(condition => condition.type === type)
  const isChanged = (type: Condition['type']) => status(before, type)?.status !== status(after, type)?.status
  const name = JSON.stringify(after.name)

  if (isChanged('Placed') && status(after, 'Placed')?.status === false) told.push({ reason: 'PlacementFailed', message: `Deployment ${name} cannot be placed: ${status(after, 'Placed')?.reason ?? ''}` })
  if (isChanged('Placed') && status(before, 'Placed')?.status === false && status(after, 'Placed')?.status === true) told.push({ reason: 'Placed', message: `Deployment ${name} has been placed` })
  const moved = before.generation === after.generation
    ? after.sequence.flatMap(({ device, func }, index) => {
      const from = before.sequence[index]?.device
      return from === undefined || from === device ? [] : [`step ${index + 1} (${func}) from ${from} to ${device}`]
    })
    : []
  if (moved.length > 0) told.push(after.isInFailover ? { reason: 'FailedOver', message: `Deployment ${name} moves: ${moved.join(', ')}` } : { reason: 'Returned', message: `Deployment ${name} is where it was placed again: ${moved.join(', ')}` })
  for (const [device, { state, answer }] of Object.entries(after.rollouts)) {
    const old = before.rollouts[device]
    if (state === 'failed' && (old?.state !== 'failed' || old.answer?.status !== answer?.status)) {
      told.push({ reason: 'DeviceFailed', message: `Device ${device} has not taken deployment ${name}: ${answer?.status === undefined ? String(answer?.data ?? 'no answer') : `status ${answer.status}`}` })
    }
  }
  if (isChanged('Ready')) {
    if (status(after, 'Ready')?.status === true) told.push({ reason: 'DeploymentReady', message: `Deployment ${name} is ready on all of its devices` })
    else if (after.isWanted && status(before, 'Ready')?.status === true) told.push({ reason: 'DeploymentNotReady', message: `Deployment ${name} is not ready: ${status(after, 'Ready')?.reason ?? ''}` })
  }
  return told
}
