// A plan as nodes and lines, for the drawing, and as levels of what waits for what, for the list that says the same.
import type { Drawing, Edge, Node } from './layout.ts'
import type { Plan, Service } from './topology.ts'

/** Draws a plan. Where one stage must wait for the one before, lines lead through a meeting. */
export function drawingOf (plan: Plan, services: readonly Service[]): Drawing {
  const byName = new Map(services.map(service => [service.name, service]))
  const nodes: Node[] = [{ id: 'request', kind: 'request' }]
  const edges: Edge[] = []
  let ends = ['request']
  for (const [number, { steps }] of plan.stages.entries()) {
    const idOf = (service: string) => `${number} ${service}`
    let begin = ends[0] ?? 'request'
    if (ends.length > 1) {
      begin = `meeting ${number}`
      nodes.push({ id: begin, kind: 'meeting' })
      for (const end of ends) edges.push({ from: end, to: begin, kind: 'order' })
    }
    const awaited = new Set<string>()
    for (const { service, role, after } of steps) {
      nodes.push({ id: idOf(service), kind: 'service', service, role })
      const optional = new Set(byName.get(service)?.optional.map(each => each.service))
      for (const each of after) {
        awaited.add(each)
        edges.push({ from: idOf(each), to: idOf(service), kind: optional.has(each) ? 'optional' : 'required' })
      }
      if (after.length === 0) edges.push({ from: begin, to: idOf(service), kind: 'order' })
    }
    ends = steps.filter(({ service }) => !awaited.has(service)).map(({ service }) => idOf(service))
  }
  return { nodes, edges }
}

/** Services that start together within a stage, in the order in which they may. */
export interface Level { readonly steps: Plan['stages'][number]['steps'] }

/** Each stage as levels: those that wait for nobody, those that wait for these, and so on. What waits in a circle comes last. */
export function levelsOf (plan: Plan): Level[][] {
  return plan.stages.map(({ steps }) => {
    const levels: Level[] = []
    const settled = new Set<string>()
    let waiting = steps
    while (waiting.length > 0) {
      const ready = waiting.filter(({ after }) => after.every(each => settled.has(each)))
      const level = ready.length === 0 ? waiting : ready
      levels.push({ steps: level })
      for (const { service } of level) settled.add(service)
      waiting = waiting.filter(step => !level.includes(step))
    }
    return levels
  })
}
