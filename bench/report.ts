// What was measured, for people: tables in Markdown, and how to read them.
import type { Bar } from './bar.ts'
import { describeMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { compare } from './ratio.ts'
import type { Measure, ScenarioResult, SubjectName, Turn } from './rounds.ts'
import { median } from './statistics.ts'
import type { Estimate } from './statistics.ts'

/** A table in Markdown. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map((_, place) => place === 0 ? '---' : '--:').join('|')}|`, ...rows.map(line)].join('\n')
}

/** A number with three digits that say something. */
export function brief (value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

/** A ratio with its interval, as `1.3 (1.2–1.5)`. */
export function ratioText (ratio: Estimate | undefined): string {
  return ratio === undefined ? '–' : `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
}

/** The bars, a line each. */
export function barTable (bars: readonly Bar[]): string {
  const words = (holds: boolean | undefined) => holds === undefined ? '–' : holds ? 'holds' : '**missed**'
  return table(['bar', 'allowed', 'measured', 'where', ''], bars.map(({ what, allowed, measured = 'nothing', where, holds }) => [what, allowed, measured, where, words(holds)]))
}

/** What one server was like in one scenario: the middle of its turns. */
export function middleOf (result: ScenarioResult, subject: SubjectName, read: (turn: Turn) => number | undefined): number | undefined {
  const values = (result.subjects[subject]?.turns ?? []).map(read).filter(value => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}

/** Scenarios side by side with the lower bound, one table for each graph. */
export function boundTables (results: readonly ScenarioResult[]): string {
  const groups = Map.groupBy(results, ({ scenario }) => scenario.graph.title)
  return [...groups].map(([title, group]) => `### ${capital(title)}\n\n${boundTable(group)}`).join('\n\n')
}

function boundTable (results: readonly ScenarioResult[]): string {
  const pair = (result: ScenarioResult, read: (turn: Turn) => number | undefined) => `${brief(middleOf(result, 'ours', read))} / ${brief(middleOf(result, 'bound', read))}`
  const head = ['request', 'p50, ms', '×', 'p99, ms', 'requests/s', '×', 'processor, ms', '×', 'memory, MB', 'late, ms', 'connections']
  return table(head, results.map(result => {
    const ratios = compare(result)
    const { ours, bound } = result.subjects
    const megabytes = (bytes: number | undefined) => bytes === undefined ? undefined : bytes / 1024 / 1024
    return [
      // The graph is in the heading.
      result.scenario.name.split(', ').slice(1).join(', '),
      pair(result, turn => turn.p50), ratioText(ratios?.latency), pair(result, turn => turn.p99), pair(result, turn => turn.throughput), ratioText(ratios?.throughput),
      pair(result, turn => turn.processor), ratioText(ratios?.processor), `${brief(megabytes(ours?.peak))} / ${brief(megabytes(bound?.peak))}`, pair(result, turn => turn.delay),
      pair(result, turn => turn.connections)
    ]
  }))
}

/** Another server beside ours; empty where none was measured. */
export function peerTable (results: readonly ScenarioResult[]): string {
  const measured = results.filter(({ subjects }) => subjects.peer !== undefined)
  if (measured.length === 0) return ''
  const pair = (result: ScenarioResult, read: (turn: Turn) => number | undefined) => `${brief(middleOf(result, 'peer', read))} / ${brief(middleOf(result, 'ours', read))}`
  return table(['scenario', 'p50, ms', '×', 'p99, ms', 'requests/s', '×', 'processor, ms', '×', 'calls'], measured.map(result => {
    const ratios = compare(result, 'peer', 'ours')
    return [
      result.scenario.name, pair(result, turn => turn.p50), ratioText(ratios?.latency), pair(result, turn => turn.p99), pair(result, turn => turn.throughput), ratioText(ratios?.throughput),
      pair(result, turn => turn.processor), ratioText(ratios?.processor), pair(result, turn => turn.calls)
    ]
  }))
}

/** The section of a page about everything that was measured. @param drawing - path to the plot */
export function writeSection (results: readonly ScenarioResult[], bars: readonly Bar[], machine: Machine, { rounds, turn }: Measure, drawing: string): string {
  const peers = peerTable(results)
  return `## Beside the lower bound

\`npm run bench\` measured this on ${describeMachine(machine)}: ${rounds} rounds, in each of which every server has a turn of ${turn / 1000} s.
Clients, services, the Docker engine and the servers are processes of their own and share the cores.

The lower bound is a bare \`node:http\` server that does the least any server must: it takes the same request and throws it away, makes the same calls in the same
order from buffers that lie ready, reads the replies without looking at them, and answers with as many bytes. No server that passes graphics on can be at 1.00.

How to read the tables: of each pair the first number is this server's, the second the lower bound's; **×** is their ratio, the median over all rounds, with the interval in which the
true median lies in 95 % of cases. Ratios hold on other machines, the numbers beside them do not. *Latency* is from the first byte of a request to the last
one of its answer; *processor* is processor time of all threads for one request; *memory* is the most that the process ever had; *late* is the 99th
percentile of the delay of the event loop; *connections* are those opened to services in a turn.

${barTable(bars)}

![Latency and processor time beside the lower bound](${drawing})

The numbers of the drawing are in the tables.

${boundTables(results)}
${peers === '' ? '' : `\n### Another server\n\nThe first number is the other server's, the second ours.\n\n${peers}\n`}`
}

function capital (text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
