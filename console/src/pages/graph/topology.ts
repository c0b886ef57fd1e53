// What the server says of its services, as the console's types have it, and what follows from it.
import type { paths } from '../../api/schema.d.ts'

/** Everything that GET /topology answers. */
export type Topology = paths['/topology']['get']['responses'][200]['content']['application/json']
/** One service. */
export type Service = Topology['services'][number]
/** One copy of a service. */
export type Replica = Service['replicas'][number]
/** What a request of a route leads to. */
export type Plan = Topology['plans'][number]['render']
/** Which of the two plans of a route is meant. */
export type Work = 'render' | 'preprocess'

/** How a service does: a word for each, and the kind of state that it is shown as. */
export type Health = 'ready' | 'working' | 'partly' | 'failing' | 'aside' | 'none'

/** How a service does, by its copies. @param isWorking - whether a call is known to be under way */
export function healthOf (replicas: readonly Replica[], isWorking = false): Health {
  if (replicas.length === 0) return 'none'
  const aside = replicas.filter(each => each.setAsideUntil !== undefined).length
  if (aside === replicas.length) return 'aside'
  if (aside > 0) return 'partly'
  if (isWorking || replicas.some(each => each.inFlight > 0)) return 'working'
  return replicas.some(each => each.failures > 0) ? 'failing' : 'ready'
}

/** The plan of a route, where there is one. */
export function planOf (topology: Topology, route: string, work: Work = 'render'): Plan | undefined {
  return topology.plans.find(plan => plan.route === route)?.[work]
}

/** A dependency that cannot be had. */
export interface Missing { readonly service: string, readonly needs: string, readonly isRequired: boolean }

/** Dependencies on services that are not there. */
export function missingOf (topology: Topology): Missing[] {
  return topology.services.flatMap(({ name, required, optional }) => [
    ...required.filter(each => !each.runs).map(each => ({ service: name, needs: each.service, isRequired: true })),
    ...optional.filter(each => !each.runs).map(each => ({ service: name, needs: each.service, isRequired: false }))
  ])
}

/** Services that wait for another one's results. */
export function usersOf (topology: Topology, name: string): string[] {
  return topology.services.filter(({ required, optional }) => [...required, ...optional].some(each => each.service === name)).map(each => each.name)
}
