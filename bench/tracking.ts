// npm run bench:tracking: what module `tracking` costs beside a bare relay, with very many clients, with one that never reads, and over time.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeIntoPage } from '../scripts/page-section.ts'
import type { Bar } from './bar.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { barTable, brief, ratioText } from './report.ts'
import { measureDeaf, measureEndurance, measureExpiry, measureFanOut, measureMultitude } from './tracking-measures.ts'
import type { FanOut, Pace } from './tracking-measures.ts'
import { compareTurns, judgeEndurance, judgeTracking, writeEndurance, writeTracking } from './tracking-report.ts'
import type { TrackingResults } from './tracking-report.ts'

const usage = `npm run bench:tracking -- [options]

--only PART     fan-out, multitude, deaf or expiry, instead of all of them
--clients N     clients of the multitude, instead of 9990, which leaves room for ten others below 10000; the server wants twice as many open files (ulimit -n)
--rounds N      rounds, at least 1
--seconds S     seconds of a turn
--minutes M     nothing of the above, but 100 messages a second for so long: memory over time
--out FOLDER    where the page goes, instead of docs where the numbers are worth it, and out otherwise
`

/** What there is to measure. */
const parts = ['fan-out', 'multitude', 'deaf', 'expiry'] as const

const root = path.dirname(import.meta.dirname)
const { only, clients, minutes, out, isWhole, pace } = read()
const machine = thisMachine()
console.log(describeMachine(machine))

if (minutes === undefined) {
  const results = await measureParts()
  const bars = judgeTracking(results)
  finish('bench-tracking.json', { machine, pace, results }, writeTracking(results, machine, pace), bars)
} else {
  const result = await measureEndurance(minutes, (minute, memory) => console.log(`${minute.toFixed(1)} min: ${(memory / 1024 / 1024).toFixed(0)} MB`))
  finish('bench-tracking-minutes.json', { machine, result }, writeEndurance(result, machine), [judgeEndurance(result)])
}

async function measureParts (): Promise<TrackingResults> {
  const isAsked = (part: typeof parts[number]) => only === undefined || only === part
  const say = (result: FanOut) => console.log(`${result.clients} clients${result.isTracked ? ', 2 objects seen' : ''}: delivered ${ratioText(compareTurns(result, turn => turn.throughput))} × the relay, ` +
    `processor ${ratioText(compareTurns(result, turn => turn.processor))} ×`)
  const sizes = [...[1, 20, 200].map(clients => ({ clients, isTracked: false })), { clients: 20, isTracked: true }]
  return {
    fanOut: isAsked('fan-out') ? await measureFanOut(sizes, pace, say) : [],
    multitude: isAsked('multitude') ? await measureMultitude(clients, pace) : undefined,
    deaf: isAsked('deaf') ? await measureDeaf(20_000, 400) : undefined,
    expiry: isAsked('expiry') ? await measureExpiry(100_000) : undefined
  }
}

/** Writes raw numbers and page, says what was found. */
function finish (file: string, numbers: unknown, section: string, bars: readonly Bar[]): void {
  const folder = path.join(root, 'out')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, file), `${JSON.stringify(numbers)}\n`)
  const page = path.resolve(root, out ?? (isWhole ? 'docs' : 'out'), 'performance.md')
  writeIntoPage(page, section)
  console.log(`${section}\n${barTable(bars)}\nwritten: ${path.relative(root, page)}, out/${file}`)
  if (bars.some(({ holds }) => holds === false)) process.exitCode = 1
}

function read () {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' }, clients: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' }, minutes: { type: 'string' }, out: { type: 'string' }
      }
    })
    const only = parts.find(part => part === values.only)
    if (values.only !== undefined && only === undefined) throw new RangeError(`--only must be one of ${parts.join(', ')}`)
    const minutes = values.minutes === undefined ? undefined : number('--minutes', values.minutes, 0.1)
    const turn = number('--seconds', values.seconds ?? '2', 0.05) * 1000
    const pace: Pace = { rounds: number('--rounds', values.rounds ?? '7', 1), turn, warmUp: turn }
    return {
      only,
      minutes,
      pace,
      clients: number('--clients', values.clients ?? '9990', 1),
      out: values.out,
      // A part of it, or a quick look, is nothing for the page; nor are a few minutes.
      isWhole: minutes === undefined ? !['only', 'clients', 'rounds', 'seconds'].some(name => name in values) : minutes >= 30
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

function number (name: string, text: string, least: number): number {
  const value = Number(text)
  if (!(value >= least)) throw new RangeError(`${name} must be a number from ${brief(least)} on`)
  return value
}
