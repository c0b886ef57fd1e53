// What operators write, damaged: services files and environments are used, or refused in words that say what is wrong.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { readConfiguration } from '../../lib/configuration.ts'
import { createStaticDiscovery } from '../../lib/discovery/static.ts'
import { ConfigSchema } from '../../schemas/config.ts'
import { damage } from '../fixtures/json/damage.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import { figure, sized } from '../long.ts'

const files = sized(200, 10_000)
const environments = sized(60, 5000)

const services = {
  look: { labels: { preprocessor: 1, cacheTimeout: 60 }, urls: ['http://127.0.0.1:5000', 'http://127.0.0.1:5001/'] },
  text: { labels: ['handler=enable', 'required_dependencies=look', 'port=5000'] },
  late: { labels: { handler: 'enable', route: 'default,other' } }
}
const pieces = [
  '"', '\'', '{', '}', '[', ']', ',', ':', ': ', '- ', '\n', '\n  ', '\t', '#', '|', '>', '&a ', '*a', '<<: *a', '!!js/function ', '!!binary ', '---\n', '...\n', '%YAML 9\n', '? ', '~', 'null', '.inf', '0x1f', '2001-01-01',
  'services:', 'labels:', 'urls:', '__proto__: {a: 1}', 'constructor: {prototype: 1}', 'http://', 'http://[', 'ftp://x', '\u0000', '\ufeff', '\u2028', 'x'.repeat(5000), '[[[[[[', '&a [*a,*a]'
]

t.test('a damaged services file is used, or refused with what is wrong and where', async t => {
  const file = path.join(t.testdir({}), 'services.yaml')
  const valid = [Buffer.from(stringify({ services })), Buffer.from(JSON.stringify({ services }, null, 1))]
  let used = 0
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => {
    const random = createRandom(seed * 2)
    writeFileSync(file, damage(random, pick(random, valid), pieces))
    try {
      const discovery = await createStaticDiscovery({ file, onError: () => {} })
      used++
      for (const { replicas } of discovery.current().services.values()) for (const { origin } of replicas) assert(URL.canParse(origin))
      for (const { cause, cure } of discovery.current().problems) assert(cause !== '' && cure !== '')
      await discovery.close()
    } catch (error) {
      assert(error instanceof Error && (error as NodeJS.ErrnoException).code?.startsWith('TUTTI_'), String(error))
      assert(error.message.includes(file) && error.message.length < 1000 && !error.message.includes('\n'), error.message)
    }
    assert.equal(({} as Record<string, unknown>).a, undefined)
  }), { numRuns: files })
  figure(t, 'configurations', `${files} damaged services files, ${used} of them used`)
  t.ok(used > files / 20 && used < files)
})

t.test('an environment is used as it is meant, or refused in one line that names the variable', async t => {
  const known = Object.keys(ConfigSchema.properties)
  const values = ['', ' ', '0', '-1', '1e3', '1e999', '0x10', 'NaN', 'ON', 'on', 'true', '10mb', '1 GB', '99gb', '1.5kb', 'graphics', 'graphics,graphics', 'docker', 'tcp://x:1', 'unix:///x', 'redis://u:p@h/0', 'a:1,b:2', ',', '10.0.0.0/8', '::1/129', 'http://x', '\u0000', '\n', '🦉', '__proto__', 'x'.repeat(10_000)]
  const environment = fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, fc.constantFrom('PROT', 'MAX_BODIES', '__proto__', 'constructor')), fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary', maxLength: 30 })), { maxKeys: 3 })
  let used = 0
  fc.assert(fc.property(environment, given => {
    try {
      const { configuration, warnings } = readConfiguration(given)
      used++
      for (const [name, value] of Object.entries(configuration)) assert((known.includes(name) || name === 'given') && !Number.isNaN(value), name)
      for (const warning of warnings) assert.doesNotMatch(warning, /\n/)
    } catch (error) {
      assert(error instanceof Error && (error as NodeJS.ErrnoException).code?.startsWith('TUTTI_'), String(error))
      assert(known.some(name => error.message.includes(name)) && error.message.length < 1000 && !error.message.includes('\n'), error.message)
    }
  }), { numRuns: environments })
  figure(t, 'configurations', `${environments} environments, ${used} of them used`)
  t.ok(used > environments / 20 && used < environments)
})
