// docs/reliability.md: every fault in its table is tried where it says, every fault that is tried stands in it, and the files that it names are there.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** The cells of every row of a section's table, without its head. */
function rows (page: string, heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section.split('\n').filter(line => line.startsWith('|')).slice(2).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
}

/** The files that a cell names. */
function filesIn (cell = ''): string[] {
  return [...cell.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file)
}

/** The numbers of faults with which names of tests begin, written out or as the first entry of a row that a test is made from. */
function numbersIn (file: string): string[] {
  return [...new Set([...read(file).matchAll(/['"`](F\d+): |\[['"`](F\d+)['"`], /g)].map(([, name, row]) => name ?? row ?? ''))]
}

const page = read('docs/reliability.md')
const faults = rows(page, 'Faults')
const targets = rows(page, 'Made-up inputs')

t.test('every fault is numbered once, in order, with what must hold', async t => {
  const numbers = faults.map(([number = '']) => Number(number.slice(1)))
  t.strictSame(numbers, [...new Set(numbers)].sort((a, b) => a - b))
  t.ok(numbers.every(Number.isInteger))
  t.ok(faults.length >= 25)
  for (const [number = '', what, bar] of faults) t.ok(what !== '' && bar !== '', number)
})

t.test('every fault is tried in the files that its row names', async t => {
  for (const [number = '', , , tests] of faults) {
    t.ok(filesIn(tests).length > 0, `${number} names a file`)
    for (const file of filesIn(tests)) t.ok(existsSync(path.join(root, file)) && numbersIn(file).includes(number), `${file} has a test whose name begins with ${number}:`)
  }
})

t.test('every fault that is tried stands in the table', async t => {
  const known = new Set(faults.map(([number]) => number))
  const files = globSync('test/**/*.test.ts', { cwd: root })
  t.ok(files.length > 100)
  for (const file of files) for (const number of numbersIn(file)) t.ok(known.has(number), `${number} of ${file} is in docs/reliability.md`)
})

t.test('every target of made-up inputs names its test', async t => {
  t.ok(targets.length > 10)
  for (const [target = '', , tests] of targets) {
    t.ok(filesIn(tests).length > 0, target)
    for (const file of filesIn(tests)) t.ok(existsSync(path.join(root, file)), file)
  }
  const named = new Set(targets.flatMap(([, , tests]) => filesIn(tests)))
  for (const file of globSync('test/fuzz/*.test.ts', { cwd: root })) t.ok(named.has(file), `${file} is in the table`)
})
