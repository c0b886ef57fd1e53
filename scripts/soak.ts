// npm run test:soak: the server under load for half an hour, watched for leaks. Writes every sample to out/soak.jsonl; a run of half an hour or more also
// writes what it found into docs/reliability.md, with a drawing.
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { drawSoak, judge, listFindings, writeSection } from '../test/soak/page.ts'
import { runSoak } from '../test/soak/soak.ts'
import { writeIntoPage } from './page-section.ts'

const minutes = readNumber('SOAK_MINUTES', 30)
const seed = readNumber('SOAK_SEED', 1)
const root = path.dirname(import.meta.dirname)
const out = path.join(root, 'out')
const lines = path.join(out, 'soak.jsonl')
mkdirSync(out, { recursive: true })
rmSync(lines, { force: true })

const write = (line: unknown) => appendFileSync(lines, `${JSON.stringify(line)}\n`)
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`

const result = await runSoak({
  seconds: minutes * 60,
  searchSeconds: Math.min(30, minutes * 10),
  share: 0.7,
  sampleSeconds: 5,
  collectSeconds: 30,
  changeSeconds: 10,
  settleSeconds: 60,
  seed,
  onPhase: phase => console.log(phase),
  onSample (sample) {
    write(sample)
    if (sample.live === undefined) return
    const { minutes, rss, live, descriptors, delay, gauges } = sample
    console.log(`${minutes.toFixed(1)} min: ${megabytes(rss)} resident, ${megabytes(live.heapUsed)} live heap, ${megabytes(live.external)} live buffers, ` +
      `${descriptors} files, event loop ${delay.toFixed(0)} ms, ${gauges.tutti_requests_in_flight} requests under way`)
  }
})

const findings = judge(result)
const { samples, load: { durations, ...load }, ...rest } = result
write({ ...rest, load: { ...load, milliseconds: { p50: durations.percentile(50) / 1000, p99: durations.percentile(99) / 1000 } }, findings })
for (const wrong of [...result.earlyWrongs, ...load.wrongs]) console.log(`wrong: ${wrong}`)
for (const [text, number] of Object.entries(result.errors)) console.log(`in the log, ${number} times: ${text}`)
if (result.stderr !== '') console.log(`on standard error:\n${result.stderr}`)
console.log(listFindings(findings))

const folder = minutes >= 30 ? path.join(root, 'docs') : out
const page = path.join(folder, 'reliability.md')
const section = writeSection(result, { day: new Date().toISOString().slice(0, 10), node: `Node ${process.versions.node}`, cores: availableParallelism() }, 'reliability-soak.svg')
writeFileSync(path.join(folder, 'reliability-soak.svg'), drawSoak(result))
writeIntoPage(page, section)
console.log(`${findings.every(({ isRight }) => isRight) ? 'all is well' : 'something is not as it must be'}; see ${path.relative(root, page)} and ${path.relative(root, lines)}`)
process.exitCode = findings.every(({ isRight }) => isRight) ? 0 : 1

function readNumber (name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise)
  if (value > 0) return value
  console.error(`${name} must be a number above 0`)
  process.exit(1)
}
