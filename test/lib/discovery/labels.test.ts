// Labels: what each value means, what a wrong one costs, and that no label whatever does more harm than that.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { defaultPort, labelPrefix, ownPrefix, readLabels } from '../../../lib/discovery/labels.ts'
import type { LabelReading } from '../../../lib/discovery/labels.ts'
import { figure, sized } from '../../long.ts'

/** Reads labels written without their prefix, on top of those of a preprocessor. */
function read (labels: Record<string, unknown>): LabelReading & { service: NonNullable<LabelReading['service']> } {
  const reading = readLabels('one', Object.fromEntries(Object.entries({ preprocessor: '1', ...labels }).map(([name, value]) => [name.startsWith(ownPrefix) ? name : labelPrefix + name, value])))
  assert(reading.service)
  return { ...reading, service: reading.service }
}

/** The labels that were reported, without prefix. */
const reported = ({ problems }: LabelReading) => problems.map(({ cause }) => cause.match(/label ca\.mcgill\.a11y\.image\.(\w+) /)?.[1])

t.test('a preprocessor with no other label gets the defaults', async t => {
  t.strictSame(read({}), {
    service: {
      name: 'one',
      priority: 1,
      handles: false,
      modifiesRequest: false,
      routes: ['default'],
      required: [],
      optional: [],
      cacheSeconds: 0,
      variesByLanguage: false,
      timeout: undefined,
      concurrency: undefined,
      retries: 1
    },
    port: 80,
    network: undefined,
    problems: []
  })
})

t.test('labels of our own: time, calls at once, further attempts, what the cache depends on, network', async t => {
  const own = { 'tutti.timeout': '90000', 'tutti.concurrency': ' 2 ', 'tutti.retries': '0', 'tutti.cache.vary': 'language', 'tutti.network': ' models ' }
  t.match(read(own), { service: { timeout: 90_000, concurrency: 2, retries: 0, variesByLanguage: true }, network: 'models', problems: [] })
  t.match(read({ 'tutti.timeout': '', 'tutti.retries': ' ', 'tutti.cache.vary': ' , ', 'tutti.network': '' }), { service: { timeout: undefined, retries: 1, variesByLanguage: false }, network: undefined, problems: [] })
})

t.test('labels of our own that make no sense get their default and are named with the cure', async t => {
  for (const [label, value, cure] of [
    ['tutti.timeout', '90s', 'Write a whole number of milliseconds from 1 to 3600000.'], ['tutti.timeout', '0', /from 1 to/], ['tutti.timeout', '3600001', /to 3600000/],
    ['tutti.concurrency', '0', 'Write a whole number from 1 to 100000.'], ['tutti.concurrency', '1.5', /whole number/], ['tutti.retries', '6', 'Write a whole number from 0 to 5.'],
    ['tutti.retries', '-1', /from 0 to 5/], ['tutti.retries', 'NaN', /from 0/], ['tutti.cache.vary', 'language, sound', 'Write language.']
  ] as const) {
    const reading = read({ [label]: value })
    t.match(reading.problems, [{ service: 'one', cause: new RegExp(`^label ${label} `), cure }], `${label}=${value}`)
    t.equal(reading.problems.length, 1)
    t.match(reading.service, { timeout: undefined, concurrency: undefined, retries: 1, variesByLanguage: label === 'tutti.cache.vary' })
  }
})

t.test('without labels, or with those of others, there is no service', async t => {
  for (const labels of [null, {}, { 'traefik.enable': 'true', preprocessor: '1', handler: 'enable', [`${labelPrefix}port`]: '5000', [`x${labelPrefix}handler`]: 'enable' }]) {
    t.match(readLabels('one', labels), { service: undefined, problems: [] })
  }
})

t.test('labels are those that were set, not those that every object has', async t => {
  const inherited: Record<string, unknown> = Object.create({ [`${labelPrefix}handler`]: 'enable' })
  t.equal(readLabels('one', inherited).service, undefined)
})

