// No message may cost more than time in proportion to its size: every pattern of every schema, and the search for duplicates, with strings and lists
// made to be slow. Only ratios are compared, with twice the size and with a plain loop over the same input, so the speed of the machine does not matter.
import { globSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { createCompiler, createValidator } from '../../../lib/graphics/validator.ts'
import {
  AUDIO_DATA_URL_PATTERN, IMAGE_DATA_URL_PATTERN, REVERSE_DOMAIN_PATTERN, SVG_DATA_URL_PATTERN, UUID_PATTERN, WEB_ADDRESS_PATTERN
} from '../../../schemas/graphics/patterns.ts'

const MEGABYTE = 1_048_576
const root = new URL('../../../', import.meta.url)

/** A hostile string: a beginning, something to fill it up with, an end that spoils the match. */
interface Hostile { before?: string, fill: string, after?: string }

const everywhere: Hostile[] = ['a', '0', '.', 'a.', '-', '/', ',', ' ', '👍'].map(fill => ({ fill, after: '!' }))

const hostile: Record<string, Hostile[]> = {
  [UUID_PATTERN]: [{ fill: '1f8c2b1e-7a3d-4c55-9b0e-3d6f0a9c8e21' }, { before: '1f8c2b1e-7a3d-4c55-9b0e-', fill: 'a' }],
  [REVERSE_DOMAIN_PATTERN]: [
    { before: 'ab', fill: '.a', after: '!' }, { before: 'ab.', fill: 'a', after: '-' }, { before: 'ab.a', fill: '-' }, { before: 'ab.', fill: 'a-', after: '' },
    { before: 'ab', fill: '.a-b', after: '.' }, { before: 'ab', fill: '.a' }
  ],
  [WEB_ADDRESS_PATTERN]: [
    { before: 'https://', fill: 'a.' }, { before: 'https://', fill: 'a.a', after: '!' }, { before: 'https://www.', fill: 'www.' }, { before: 'https://aa.', fill: 'b', after: 'C' },
    { before: 'https://', fill: 'aa.bc.', after: ' ' }, { before: 'https://', fill: 'aa.bc/', after: ' ' }, { before: 'https://', fill: '.' }, { before: 'https://', fill: '.aa_' },
    { before: 'https://aa.bc', fill: 'x ' }, { before: 'https://example.org/', fill: 'a' }, { before: 'https://', fill: '%' }
  ],
  [SVG_DATA_URL_PATTERN]: [
    { fill: 'A', after: '!' }, { fill: 'A!' }, { before: 'data:image/svg+xml', fill: ';base64', after: '!' }, { before: 'data:image/svg+xml;base64,', fill: 'A', after: '!' },
    { before: 'data:image/svg+xml', fill: ',' }, { fill: 'data:image/svg+xml,' }
  ]
}
for (const [pattern, media] of [[IMAGE_DATA_URL_PATTERN, 'image'], [AUDIO_DATA_URL_PATTERN, 'audio']] as const) {
  hostile[pattern] = [
    { before: `data:${media}/`, fill: 'a' }, { before: `data:${media}/`, fill: ';base64,' }, { before: `data:${media}/x;base64,`, fill: 'A', after: '!' },
    { before: `data:${media}/x;base64,`, fill: '=' }, { before: `data:${media}/`, fill: '👍', after: ';base64,' }, { fill: `data:${media}/x;base64,` }
  ]
}

function stretch ({ before = '', fill, after = '' }: Hostile, length: number): string {
  const text = before + fill.repeat(Math.ceil(length / fill.length)) + after
  return JSON.parse(JSON.stringify(text)) as string // in one piece, so that no run pays for putting it together
}

/** How long a run takes, in milliseconds. */
function duration (run: () => unknown): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

/**
 * Whether the cost grows no faster than the input, where it is more than some forty times that of a plain loop. It counts the shortest of up to twelve runs, since a busy
 * machine makes some longer. Small inputs come first, and what is hundreds of times slower than the loop is given up on: so what is quadratic is found out
 * before it takes minutes.
 */
function isLinear<T> (input: (size: number) => T, run: (input: T) => unknown, plain: (input: T) => unknown, sizes: number[]): boolean {
  return sizes.every(size => {
    const twice = input(size)
    const once = input(size / 2)
    const best = { twice: Infinity, once: Infinity, plain: Infinity }
    for (let round = 1; round <= 12; round++) {
      best.twice = Math.min(best.twice, duration(() => run(twice)))
      best.plain = Math.min(best.plain, duration(() => plain(twice)))
      if (best.twice <= 40 * best.plain) return true
      best.once = Math.min(best.once, duration(() => run(once)))
      if (round > 2 && best.twice <= 3 * best.once) return true
      if (round > 2 && best.twice > 300 * best.plain) return false
    }
    return false
  })
}

function sumOfCodes (text: string): number {
  let sum = 0
  for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index)
  return sum
}

