// npm run test:browser: the tests of pages in a real browser, Debian's Chromium. Where it cannot be had they are counted as skipped, and it is said why.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { installMissing } from './debian.ts'

const root = path.dirname(import.meta.dirname)

/** Time for one file, in seconds. */
const longest = 300

/** Whether a line of tap says no more than that one assertion holds. */
const isDetail = (line: string) => /^\s*(ok \d+ - (?!.*# time=)|\d+\.\.\d+$|# Subtest|# No coverage|# time=|TAP version|$)/.test(line)

const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('test/browser/*.test.ts', { cwd: root }).sort()
const obstacle = installMissing(new Map([['chromium', 'chromium'], ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', 'fonts-dejavu-core']]))
if (obstacle !== undefined) {
  console.log(`SKIPPED: ${obstacle}.`)
  console.log(`0 passed, 0 failed, ${files.length} skipped`)
} else {
  let counts = ''
  const tap = spawn('tap', ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', '--jobs=1', `--timeout=${longest}`, ...files], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(tap.stdout).on('line', line => {
    if (line.startsWith('# { total: ')) counts = line
    if (!isDetail(line)) console.log(line)
  })
  const status = await new Promise<number>(resolve => tap.once('close', code => resolve(code ?? 1)))
  const count = (word: string) => Number(counts.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)
  // A run that ends badly without a failed assertion is a failure all the same.
  const failed = count('fail') || (status === 0 && count('pass') > 0 ? 0 : 1)
  console.log(`${count('pass')} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