t.test('preprocessor: any text that is not empty makes one, numbers order it', async t => {
  for (const [label, priority] of [['1', 1], ['0', 0], ['-3', -3], ['2.5', 2.5], ['1e2', 100], ['Infinity', Infinity]] as const) t.match(read({ preprocessor: label }), { service: { priority }, problems: [] })
  t.equal(readLabels('one', { [`${labelPrefix}preprocessor`]: '' }).service, undefined)
  const odd = read({ preprocessor: 'first' })
  t.equal(odd.service.priority, Number.POSITIVE_INFINITY)
  t.strictSame(odd.problems, [{ service: 'one', cause: 'label ca.mcgill.a11y.image.preprocessor is "first", which is no number; the service runs after all numbered groups', cure: 'Write the number of its priority group.' }])
})

t.test('handler: exactly enable makes one, anything else is reported', async t => {
  const handler = (value: string) => readLabels('one', { [`${labelPrefix}handler`]: value })
  t.match(handler('enable'), { service: { handles: true, priority: undefined }, problems: [] })
  for (const value of ['true', 'ENABLE', ' enable', '1']) {
    t.equal(handler(value).service, undefined)
    t.strictSame(reported(handler(value)), ['handler'])
  }
  t.strictSame(handler('').problems, [])
  t.match(read({ handler: 'enable' }), { service: { handles: true, priority: 1 } }, 'both at once')
})

t.test('port: whole numbers from 1 to 65535; the beginning of anything else where it is one, else 80', async t => {
  for (const [label, port, isRight] of [
    ['5000', 5000, true], [' 5000 ', 5000, true], ['1', 1, true], ['65535', 65535, true], ['', 80, true], ['80abc', 80, false], ['27101abc', 27101, false], ['0', 80, false], ['-5', 80, false],
    ['70000', 80, false], ['abc', 80, false], ['5000.5', 5000, false], ['1e3', 1, false], ['0x50', 80, false], ['99999999999999999999', 80, false], ['NaN', 80, false], ['٣', 80, false]
  ] as const) {
    const reading = read({ port: label })
    t.equal(reading.port, port, label)
    t.strictSame(reported(reading), isRight ? [] : ['port'], label)
  }
  t.equal(defaultPort, 80)
})

t.test('modifyRequest: true and false mean what they say, other words mean true and are reported', async t => {
  for (const word of ['true', 'TRUE', ' true ', 'on', 'yes', '1']) t.match(read({ modifyRequest: word }), { service: { modifiesRequest: true }, problems: [] }, word)
  for (const word of ['false', 'False', '', 'off', 'no', '0']) t.match(read({ modifyRequest: word }), { service: { modifiesRequest: false }, problems: [] }, word)
  const odd = read({ modifyRequest: 'perhaps' })
  t.equal(odd.service.modifiesRequest, true)
  t.strictSame(reported(odd), ['modifyRequest'])
})

t.test('route: names of letters, digits and underscores between commas; anything else is default, and reported', async t => {
  for (const [label, routes] of [['followup', ['followup']], ['a,b_2,C', ['a', 'b_2', 'C']], [' a , b ', ['a', 'b']], ['', ['default']], ['default,followup', ['default', 'followup']], ['__proto__', ['__proto__']]] as const) {
    t.match(read({ route: label }), { service: { routes }, problems: [] }, label)
  }
  for (const label of [',', 'a,,b', 'a,', ',a', 'follow-up', 'a b', 'é', 'a;b', ' ', 'a\u0000']) {
    const reading = read({ route: label })
    t.strictSame(reading.service.routes, ['default'], JSON.stringify(label))
    t.strictSame(reported(reading), ['route'])
  }
})

t.test('dependencies: names between commas, trimmed, each once; nothing is nobody', async t => {
  for (const label of ['required_dependencies', 'optional_dependencies'] as const) {
    const names = (value: string) => read({ [label]: value }).service[label === 'required_dependencies' ? 'required' : 'optional']
    t.strictSame(names('a,b'), ['a', 'b'])
    t.strictSame(names(' a , b,a,, '), ['a', 'b'])
    t.strictSame(names(''), [])
    t.strictSame(names(',,'), [])
    t.strictSame(names('one'), ['one'], 'also itself: the plan knows what to do')
    t.strictSame(names('__proto__,constructor'), ['__proto__', 'constructor'])
  }
})

