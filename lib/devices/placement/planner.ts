// Placement as the reconciler asks for it.
import { newId } from '../id.ts'
import type { Planner } from '../reconcile/planner.ts'
import { digestOf, nodeDocuments } from './node-documents.ts'
import { loadOf, place } from './place.ts'
import type { RiskMode, StepDecision } from './place.ts'
import { checkRisks } from './risk.ts'

/** Makes it. @param options.base - address of this server for devices, without a slash at the end */
export function createPlanner ({ base, risk }: { base: string, risk: RiskMode }): Planner<readonly StepDecision[]> {
  return {
    place: ({ deployment, sequence, goal }, { cards, deployments, devices, modules, now }) =>
      place({ steps: deployment.steps, sequence, goal, devices, modules, load: loadOf(deployments, deployment.id), cards, risk, now }),
    documents: (deployment, sequence, { devices, modules }) => nodeDocuments(deployment, sequence, { devices, modules, base }),
    certify (deployment, sequence, { cards, now }) {
      const validationLogs = checkRisks(sequence, cards)
      return { id: newId(now), date: now, deploymentId: deployment.id, valid: validationLogs.every(({ valid }) => valid), validationLogs }
    },
    digestOf,
    isRiskMinded: risk !== 'off'
  }
}
