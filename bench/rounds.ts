// Measures one scenario: starts what it takes, and lets the servers take turns under the same load, round after round.
import type { ContainerSpec } from '../test/lib/fixtures/engine-containers.ts'
import type { Child } from './child.ts'
import { startChild } from './child.ts'
import type { BoundSkills } from './bound.ts'
import type { EngineSkills } from './engine.ts'
import { callsOf, containersOf, network } from './graph.ts'
import type { Address } from './graph.ts'
import type { LoadOrder, LoadResult, LoadSkills } from './load.ts'
import { readDelay, readPeakMemory, readProcessorTime } from './process-cost.ts'
import { answerLength } from './replies.ts'
import { stubsOf } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { startServer } from './server-process.ts'
import { median } from './statistics.ts'
import type { StubSkills } from './stubs.ts'

/** Most connections to one service, of the server and of the lower bound: the default of the server. */
const connections = 32

/** Who is measured: the server, the lower bound, another server, and the server with requests for which nobody is called. */
export type SubjectName = 'ours' | 'bound' | 'peer' | 'empty'

/** One turn of one server. Times in milliseconds. */
export interface Turn {
  /** From the first byte of a request to the last one of its answer. */
  p50: number
  p99: number
  mean: number
  /** Requests a second. */
  throughput: number
  /** Processor time of the server for one request; undefined where nobody can tell. */
  processor: number | undefined
  /** How late its event loop was, at the 99th percentile; undefined for a peer. */
  delay: number | undefined
  /** Connections to services that were opened. */
  connections: number
  /** Calls to services for one request. */
  calls: number
  /** Time in which services were busy with one request, in the mean. */
  busy: number
}

/** What is known of one server in one scenario. */
export interface SubjectResult {
  turns: Turn[]
  /** Most memory that it has had, in bytes. */
  peak: number | undefined
  /** Milliseconds until it was ready. */
  start: number | undefined
}

/** What was measured in one scenario. */
export interface ScenarioResult {
  scenario: Scenario
  subjects: Partial<Record<SubjectName, SubjectResult>>
}

/** Another server to measure. */
export interface Peer {
  /** Where it takes requests. */
  url: string
  /** Its process, where that is to be looked at. */
  pid?: number | undefined
}

/** How to measure. */
export interface Measure {
  rounds: number
  /** Milliseconds of a turn, and of the turn before the first one, which is not counted. */
  turn: number
  warmUp: number
  peer?: Peer | undefined
  /** Port of all services; any free ones where 0. */
  port?: number
  /** Variables that are set for the server besides. */
  environment?: Record<string, string>
  /** Arguments for the server's Node, such as `--cpu-prof`. */
  nodeArguments?: string[]
}

/** The processes that all scenarios share. */
export interface Surroundings {
  readonly engine: Child<EngineSkills>
  readonly stubs: Child<StubSkills>
  readonly load: Child<LoadSkills>
  /** Where the Docker engine listens. */
  readonly dockerHost: string
  end (): void
}

/** A server in its scenario. */
interface Subject { name: SubjectName, order: LoadOrder, pid?: number | undefined, start?: number, delay?: () => Promise<number>, end?: () => Promise<void> | void }

/** Starts what all scenarios share. @param link - another path for the socket of the Docker engine */
export async function startSurroundings (link?: string): Promise<Surroundings> {
  const engine = startChild<EngineSkills>('engine.ts')
  const stubs = startChild<StubSkills>('stubs.ts')
  const load = startChild<LoadSkills>('load.ts')
  const { host, ownContainer } = await engine.call('where', link)
  if (link !== undefined) console.log(`Docker engine at unix://${link}; a peer may take ${ownContainer} for its own container (HOSTNAME=${ownContainer})`)
  return {
    engine,
    stubs,
    load,
    dockerHost: host,
    end () {
      for (const child of [engine, stubs, load]) child.end()
    }
  }
}

/** Measures a scenario. @throws Error where a server does not answer as it should */
export async function measureScenario (scenario: Scenario, surroundings: Surroundings, measure: Measure): Promise<ScenarioResult> {
  const { stubs, engine, load } = surroundings
  const { graph, cache } = scenario
  const addresses = await stubs.call('serve', { services: stubsOf(scenario), port: measure.port ?? 0 })
  const idle = Array.from({ length: scenario.idle ?? 0 }, (_, index): ContainerSpec => ({ name: `idle-${index}`, networks: { [network]: `10.0.${index >> 8}.${index & 255}` } }))
  await engine.call('run', [...containersOf(graph, addresses, cache === 'off' ? 0 : 3600), ...idle])
  const subjects = await startSubjects(scenario, surroundings, addresses, measure)
  try {
    for (const { name, order } of subjects) await warmUp(name, order, load, measure)
    const turns = new Map<SubjectName, Turn[]>(subjects.map(({ name }) => [name, []]))
    for (let round = 0; round < measure.rounds; round++) {
      for (const subject of subjects) turns.get(subject.name)?.push(await takeTurn(subject, surroundings))
    }
    checkCalls(turns)
    const results = await Promise.all(subjects.map(async ({ name, pid, start }): Promise<[SubjectName, SubjectResult]> => [name, {
      turns: turns.get(name) ?? [], start, peak: pid === undefined ? undefined : await readPeakMemory(pid)
    }]))
    return { scenario, subjects: Object.fromEntries(results) }
  } finally {
    await load.call('rest', undefined)
    await Promise.all(subjects.map(({ end }) => end?.()))
  }
}

