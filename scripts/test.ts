// npm test: the tests of lib/ with their coverage, then all others, which it would only slow down. With file names: those alone.
import { spawn, spawnSync } from 'node:child_process'
import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const root = path.dirname(import.meta.dirname)
const tap = ['tap', '--disable-coverage', '--allow-empty-coverage', '--reporter=terse']
const coverageFolder = path.join(root, 'coverage')
const coverage = ['report', '--temp-directory', coverageFolder, '--include', 'lib/**', '--check-coverage', '--lines', '95', '--reporter', 'text-summary']

/** Whether terse says this again and again while it runs. */
const isProgress = (line: string) => line === '' || ['\u001b', 'Asserts:', 'Suites:', '# No coverage'].some(start => line.startsWith(start))

/** How a run ended. */
interface Result { passed: number, failed: number, status: number }

/** Runs a command and shows what it says, but for progress; reads tap's closing line, `# { total: 3, pass: 2, fail: 1 }`. */
async function run ([command = '', ...args]: string[], environment: Record<string, string> = {}): Promise<Result> {
  const child = spawn(path.join(root, 'node_modules/.bin', command), args, {
    cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit']
  })
  let counts = ''
  createInterface(child.stdout).on('line', line => {
    if (line.startsWith('# { total: ')) counts = line
    if (!isProgress(line)) console.log(line)
  })
  const status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? 1)))
  const count = (word: string) => Number(counts.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail'), status }
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
// Those in test/engines need real engines: npm run test:engines.
const files = globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/engines'] }).sort()
const isOfLib = (file: string) => file.startsWith(path.join('test', 'lib', path.sep))
rmSync(coverageFolder, { recursive: true, force: true })
const results = named.length > 0
  ? [await run([...tap, ...named])]
  : [
      // Coverage of what comes compiled is less exact.
      await run([...tap, ...files.filter(isOfLib)], { NODE_V8_COVERAGE: coverageFolder }),
      await run([...tap, ...files.filter(file => !isOfLib(file))], { NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/compiled') })
    ]
const lacksCoverage = named.length === 0 && !isCovered()

const passed = results.reduce((sum, result) => sum + result.passed, 0)
// A run that ends badly without a failed assertion, by a crash, is a failure all the same.
const failed = results.reduce((sum, result) => sum + (result.failed || (result.status === 0 ? 0 : 1)), lacksCoverage ? 1 : 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