t.test('cacheTimeout: seconds; what is no time is reported and caches nothing', async t => {
  for (const [label, seconds] of [['3600', 3600], ['0', 0], ['0.5', 0.5], ['', 0]] as const) t.match(read({ cacheTimeout: label }), { service: { cacheSeconds: seconds }, problems: [] })
  for (const label of ['-1', '1h', 'Infinity', 'NaN']) {
    t.equal(read({ cacheTimeout: label }).service.cacheSeconds, 0)
    t.strictSame(reported(read({ cacheTimeout: label })), ['cacheTimeout'])
  }
})

t.test('numbers and switches that a file gives unquoted are read as if they were quoted', async t => {
  t.match(read({ preprocessor: 2, port: 5000, modifyRequest: true, cacheTimeout: 60, route: null }), { service: { priority: 2, modifiesRequest: true, cacheSeconds: 60, routes: ['default'] }, port: 5000, problems: [] })
  t.match(read({ preprocessor: 0 }), { service: { priority: 0 } })
})

t.test('a label beyond all length is ignored and reported without being repeated', async t => {
  t.match(read({ required_dependencies: 'a'.repeat(4096) }), { service: { required: [/a{4096}/] }, problems: [] })
  const reading = read({ required_dependencies: 'a'.repeat(4097), port: '1'.repeat(5000) })
  t.strictSame(reading.service.required, [])
  t.equal(reading.port, 80)
  t.strictSame(reported(reading).toSorted(), ['port', 'required_dependencies'])
  t.ok(JSON.stringify(reading.problems).length < 1000)
})

t.test('a label that is no text at all is ignored and reported', async t => {
  for (const value of [{}, [], { toString: 1 }, [['x']], JSON.parse('{"__proto__":{"toString":1}}')]) {
    const reading = read({ port: value })
    t.equal(reading.port, 80)
    t.strictSame(reported(reading), ['port'])
  }
})

t.test('hostile sets of labels give a usable service or none, each problem with its cure, and pollute nothing', async t => {
  const cases = sized(1000, 500_000)
  const names = ['preprocessor', 'handler', 'port', 'modifyRequest', 'route', 'required_dependencies', 'optional_dependencies', 'cacheTimeout'].map(name => labelPrefix + name)
  const value = fc.oneof(
    fc.string({ unit: 'binary' }), fc.constantFrom('enable', '1', 'true', 'false', 'a,b', ',,', '80abc', '__proto__', 'NaN', '-0', '1e999', 'a'.repeat(10_000)), fc.jsonValue(), fc.integer(), fc.double(), fc.anything({ maxDepth: 2, withNullPrototype: true })
  )
  const labels = fc.dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, fc.constantFrom('__proto__', 'constructor', labelPrefix, '')), value, { maxKeys: 8 })
  fc.assert(fc.property(labels, fc.string(), (labels, name) => {
    const { service, port, problems } = readLabels(name, labels)
    assert(Number.isInteger(port) && port >= 1 && port <= 65535)
    for (const problem of problems) {
      assert.equal(problem.service, name)
      assert.match(problem.cause, /^label ca\.mcgill\.a11y\.image\.\w+ is /)
      assert.match(problem.cure, /^(?:Write|Shorten) .*\.$/)
    }
    if (service === undefined) return
    assert.equal(service.name, name)
    assert(service.handles || service.priority !== undefined)
    assert(!Number.isNaN(service.priority))
    assert(service.routes.length > 0 && service.routes.every(route => /^\w+$/.test(route)))
    for (const names of [service.required, service.optional]) assert(names.every(each => each !== '' && each === each.trim() && !each.includes(',')) && new Set(names).size === names.length)
    assert(service.cacheSeconds >= 0 && Number.isFinite(service.cacheSeconds))
    assert.equal(Object.keys({}).length, 0)
  }), { numRuns: cases })
  figure(t, 'labels', `${cases} sets of labels`)
})
