// npm test: every test file in a process of its own, two at a time; those of lib/ with their coverage, which would only slow the others down. Node
// runs them as they are: what tap's own command hangs into each process and its children costs a fifth of the time. With file names: those alone.
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const root = path.dirname(import.meta.dirname)
const coverageFolder = path.join(root, 'coverage')
const coverage = ['report', '--temp-directory', coverageFolder, '--include', 'lib/**', '--check-coverage', '--lines', '95', '--reporter', 'text-summary']

/** How many files run at once. Some measure what a process has left of the machine: more at once would only disturb them. */
const atOnce = 2

/** How long one test may take unless it says otherwise, in seconds. */
const longest = 170

/** Folders whose files run for long: they come first, so that none is left to run alone at the end. */
const slow = ['acceptance', 'soak', 'faults', 'fuzz', 'lib']

/** How a file ended. */
interface Result { file: string, passed: number, failed: number, seconds: number }

const running = new Set<ChildProcess>()
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143)).once('exit', () => running.forEach(child => child.kill()))

/** Runs one file and shows what failed; reads tap's closing line, `# { total: 3, pass: 2, fail: 1 }`. */
async function run (file: string, environment: Record<string, string>): Promise<Result> {
  const begun = performance.now()
  const child = spawn(process.execPath, [file], { cwd: root, env: { ...process.env, TAP_TIMEOUT: String(longest), ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  let counts = ''
  let isBroken = false
  const shown: string[] = []
  createInterface(child.stdout).on('line', line => {
    if (line.startsWith('# { total: ')) counts = line
    // What is wrong with an assertion stands below it, indented further.
    isBroken = /^\s*not ok /.test(line) || (isBroken && !/^\s*(ok |#|\d+\.\.\d+)/.test(line))
    if (isBroken || /^\s*# TEST_SEED=/.test(line)) shown.push(line)
  })
  const status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? 1)))
  running.delete(child)
  const count = (word: string) => Number(counts.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)
  // One that ends badly without a failed assertion, by a crash, is a failure all the same.
  const result = { file, passed: count('pass'), failed: count('fail') || (status === 0 && counts !== '' ? 0 : 1), seconds: (performance.now() - begun) / 1000 }
  if (result.failed > 0) console.log([`FAILED ${file} (status ${status})`, ...shown].join('\n'))
  return result
}

/** Whether enough of lib/ was run. Of the hundreds of megabytes that Node writes, most is about Node and packages: c8 would read that for two minutes. */
function isCovered (): boolean {
  const ours = pathToFileURL(path.join(root, 'lib', path.sep)).href
  for (const name of readdirSync(coverageFolder)) {
    const file = path.join(coverageFolder, name)
    const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: Array<{ url: string }> }
    writeFileSync(file, JSON.stringify({ result: result.filter(({ url }) => url.startsWith(ours)) }))
  }
  const { status } = spawnSync(path.join(root, 'node_modules/.bin/c8'), coverage, { cwd: root, stdio: 'inherit' })
  rmSync(coverageFolder, { recursive: true })
  return status === 0
}

const named = process.argv.slice(2)
// Those in test/engines need real engines, those in test/browser a browser: npm run test:engines, npm run test:browser.
const files = named.length > 0 ? named : globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/engines', 'test/browser'] }).sort()
const rank = (file: string) => (slow.indexOf(file.split(path.sep)[1] ?? '') + slow.length + 1) % (slow.length + 1)
const waiting = named.length > 0 ? [...files] : files.toSorted((a, b) => rank(a) - rank(b))
const isOfLib = (file: string) => file.startsWith(path.join('test', 'lib', path.sep))
const results: Result[] = []
rmSync(coverageFolder, { recursive: true, force: true })

async function work () {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    results.push(await run(file, {
      NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/compiled'),
      ...(named.length === 0 && isOfLib(file) && { NODE_V8_COVERAGE: coverageFolder })
    }))
  }
}

await Promise.all(Array.from({ length: atOnce }, work))
const lacksCoverage = named.length === 0 && !isCovered()
const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, 10)
console.log(`slowest: ${slowest.map(({ file, seconds }) => `${path.relative('test', file)} ${seconds.toFixed(0)} s`).join(', ')}`)
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + result.failed, lacksCoverage ? 1 : 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