/** Starts the servers of a scenario. */
async function startSubjects (scenario: Scenario, { dockerHost }: Surroundings, addresses: Record<string, Address>, { turn, peer, environment, nodeArguments }: Measure): Promise<Subject[]> {
  const { graph, bytes, concurrency, cache } = scenario
  const calls = callsOf(graph)
  const known = cache === 'warm' ? calls.filter(({ role }) => role === 'preprocessor').map(({ name }) => name) : []
  const order = (url: string, answerBytes: number | undefined, route?: string): LoadOrder => ({
    url, concurrency, milliseconds: turn, least: Math.max(5, concurrency), form: { bytes, unique: cache === 'cold', route }, answerBytes
  })
  const server = await startServer({ dockerHost, connections, environment, nodeArguments })
  const bound = startChild<BoundSkills>('bound.ts', ['probe.ts'])
  const port = await bound.call('start', { calls, known, addresses, bytes, connections })
  const ours: Subject = {
    name: 'ours',
    order: order(`${server.origin}/render`, answerLength(calls)),
    pid: server.pid,
    start: server.start,
    delay: async () => (await readDelay(server.process)).p99,
    end: server.end
  }
  return [
    ours,
    { name: 'bound', order: order(`http://127.0.0.1:${port}/render`, answerLength(calls)), pid: bound.pid, delay: async () => (await readDelay(bound.process)).p99, end: bound.end },
    ...peer === undefined ? [] : [{ name: 'peer' as const, order: order(peer.url, undefined), pid: peer.pid }],
    ...cache === 'warm' ? [{ ...ours, name: 'empty' as const, order: order(`${server.origin}/render`, answerLength([]), 'nobody'), end: () => {} }] : []
  ]
}

/** How long a peer has to hear of other services. */
const patience = 15_000

/** Asks until the answer is right, then puts the server under the load that will be measured. */
async function warmUp (name: SubjectName, order: LoadOrder, load: Child<LoadSkills>, measure: Measure): Promise<void> {
  const begun = performance.now()
  for (;;) {
    const { failures, failure } = await load.call('run', { ...order, concurrency: 1, milliseconds: 0, least: 1 })
    if (failures === 0) break
    if (name !== 'peer' || performance.now() - begun > patience) throw new Error(`${name} does not answer as it should: ${failure}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  await load.call('run', { ...order, milliseconds: measure.warmUp })
}

/** Servers that do not make the same calls cannot be compared. Now and then one is made again, over a new connection. */
function checkCalls (turns: ReadonlyMap<SubjectName, readonly Turn[]>): void {
  const calls = (name: SubjectName) => median((turns.get(name) ?? []).map(turn => turn.calls))
  const [ours, bound] = [calls('ours'), calls('bound')]
  if (Math.abs(ours - bound) > bound / 100) throw new Error(`the server makes ${ours} calls for a request, the lower bound ${bound}`)
}

async function takeTurn ({ name, order, pid, delay }: Subject, { load, stubs }: Surroundings): Promise<Turn> {
  const time = async () => pid === undefined ? undefined : await readProcessorTime(pid)
  await stubs.call('take', undefined)
  await delay?.()
  const before = await time()
  const result = await load.call('run', order)
  const after = await time()
  const late = await delay?.()
  const counts = await stubs.call('take', undefined)
  if (result.failures > 0) throw new Error(`${name}: ${result.failures} of ${result.requests} answers are wrong: ${result.failure}`)
  return { ...describe(result), processor: before === undefined || after === undefined ? undefined : (after - before) / result.requests, delay: late, ...share(counts, result) }
}

function describe ({ p50, p99, mean, requests, seconds }: LoadResult): Pick<Turn, 'p50' | 'p99' | 'mean' | 'throughput'> {
  return { p50, p99, mean, throughput: requests / seconds }
}

function share ({ connections, calls, requests, busy }: ReturnType<StubSkills['take']>, load: LoadResult): Pick<Turn, 'connections' | 'calls' | 'busy'> {
  return { connections, calls: calls / load.requests, busy: requests === 0 ? 0 : busy / requests }
}
