// npm run bench:profile: what the server's main thread does with its time, for some scenarios. Writes a section of docs/performance.md.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { writeIntoPage } from '../scripts/page-section.ts'
import { callsOf, diamond, image } from './graph.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { brief, middleOf, table } from './report.ts'
import { measureScenario, startSurroundings } from './rounds.ts'
import type { ScenarioResult, Surroundings } from './rounds.ts'
import { createScenario } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/**
 * Kinds of work, and how a frame of the stack shows one: by the file it stands in, as a path in this repository, or by the name of a function of Node's own. The innermost frame that
 * shows any decides.
 */
const kinds: ReadonlyArray<{ kind: string, shows: (file: string, name: string) => boolean }> = [
  { kind: 'collect garbage', shows: (_, name) => name === '(garbage collector)' },
  { kind: 'write to sockets (kernel)', shows: (file, name) => file === '' && ['writev', 'writeBuffer', 'writeUtf8String', 'writeLatin1String'].includes(name) },
  { kind: 'native code, reading from sockets among it', shows: (_, name) => name === '(program)' },
  { kind: 'check the picture', shows: file => file === 'lib/json/base64.ts' },
  { kind: 'parse and validate texts', shows: file => /^(lib\/(graphics\/(reading|pictured|reader|validator)|json\/\w+)\.ts$|node_modules\/(ajv|secure-json-parse)\/)/.test(file) },
  { kind: 'digest, look up and keep results', shows: file => file.startsWith('lib/cache/') },
  { kind: 'take in the body', shows: file => file === 'lib/body.ts' },
  { kind: 'HTTP client', shows: file => /^(node_modules\/undici\/|lib\/upstream\.ts$)/.test(file) },
  { kind: 'logs, metrics, traces', shows: file => /^(node_modules\/(pino|sonic-boom|prom-client)\/|lib\/(metrics\/|span|trace-context|graphics\/(timings|server-timing))|plugins\/(request-log|metrics|tracing))/.test(file) },
  { kind: 'plan, choose, bound, splice', shows: file => /^(lib\/|node_modules\/(p-limit|yocto-queue)\/)/.test(file) },
  { kind: 'HTTP server', shows: file => /^(node_modules\/(fastify|find-my-way|@fastify)|plugins\/|routes\/|node:_http)/.test(file) }
]

const root = new URL('../', import.meta.url).href

/** What none of them is: Node's own streams, timers and promises. */
const rest = 'streams, timers, promises of Node'

/** What a profile says: milliseconds of each kind of work, and of all, idle time left out. */
export interface Work { total: number, byKind: Map<string, number> }

/**
 * Adds up the samples of a profile.
 * @param profile - as V8 writes it (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile)
 * @param from - milliseconds from its beginning that do not count
 */
export function addUp ({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, from: number): Work {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)))
  const frames = new Map(nodes.map(node => [node.id, node.callFrame]))
  const kindOf = (id: number): string => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const { url = '', functionName = '' } = frames.get(at) ?? {}
      const file = url.startsWith(root) ? url.slice(root.length) : url
      const found = kinds.find(({ shows }) => shows(file, functionName))
      if (found !== undefined) return found.kind
    }
    return rest
  }
  const known = new Map(nodes.map(({ id }) => [id, kindOf(id)]))
  const byKind = new Map<string, number>()
  let time = 0
  let total = 0
  for (const [index, id] of samples.entries()) {
    const milliseconds = (timeDeltas[index] ?? 0) / 1000
    time += milliseconds
    if (time < from || frames.get(id)?.functionName === '(idle)') continue
    const kind = known.get(id) ?? rest
    total += milliseconds
    byKind.set(kind, (byKind.get(kind) ?? 0) + milliseconds)
  }
  return { total, byKind }
}

/**
 * The least processor time of a request in milliseconds, by measurements of the pieces on two cores over loopback: the bytes are received and checked once (1.1 ms a
 * megabyte) and sent with each call (0.45), which costs 0.1 ms besides.
 */
export function leastTime ({ graph, bytes }: Pick<Scenario, 'graph' | 'bytes'>): number {
  const megabytes = bytes / 1e6
  const calls = callsOf(graph).length
  return 1.1 * megabytes + 0.45 * megabytes * calls + 0.1 * calls
}

/** What was measured in one scenario. */
interface Profiled { result: ScenarioResult, work: Work }

async function profile (scenario: Scenario, surroundings: Surroundings): Promise<Profiled> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-profile-'))
  try {
    const warmUp = 3000
    const result = await measureScenario(scenario, surroundings, { warmUp, rounds: 3, turn: 2000, nodeArguments: ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`] })
    // Threads have profiles of their own; the name of the main one's ends in 0.001.
    const [file = ''] = globSync('*.0.001.cpuprofile', { cwd: folder })
    const from = (result.subjects.ours?.start ?? 0) + warmUp
    return { result, work: addUp(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Profiler.Profile, from) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The section of the page. */
function writeSection (all: readonly Profiled[]): string {
  const share = ({ work }: Profiled, kind: string) => `${(100 * (work.byKind.get(kind) ?? 0) / work.total).toFixed(1)} %`
  const processor = (result: ScenarioResult, subject: 'ours' | 'bound') => brief(middleOf(result, subject, turn => turn.processor))
  const rows = [
    ...[...kinds.map(({ kind }) => kind), rest].map(kind => [kind, ...all.map(each => share(each, kind))]),
    ['processor time of a request, all threads, ms', ...all.map(({ result }) => processor(result, 'ours'))],
    ['the lower bound\'s, ms', ...all.map(({ result }) => processor(result, 'bound'))],
    ['least by the pieces, ms', ...all.map(({ result }) => brief(leastTime(result.scenario)))]
  ]
  return `## Where the time goes

\`npm run bench:profile\` measured this on ${describeMachine(thisMachine())}: shares of the time that the server's main thread is busy, by V8's profiler, one request at a time.

${table(['', ...all.map(({ result }) => result.scenario.name.replace(/, 1 at once$/, ''))], rows)}

The last line adds up what must be done, each piece measured by itself: the bytes come in and are checked once (1.1 ms a megabyte) and go out with every call (0.45 ms a megabyte), and a call
costs 0.1 ms besides. Below that is only to send less: cached results, services that are not asked.
`
}

if (import.meta.main) {
  const surroundings = await startSurroundings()
  try {
    const all: Profiled[] = []
    for (const scenario of [...(['10 kB', '1 MB', '5 MB'] as const).map(size => createScenario(diamond, size, 1)), createScenario(image, '1 MB', 1)]) {
      all.push(await profile(scenario, surroundings))
      console.log(scenario.name)
    }
    writeIntoPage(path.join(path.dirname(import.meta.dirname), 'docs/performance.md'), writeSection(all))
    console.log(writeSection(all))
  } finally {
    surroundings.end()
  }
}
