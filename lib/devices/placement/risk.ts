// The check of risks: whether what modules do, and what they are given, is allowed in the zones of their devices. The rules are those of the Wasm-IoT orchestrator.
import type { Cards } from '../cards.ts'
import type { Certificate } from '../deployment.ts'
import type { Id } from '../id.ts'

/** What is checked of one step. */
export interface RiskOfStep {
  readonly device: Id
  readonly module: Id
  readonly func: string
}

/** What came of it. */
export type RiskLog = Certificate['validationLogs'][number]

/** Modules whose input has this type take what the step before gives; others read a source of data on their device. */
const passedOn = 'temp'

/** What stands for a risk, or a zone, that no card names. */
const none = 'none'
const unknown = 'unknown'

/**
 * Checks one step.
 * @param before - risk of what the step before gives; `none` for the first
 */
export function checkRisk ({ device, module, func }: RiskOfStep, before: string, cards: Cards): RiskLog {
  const node = cards.nodes.find(({ nodeid }) => nodeid === device)
  const card = cards.modules.find(({ moduleid }) => moduleid === module)
  // A step that cannot be checked changes no risk: the next one is given what this one was.
  if (node === undefined || card === undefined) {
    const lacking = node === undefined ? 'The device has no card, so that its zone is not known' : 'The module has no card, so that its risk is not known'
    return { device, module, func, node_zone: node?.zone ?? unknown, module_risk: card?.['risk-level'] ?? unknown, input_risk: none, output_risk: before, valid: false, reasons: [lacking] }
  }
  const { zone } = node
  const allowed = cards.zones.find(each => each.zone === zone)?.allowedRiskLevels ?? []
  const reasons: string[] = []
  let valid = true
  const judge = (what: string, risk: string) => {
    const isAllowed = allowed.includes(risk)
    reasons.push(`The risk of ${what}, ${risk}, is ${isAllowed ? 'allowed' : 'not allowed'} in the zone ${zone}`)
    valid &&= isAllowed
  }
  judge('the module', card['risk-level'])
  let input = before
  if (card['input-type'] !== passedOn) {
    const source = cards.dataSources.find(({ type, nodeid }) => type === card['input-type'] && nodeid === device)
    input = source?.['risk-level'] ?? none
    if (source === undefined) {
      reasons.push(`The device has no source of data of the type ${card['input-type']}`)
      valid = false
    }
  }
  judge('its input', input)
  const output = card['output-risk'] === 'inherit' ? input : card['output-risk']
  judge('its output', output)
  return { device, module, func, node_zone: zone, module_risk: card['risk-level'], input_risk: input, output_risk: output, valid, reasons }
}

/** Gives, for a device, the cards that can concern it. Cards are appended for ever: who asks for many devices looks through them once. */
export function cardsByDevice ({ dataSources, nodes, ...others }: Cards): (device: Id) => Cards {
  const nodesOf = Map.groupBy(nodes, ({ nodeid }) => nodeid)
  const sourcesOf = Map.groupBy(dataSources, ({ nodeid }) => nodeid)
  return device => ({ ...others, nodes: nodesOf.get(device) ?? [], dataSources: sourcesOf.get(device) ?? [] })
}

/** The risk that the first step is given. */
export const noRisk = none

/** Checks all steps, each with what the one before gives. */
export function checkRisks (steps: readonly RiskOfStep[], cards: Cards): RiskLog[] {
  const logs: RiskLog[] = []
  for (const step of steps) logs.push(checkRisk(step, logs.at(-1)?.output_risk ?? noRisk, cards))
  return logs
}
