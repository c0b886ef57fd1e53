// What a topology means for one route: stages that follow one another, each a graph whose steps start as soon as the
// steps they wait for have settled.
import type { Service, Topology } from '../discovery/topology.ts'

/** What a service is called for. A modifier is a preprocessor whose reply changes the request itself. */
export type Role = 'modifier' | 'preprocessor' | 'handler'

/** One service, called once in one role. */
export interface Step {
  readonly service: Service
  readonly role: Role
  /** Indices, within the stage, of the steps that must have settled first. */
  readonly after: readonly number[]
}

/** Steps that belong together; the next stage starts when all of them have settled. */
export interface Stage {
  readonly steps: readonly Step[]
}

/** Everything that will be called for one route, in order. */
export interface Plan {
  /** Revision of the topology that it was made from. */
  readonly revision: number
  readonly stages: readonly Stage[]
  /** Dependencies that could not be honoured, in words: a cycle, a handler that somebody waits for. */
  readonly remarks: readonly string[]
}

/** How a plan is laid out. */
export interface PlanOptions {
  /** Route of the request. */
  route: string
  /** True for everything at once as far as dependencies allow, false for one preprocessor after the other. */
  parallel: boolean
  /** True where renderings are wanted; false stops after the preprocessors. */
  render: boolean
}

/**
 * Compiles a topology. A pure function: the same arguments give the same plan.
 *
 * For renderings in parallel: modifiers as a graph, then preprocessors and handlers as one graph, in which required and
 * optional dependencies mean the same (wait until it has settled) and priorities mean nothing. A cycle turns its graph into
 * priority groups. In serial mode, and where only preprocessors are wanted, priorities rule and dependencies mean nothing.
 */
export function compilePlan (topology: Topology, { route, parallel, render }: PlanOptions): Plan {
  const services = [...topology.services.values()].filter(service => service.routes.includes(route))
  const preprocessors = services.filter(service => service.priority !== undefined).sort(byPriority)
  const plan = (stages: Stage[], remarks: string[] = []): Plan => ({
    revision: topology.revision, stages: stages.filter(stage => stage.steps.length > 0), remarks
  })

  if (!render) return plan(parallel ? groups(preprocessors) : oneByOne(preprocessors))

  const modifiers = preprocessors.filter(service => service.modifiesRequest)
  const others = preprocessors.filter(service => !service.modifiesRequest)
  if (!parallel) {
    return plan([...oneByOne(modifiers), ...oneByOne(others), atOnce(services.filter(service => service.handles), 'handler')])
  }
  // A service with both labels is a preprocessor in parallel mode, as it has always been.
  const handlers = services.filter(service => service.handles && service.priority === undefined)
  const first = graph(modifiers, [])
  const second = graph(others, handlers)
  return plan([...first.stages, ...second.stages], [...first.remarks, ...second.remarks])
}

/**
 * Remembers plans, so that each is compiled once per revision, route and layout.
 * @param limit - most plans that are kept for one revision; a client may invent routes, so there must be one
 */
export function createPlanner (limit = 256): (topology: Topology, options: PlanOptions) => Plan {
  let revision = -1
  const plans = new Map<string, Plan>()
  return (topology, options) => {
    if (topology.revision !== revision) {
      plans.clear()
      revision = topology.revision
    }
    const key = `${options.parallel} ${options.render} ${options.route}`
    const known = plans.get(key)
    if (known !== undefined) return known
    const plan = compilePlan(topology, options)
    // Routes that nobody serves are cheap to compile and not worth remembering.
    if (plan.stages.length > 0 && plans.size < limit) plans.set(key, plan)
    return plan
  }
}

function byPriority (a: Service, b: Service): number {
  const [first, second] = [a.priority ?? 0, b.priority ?? 0]
  return first === second ? 0 : first - second
}

function roleOf (service: Service): Role {
  return service.modifiesRequest ? 'modifier' : 'preprocessor'
}

function atOnce (services: Service[], role?: Role): Stage {
  return { steps: services.map(service => ({ service, role: role ?? roleOf(service), after: [] })) }
}

function oneByOne (services: Service[]): Stage[] {
  return services.map(service => atOnce([service]))
}

function groups (sorted: Service[]): Stage[] {
  const byNumber = Map.groupBy(sorted, service => service.priority)
  return [...byNumber.values()].map(members => atOnce(members))
}

function graph (preprocessors: Service[], handlers: Service[]): { stages: Stage[], remarks: string[] } {
  const remarks: string[] = []
  const indices = new Map(preprocessors.map((service, index) => [service.name, index]))
  const handlerNames = new Set(handlers.map(service => service.name))
  const steps = [...preprocessors, ...handlers].map((service, index): Step => {
    const names = [...new Set([...service.required, ...service.optional])]
    for (const name of service.required) {
      if (handlerNames.has(name)) remarks.push(`${service.name} requires ${name}, which is a handler and gives no results to others; it does not wait for it`)
    }
    const after = names.map(name => indices.get(name)).filter(each => each !== undefined)
    return { service, role: index < preprocessors.length ? roleOf(service) : 'handler', after }
  })
  const stuck = inCycles(steps)
  if (stuck.length === 0) return { stages: [{ steps }], remarks }
  remarks.push(`${stuck.map(step => step.service.name).join(', ')} wait for one another in a circle; priorities are used instead of dependencies`)
  return { stages: [...groups(preprocessors), atOnce(handlers, 'handler')], remarks }
}

/** The steps that lie on a circle of dependencies: those whose strongly connected component has other members, and those that wait for themselves (Kosaraju's algorithm). */
function inCycles (steps: Step[]): Step[] {
  const waitsFor = steps.map(step => step.after)
  const frees: number[][] = steps.map(() => [])
  waitsFor.forEach((after, index) => after.forEach(each => frees[each]?.push(index)))
  const order: number[] = []
  const seen = new Set<number>()
  steps.forEach((_, index) => walk(index, waitsFor, seen, each => order.push(each)))
  const circular = new Set<number>()
  const placed = new Set<number>()
  for (const index of order.reverse()) {
    const component: number[] = []
    walk(index, frees, placed, each => component.push(each))
    if (component.length > 1 || waitsFor[index]?.includes(index)) component.forEach(each => circular.add(each))
  }
  return steps.filter((_, index) => circular.has(index))
}

/** Visits everything that can be reached from a node and has not been seen, and reports each node after all that it leads to. Keeps its path in a list: chains may be longer than the stack. */
function walk (start: number, edges: ReadonlyArray<readonly number[]>, seen: Set<number>, leave: (index: number) => void): void {
  const path: Array<{ index: number, next: number }> = []
  const enter = (index: number) => {
    if (seen.has(index)) return
    seen.add(index)
    path.push({ index, next: 0 })
  }
  enter(start)
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const following = edges[top.index]?.[top.next++]
    if (following !== undefined) {
      enter(following)
    } else {
      path.pop()
      leave(top.index)
    }
  }
}
