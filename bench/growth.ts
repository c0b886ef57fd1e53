// npm run bench:growth: how the cost of a request grows with the services, the containers, the size of the request and the requests under way. Writes a section of
// docs/performance.md.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeIntoPage } from '../scripts/page-section.ts'
import { diamond, wide } from './graph.ts'
import type { Graph } from './graph.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { brief, middleOf, table } from './report.ts'
import { measureScenario, startSurroundings } from './rounds.ts'
import type { Measure, ScenarioResult, Surroundings } from './rounds.ts'
import type { Scenario } from './scenario.ts'
import { exponent } from './statistics.ts'
import type { Growth } from './statistics.ts'

/** Something of which there can be more, and scenarios that differ in nothing else. */
export interface Dimension {
  /** What there is more of. */
  title: string
  /** What else is as it is in all of them. */
  setting: string
  sizes: number[]
  scenario: (size: number) => Scenario
  /** How a size is written; as a number where absent. */
  write?: (size: number) => string
}

/** What was measured in one dimension. */
export interface DimensionResult { dimension: Dimension, rows: Array<{ size: number, result: ScenarioResult }> }

const plain = (graph: Graph, bytes: number, concurrency: number, name: string, idle = 0): Scenario => ({ name, graph, bytes, concurrency, services: 'at once', cache: 'off', idle })

/** The four dimensions. */
export const dimensions: readonly Dimension[] = [
  {
    title: 'services', setting: 'all called at once, 100 kB, one request at a time', sizes: [1, 3, 10, 30, 100], scenario: size => plain(wide(size), 100_000, 1, `${size} services`)
  },
  {
    title: 'containers', setting: 'that are no services, beside the 8 of the diamond, 100 kB, one request at a time', sizes: [1, 10, 100, 1000], scenario: size => plain(diamond, 100_000, 1, `${size} containers`, size)
  },
  {
    title: 'bytes of a request',
    setting: 'the diamond, one request at a time',
    sizes: [10_000, 100_000, 1_000_000, 10_000_000, 50_000_000],
    scenario: size => plain(diamond, size, 1, `${size} bytes`),
    write: size => size < 1e6 ? `${size / 1e3} kB` : `${size / 1e6} MB`
  },
  {
    title: 'requests at once', setting: 'the diamond, 100 kB', sizes: [1, 4, 16, 64, 256], scenario: size => plain(diamond, 100_000, size, `${size} at once`)
  }
]

/** Measures one dimension. */
export async function measureDimension (dimension: Dimension, surroundings: Surroundings, measure: Measure): Promise<DimensionResult> {
  const rows: DimensionResult['rows'] = []
  for (const size of dimension.sizes) {
    const result = await measureScenario(dimension.scenario(size), surroundings, measure)
    rows.push({ size, result })
    console.log(`${result.scenario.name}: p50 ${brief(middleOf(result, 'ours', turn => turn.p50))} ms, processor ${brief(middleOf(result, 'ours', turn => turn.processor))} ms`)
  }
  return { dimension, rows }
}

/** What is looked at in each dimension: of the server, with the lower bound behind a stroke where it has it too. */
const columns: Array<{ title: string, read: (result: ScenarioResult, subject: 'ours' | 'bound') => number | undefined }> = [
  { title: 'p50, ms', read: (result, subject) => middleOf(result, subject, turn => turn.p50) },
  { title: 'processor, ms', read: (result, subject) => middleOf(result, subject, turn => turn.processor) },
  { title: 'requests/s', read: (result, subject) => middleOf(result, subject, turn => turn.throughput) },
  { title: 'memory, MB', read: ({ subjects }, subject) => subjects[subject]?.peak === undefined ? undefined : subjects[subject].peak / 1024 / 1024 },
  { title: 'start, ms', read: ({ subjects }, subject) => subjects[subject]?.start }
]

/** A table of one dimension: a row for each size; below them the exponents over all sizes, and over the last two. */
export function growthTable ({ dimension, rows }: DimensionResult): string {
  const { title, setting, write = String } = dimension
  const cell = (result: ScenarioResult, { read }: (typeof columns)[number]) => {
    const bound = read(result, 'bound')
    return brief(read(result, 'ours')) + (bound === undefined ? '' : ` / ${brief(bound)}`)
  }
  const growth = (read: (typeof columns)[number]['read'], from: number): string => {
    const points = rows.slice(from).map(({ size, result }): Growth => [size, read(result, 'ours') ?? 0]).filter(([, cost]) => cost > 0)
    return points.length < 2 ? '–' : exponent(points).toFixed(2)
  }
  const body = rows.map(({ size, result }) => [write(size), ...columns.map(column => cell(result, column))])
  const exponents = [
    ['**exponent**', ...columns.map(({ read }) => growth(read, 0))],
    ['**exponent, last two**', ...columns.map(({ read }) => growth(read, rows.length - 2))]
  ]
  return `### More ${title}\n\n${setting[0]?.toUpperCase()}${setting.slice(1)}.\n\n${table([title, ...columns.map(column => column.title)], [...body, ...exponents])}`
}

/** The section of a page. */
export function writeGrowth (results: readonly DimensionResult[], machine: string): string {
  return `## Cost as work grows

\`npm run bench:growth\` measured this on ${machine}. Of each pair the first number is this server's, the second the lower bound's.

How to read the exponents: cost grows with the size to that power. 0 is no growth, 1 is linear, 2 would be quadratic. Since every request has a cost of its own, the exponent over
all sizes is flatter than what comes; the one over the last two sizes says where it leads. Of *requests/s*, −1 over the services and bytes is linear cost; over the
requests at once, 0 says that more of them cost no more each.

${results.map(growthTable).join('\n\n')}
`
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' }, out: { type: 'string' } } })
  const root = path.dirname(import.meta.dirname)
  const measure: Measure = { rounds: Number(values.rounds ?? 5), turn: Number(values.seconds ?? 2) * 1000, warmUp: Number(values.seconds ?? 2) * 1000 }
  const surroundings = await startSurroundings()
  try {
    const results: DimensionResult[] = []
    for (const dimension of dimensions.filter(({ title }) => values.only === undefined || values.only === title)) results.push(await measureDimension(dimension, surroundings, measure))
    const section = writeGrowth(results, describeMachine(thisMachine()))
    console.log(section)
    // A part of it, or a quick look, is nothing for the page.
    const isWhole = values.only === undefined && values.rounds === undefined && values.seconds === undefined
    const page = path.resolve(root, values.out ?? (isWhole ? 'docs' : 'out'), 'performance.md')
    writeIntoPage(page, section)
    console.log(`written: ${path.relative(root, page)}`)
  } finally {
    surroundings.end()
  }
}