/** Every `pattern`, and every key of `patternProperties`, in a schema or in anything that holds schemas. */
function patternsIn (value: unknown, found: Set<string>, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  for (const [key, member] of Object.entries(value)) {
    if (key === 'pattern' && typeof member === 'string') found.add(member)
    if (key === 'patternProperties' && typeof member === 'object' && member !== null) Object.keys(member).forEach(name => found.add(name))
    patternsIn(member, found, seen)
  }
}

t.test('every pattern of every schema is matched in linear time', async t => {
  const patterns = new Set<string>()
  for (const file of globSync('schemas/**/*.ts', { cwd: root })) patternsIn({ ...await import(new URL(file, root).href) }, patterns)
  for (const pattern of Object.keys(hostile)) t.ok(patterns.has(pattern), `${pattern} is used by a schema`)
  for (const pattern of patterns) {
    const check = createCompiler()({ type: 'string', pattern })
    const slow = [...hostile[pattern] ?? [], ...everywhere].find(text => !isLinear(size => stretch(text, size), check, sumOfCodes, [MEGABYTE / 64, MEGABYTE]))
    t.equal(slow && JSON.stringify(slow), undefined, pattern)
  }
})

t.test('a list of fifty thousand names is searched for duplicates in linear time', async t => {
  const { request } = createValidator()
  const names = (size: number) => Array.from({ length: size }, (_, index) => `ca.mcgill.a11y.image.renderer.R${index}`)
  const plain = (list: string[]) => new Set(list.map(name => `${name}!`))
  for (const member of ['capabilities', 'renderers']) {
    const check = (list: string[]) => request({
      request_uuid: '1f8c2b1e-7a3d-4c55-9b0e-3d6f0a9c8e21', timestamp: 0, language: 'en', highChartsData: {}, capabilities: [], renderers: [], [member]: list
    })
    t.equal(check(names(50_000)), undefined)
    t.match(check([...names(50_000), 'ca.mcgill.a11y.image.renderer.R0']), [{ params: { i: 50_000, j: 0 } }])
    t.ok(isLinear(names, check, plain, [3_000, 50_000]), member)
  }
})

t.test('numbers whose hashes could collide, and nested lists, are searched for duplicates in linear time', async t => {
  const check = createCompiler()({ type: 'array', uniqueItems: true })
  const plain = (list: unknown[]) => new Set(list.map(item => JSON.stringify(item)))
  t.ok(isLinear(size => Array.from({ length: size }, (_, index) => index * 65_536), check, plain, [3_000, 50_000]), 'numbers')
  t.ok(isLinear(size => Array.from({ length: size }, (_, index) => String(index * 65_536)), check, plain, [3_000, 50_000]), 'texts of numbers')
  t.ok(isLinear(size => Array.from({ length: size }, (_, index) => [{ b: [index], a: 'x' }]), check, plain, [3_000, 50_000]), 'lists')
})
