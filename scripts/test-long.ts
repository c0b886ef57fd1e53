// npm run test:long: the tests that have a long form, at their full sizes, one file after the other, and a table of what they measured. Takes hours.
// With file names: those alone.
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.dirname(import.meta.dirname)

/** How long one file may take, in seconds. */
const longest = 7200

/** How a file ended, and its figures: what they are of, and what they say. */
interface Result { passed: number, failed: number, figures: Array<[of: string, text: string]> }

/** Runs one file and shows the names of its tests, what failed and what it measured. */
async function run (file: string): Promise<Result> {
  const begun = performance.now()
  const child = spawn(path.join(root, 'node_modules/.bin/tap'), ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', `--timeout=${longest}`, file], {
    cwd: root, env: { ...process.env, TEST_LONG: '1' }, stdio: ['ignore', 'pipe', 'inherit']
  })
  const figures: Result['figures'] = []
  let counts = ''
  let isBroken = false
  createInterface(child.stdout).on('line', line => {
    const [, of, text] = line.match(/^\s*# figure: (.+?) \| (.*)$/) ?? []
    if (of !== undefined && text !== undefined) figures.push([of, text])
    if (line.startsWith('# { total: ')) counts = line
    // What is wrong with an assertion stands below it, indented further.
    isBroken = /^\s*not ok /.test(line) || (isBroken && !/^\s*(ok |#|\d+\.\.\d+)/.test(line))
    if (isBroken || of !== undefined || /^\s*# TEST_SEED=/.test(line)) console.log(line)
  })
  const status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? 1)))
  const count = (word: string) => Number(counts.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)
  const result = { passed: count('pass'), failed: count('fail') || (status === 0 ? 0 : 1), figures }
  console.log(`${result.failed === 0 ? 'passed' : 'FAILED'} ${file} in ${Math.round((performance.now() - begun) / 1000)} s`)
  return result
}

const named = process.argv.slice(2)
// Those in test/engines need real engines: npm run test:engines.
const files = named.length > 0
  ? named
  : globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/engines'] }).filter(file => readFileSync(path.join(root, file), 'utf8').includes('/long.ts\'')).sort()
const results: Result[] = []
for (const file of files) results.push(await run(file))

const total = (word: 'passed' | 'failed') => results.reduce((sum, result) => sum + result[word], 0)
// In order of the numbers: F9 before F10.
const figures = results.flatMap(result => result.figures).toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
console.log(['', '| of | measured |', '|---|---|', ...figures.map(([of, text]) => `| ${of} | ${text} |`), ''].join('\n'))
console.log(`${total('passed')} passed, ${total('failed')} failed`)
process.exitCode = total('failed') === 0 && total('passed') > 0 ? 0 : 1
