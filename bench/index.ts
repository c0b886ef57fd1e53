// npm run bench: how much the server costs, measured beside the least that any server would. `--short` fails where it has become much worse than recorded.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { writeIntoPage } from '../scripts/page-section.ts'
import { judge } from './bar.ts'
import { baselineFor, createBaseline, findWorsenings, readBaselines, writeBaseline } from './baseline.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { readOptions, usage } from './options.ts'
import type { BenchOptions } from './options.ts'
import { drawRatios } from './plot.ts'
import { compare } from './ratio.ts'
import { barTable, brief, middleOf, peerTable, ratioText, writeSection } from './report.ts'
import { measureScenario, startSurroundings } from './rounds.ts'
import type { Measure, ScenarioResult, Surroundings } from './rounds.ts'
import { barScenarios, longScenarios, shortScenarios, withParts } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const root = path.dirname(import.meta.dirname)
const options = read()
const pace = {
  long: { rounds: 7, turn: 1000, warmUp: 2500 },
  bars: { rounds: 7, turn: 1000, warmUp: 2500 },
  short: { rounds: 6, turn: 350, warmUp: 900 },
  record: { rounds: 18, turn: 350, warmUp: 900 }
}[options.form]
const { environment, nodeArguments, peer, port } = options
const measure: Measure = { warmUp: pace.warmUp, rounds: options.rounds ?? pace.rounds, turn: options.turn ?? pace.turn, peer, port, environment, nodeArguments }
const every = { long: longScenarios, bars: barScenarios, short: shortScenarios, record: shortScenarios }[options.form]()
const scenarios = options.only === undefined ? every : withParts(every, options.only)
if (scenarios.length === 0) {
  console.error(`no scenario is called so: ${options.only}; there are, for example:\n${every.slice(0, 5).map(({ name }) => name).join('\n')}`)
  process.exit(2)
}
const machine = thisMachine()
console.log(`${describeMachine(machine)}: ${scenarios.length} scenarios, ${measure.rounds} rounds, turns of ${measure.turn / 1000} s`)

const surroundings = await startSurroundings(options.engine)
try {
  const results = await measureAll(scenarios, surroundings)
  keep('bench.json', `${JSON.stringify({ machine, measure, results })}\n`)
  if (options.form === 'record') {
    writeBaseline(createBaseline(results, machine))
    console.log('written: bench/baseline.json')
  } else if (options.form === 'short') {
    if (!await compareWithBaseline(results, surroundings)) process.exitCode = 1
  } else {
    writePage(results)
  }
} finally {
  surroundings.end()
}

function read (): BenchOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

/** Measures what can be measured; a scenario in which somebody answers wrongly fails by itself, and the whole with it in the end. */
async function measureAll (scenarios: readonly Scenario[], surroundings: Surroundings): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = []
  for (const scenario of scenarios) {
    const result = await measureScenario(scenario, surroundings, measure).catch((error: unknown) => {
      console.log(`FAILED ${scenario.name}: ${(error as Error).message}`)
      process.exitCode = 1
    })
    if (result === undefined) continue
    results.push(result)
    const ratios = compare(result)
    console.log(`${scenario.name}: p50 ${brief(middleOf(result, 'ours', turn => turn.p50))} ms, ${ratioText(ratios?.latency)} × the bound; ` +
      `throughput ${ratioText(ratios?.throughput)} ×; processor ${brief(middleOf(result, 'ours', turn => turn.processor))} ms, ${ratioText(ratios?.processor)} ×`)
  }
  return results
}

/** Fails only for what is worse twice: a machine that does something else just then is no reason. */
async function compareWithBaseline (results: readonly ScenarioResult[], surroundings: Surroundings): Promise<boolean> {
  const found = baselineFor(machine, readBaselines())
  if (found === undefined) {
    console.log('there is no bench/baseline.json to compare with: npm run bench -- --record')
    return true
  }
  const { baseline, tolerance } = found
  const suspects = new Set(findWorsenings(results, baseline, tolerance).map(({ scenario }) => scenario))
  if (suspects.size > 0) console.log('measured again:')
  const again = await measureAll(scenarios.filter(({ name }) => suspects.has(name)), surroundings)
  const worsenings = findWorsenings(again, baseline, tolerance)
  for (const { scenario, ratio, recorded, measured } of worsenings) console.log(`WORSE ${scenario}: ${ratio} ${measured.toFixed(2)} × the bound, recorded ${recorded.toFixed(2)} ×`)
  console.log(worsenings.length === 0 ? `no ratio is ${tolerance} times worse than recorded (${describeMachine(baseline.machine)})` : `${worsenings.length} ratios are ${tolerance} times worse than recorded`)
  return worsenings.length === 0
}

function writePage (results: readonly ScenarioResult[]): void {
  const bars = judge(results)
  console.log(barTable(bars))
  const peers = peerTable(results)
  if (peers !== '') console.log(peers)
  // What shows the server itself, and few enough rows to be looked at.
  keep('performance.svg', drawRatios(results.filter(({ scenario }) => scenario.services === 'at once' && scenario.cache === 'off' && scenario.concurrency <= 8)))
  const page = folder('performance.md')
  writeIntoPage(page, writeSection(results, bars, machine, measure, 'performance.svg'))
  console.log(`written: ${path.relative(root, page)}`)
}

/** Where a file goes. */
function folder (name: string): string {
  return path.resolve(root, options.out ?? (options.isWhole && name !== 'bench.json' ? 'docs' : 'out'), name)
}

function keep (name: string, text: string): void {
  const file = folder(name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`written: ${path.relative(root, file)}`)
}
