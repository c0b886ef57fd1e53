// What is measured: which request, through which services, how many at one time, with what in the cache.
import { diamond, graphs, image, preprocessorsOnly } from './graph.ts'
import type { Graph } from './graph.ts'
import type { StubService } from './stubs.ts'

/** One thing to measure. */
export interface Scenario {
  /** Its parts, as in `diamond, 1 MB, 8 at once`; no two scenarios share one. */
  name: string
  graph: Graph
  /** Bytes of a request. */
  bytes: number
  /** Requests under way at one time. */
  concurrency: number
  /** How the services are. */
  services: keyof typeof characters
  /** What preprocessors find is not kept, kept but never asked for again, or known already. */
  cache: keyof typeof cacheWords
  /** Containers that run beside the services and are none. */
  idle?: number
}

/** How services may be: what is special about the one at each place. */
const characters = {
  'at once': (): Partial<StubService> => ({}),
  '50 ms': (): Partial<StubService> => ({ delay: { milliseconds: 50, spread: 0.2 } }),
  'one 2 s': (place: number): Partial<StubService> => ({ delay: { milliseconds: place === 0 ? 2000 : 50, spread: 0.2 } }),
  'one fails': (place: number): Partial<StubService> => place === 0 ? { fails: true } : {}
}

const cacheWords = { off: '', cold: 'nothing known', warm: 'everything known' }

/** Sizes of requests, in bytes, and how they are called. */
export const sizes = { '10 kB': 10_000, '100 kB': 100_000, '1 MB': 1_000_000, '5 MB': 5_000_000 }

/** Name of a size. */
export type Size = keyof typeof sizes

/** Makes a scenario. */
export function createScenario (graph: Graph, size: Size, concurrency: number, { services = 'at once', cache = 'off' }: Partial<Pick<Scenario, 'services' | 'cache'>> = {}): Scenario {
  const parts = [graph.name, size, `${concurrency} at once`, services === 'at once' ? '' : `services ${services}`, cacheWords[cache]]
  return { name: parts.filter(part => part !== '').join(', '), graph, bytes: sizes[size], concurrency, services, cache }
}

/** The services of a scenario as the stubs are told. */
export function stubsOf ({ graph, services }: Scenario): StubService[] {
  return graph.services.map(({ name, role }, place) => ({ name, role, ...characters[services](place) }))
}

/** Everything: the long form. */
export function longScenarios (): Scenario[] {
  const every = Object.keys(sizes) as Size[]
  return [
    ...graphs.flatMap(graph => every.flatMap(size => [1, 8, 32].map(concurrency => createScenario(graph, size, concurrency)))),
    ...every.map(size => createScenario(diamond, size, 1, { services: '50 ms' })),
    ...every.map(size => createScenario(image, size, 1, { services: '50 ms' })),
    ...[8, 32].flatMap(concurrency => [diamond, image].map(graph => createScenario(graph, '1 MB', concurrency, { services: '50 ms' }))),
    createScenario(diamond, '1 MB', 32, { services: 'one 2 s' }),
    createScenario(diamond, '1 MB', 8, { services: 'one fails' }),
    ...(['cold', 'warm'] as const).flatMap(cache => every.flatMap(size => [1, 8].map(concurrency => createScenario(diamond, size, concurrency, { cache })))),
    ...every.map(size => createScenario(preprocessorsOnly, size, 1, { cache: 'warm' }))
  ]
}

/** What the bars speak of, through the diamond and the services of IMAGE: to be run several times in a row. */
export function barScenarios (): Scenario[] {
  const every = Object.keys(sizes) as Size[]
  return [
    ...every.flatMap(size => [1, 8].map(concurrency => createScenario(diamond, size, concurrency))),
    ...[1, 8].map(concurrency => createScenario(image, '1 MB', concurrency)),
    ...[diamond, image].map(graph => createScenario(graph, '1 MB', 1, { services: '50 ms' })),
    ...every.map(size => createScenario(preprocessorsOnly, size, 1, { cache: 'warm' }))
  ]
}

/** What shows soonest that something has become slower: the short form. */
export function shortScenarios (): Scenario[] {
  return [
    createScenario(diamond, '10 kB', 8),
    createScenario(diamond, '1 MB', 1),
    createScenario(diamond, '5 MB', 8),
    createScenario(image, '1 MB', 8),
    createScenario(preprocessorsOnly, '1 MB', 1, { cache: 'warm' })
  ]
}

/** The scenario of that name, else those that have all its parts, such as `diamond, 1 MB`. @param parts - separated by commas */
export function withParts (scenarios: readonly Scenario[], parts: string): Scenario[] {
  const wanted = parts.split(',').map(part => part.trim())
  const named = scenarios.filter(({ name }) => name === wanted.join(', '))
  return named.length > 0 ? named : scenarios.filter(({ name }) => wanted.every(part => name.split(', ').includes(part)))
}
