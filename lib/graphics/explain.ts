// Says for an operator what is there and what a request would lead to, within bounds: labels can ask for very long answers.
import type { DiscoveryStatus, Replica, Service, Topology } from '../discovery/topology.ts'
import type { ReplicaExplanation, ServiceExplanation, TopologyExplanation } from '../../schemas/topology.ts'
import { compilePlan } from './plan.ts'
import type { Plan, Stage } from './plan.ts'
import type { ReplicaState } from './replicas.ts'

/** What there is to explain. */
export interface ExplainOptions {
  topology: Topology
  status: DiscoveryStatus
  /** Where services are found. */
  provider: string
  /** True for a graph, false for one preprocessor after the other. */
  parallel: boolean
  /** What is known of a replica from calling it. */
  replicaState: (replica: Replica) => ReplicaState
  /** Only this route; all of them where undefined. */
  route?: string
  /** The clock, in milliseconds since 1970. */
  now: number
}

/** Most that one explanation lists, in characters of JSON, and most dependencies that are looked at for plans after the first. */
const most = { services: 4_000_000, problems: 1_000_000, plans: 4_000_000, dependencies: 500_000 }

/** Explains a topology. */
export function explainTopology ({ topology, status, provider, parallel, replicaState, route, now }: ExplainOptions): TopologyExplanation {
  const { revision, takenAt, problems } = topology
  const { confirmedAt, obstacle, trouble } = status
  const services = [...topology.services.values()]
  const routes = route === undefined ? routesOf(topology) : [route]
  const plan = (route: string) => ({
    route,
    render: explainPlan(compilePlan(topology, { route, parallel, render: true })),
    preprocess: explainPlan(compilePlan(topology, { route, parallel, render: false }))
  })
  const shown = {
    services: within(most.services, services, service => explainService(service, topology, replicaState)),
    problems: within(most.problems, problems, problem => problem),
    plans: within(most.plans, affordable(routes, services), plan)
  }

  return {
    provider,
    revision,
    ...confirmedAt === undefined
      ? {}
      : { takenAt: iso(takenAt), confirmedAt: iso(confirmedAt), ageSeconds: Math.max(0, now - confirmedAt) / 1000 },
    ...obstacle === undefined ? {} : { obstacle },
    ...trouble === undefined ? {} : { trouble },
    parallel,
    ...shown,
    omitted: {
      services: services.length - shown.services.length,
      problems: problems.length - shown.problems.length,
      plans: routes.length - shown.plans.length
    }
  }
}

/** The routes of all services, the default one first. */
export function routesOf (topology: Topology): string[] {
  return [...new Set(['default', ...[...topology.services.values()].flatMap(service => service.routes)])]
}

function explainService (service: Service, topology: Topology, replicaState: ExplainOptions['replicaState']): ServiceExplanation {
  const { priority, handles, modifiesRequest, required, optional, timeout, concurrency, replicas, ...rest } = service
  const dependencies = (names: readonly string[]) => names.map(name => ({ service: name, runs: topology.services.has(name) }))
  return {
    ...rest,
    routes: [...rest.routes],
    roles: [...priority === undefined ? [] : [modifiesRequest ? 'modifier' : 'preprocessor'], ...handles ? ['handler'] : []],
    // JSON has no infinity, which stands for a label that is no number.
    ...priority === undefined || !Number.isFinite(priority) ? {} : { priority },
    required: dependencies(required),
    optional: dependencies(optional),
    modifiesRequest,
    ...timeout === undefined ? {} : { timeout },
    ...concurrency === undefined ? {} : { concurrency },
    replicas: explainReplicas(replicas, replicaState)
  }
}

/** What is known of the copies of a service. */
export function explainReplicas (replicas: readonly Replica[], replicaState: ExplainOptions['replicaState']): ReplicaExplanation[] {
  return replicas.map(replica => {
    const { inFlight, failures, setAsideUntil } = replicaState(replica)
    return { ...replica, inFlight, failures, ...setAsideUntil === undefined ? {} : { setAsideUntil: iso(setAsideUntil) } }
  })
}

function explainPlan ({ stages, remarks }: Plan): TopologyExplanation['plans'][number]['render'] {
  return {
    stages: stages.map(({ steps }) => ({ steps: steps.map(({ service, role, after }) => ({ service: service.name, role, after: namesOf(steps, after) })) })),
    remarks: [...remarks]
  }
}

function namesOf (steps: Stage['steps'], indices: readonly number[]): string[] {
  return indices.flatMap(index => steps[index]?.service.name ?? [])
}

/** The first routes, as many as can be planned without holding up others. */
function affordable (routes: string[], services: readonly Service[]): string[] {
  let dependencies = 0
  const end = routes.findIndex((route, index) => {
    for (const service of services) {
      if (service.routes.includes(route)) dependencies += 1 + service.required.length + service.optional.length
    }
    return index > 0 && dependencies > most.dependencies
  })
  return end === -1 ? routes : routes.slice(0, end)
}

/** Explains one after the other for as long as the JSON text of all stays within a number of characters. */
function within<T, Explanation> (limit: number, items: readonly T[], explain: (item: T) => Explanation): Explanation[] {
  const explanations: Explanation[] = []
  let length = 0
  for (const item of items) {
    const explanation = explain(item)
    length += JSON.stringify(explanation).length
    if (length > limit) break
    explanations.push(explanation)
  }
  return explanations
}

function iso (milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
