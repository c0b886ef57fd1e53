// Discovery from a file: what may stand in it, how its changes are followed, and that a bad one never costs the last good one.
import { once } from 'node:events'
import { watch } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { createStaticDiscovery } from '../../../lib/discovery/static.ts'
import type { Topology } from '../../../lib/discovery/topology.ts'

const listOf = (...names: string[]) => `services:\n${names.map(name => `  ${name}: { labels: { preprocessor: 1 } }\n`).join('')}`

/** Discovery of a file with the given text, closed when the test ends. */
async function build (t: Test, text: string | Buffer, name = 'services.yaml') {
  const file = path.join(t.testdir({ [name]: text }), name)
  const errors: Error[] = []
  let wake = () => {}
  const discovery = await createStaticDiscovery({
    file,
    onError: error => {
      errors.push(error)
      wake()
    },
    now: () => 1700000000000
  })
  t.teardown(() => discovery.close())
  return {
    file,
    discovery,
    /** The next topology after an action. */
    async changed (act: () => Promise<void>): Promise<Topology> {
      const { promise, resolve } = Promise.withResolvers<Topology>()
      const stop = discovery.onChange(resolve)
      await act()
      const topology = await promise
      stop()
      return topology
    },
    /** The next error after an action. */
    async failed (act: () => Promise<void>): Promise<Error | undefined> {
      const waiting = new Promise<void>(resolve => { wake = resolve })
      await act()
      await waiting
      return errors.pop()
    }
  }
}

const names = (topology: Topology) => [...topology.services.keys()]

const refused = (cause: RegExp | string) => ({ code: 'TUTTI_SERVICES_FILE', message: cause })

t.test('services are there at once, in the order of the file', async t => {
  const { discovery } = await build(t, listOf('b', 'a', 'c-1.x_y'))
  t.match(discovery.current(), { revision: 1, takenAt: 1700000000000, problems: [] })
  t.strictSame(names(discovery.current()), ['b', 'a', 'c-1.x_y'])
})

t.test('without a file there are no services, and nothing to close', async t => {
  const discovery = await createStaticDiscovery({ file: undefined, onError: error => t.fail(error.message) })
  t.equal(discovery.current().services.size, 0)
  t.equal(discovery.current().revision, 1)
  await discovery.close()
})

t.test('labels may be a map or a list, with prefix or without, and the file YAML or JSON', async t => {
  const expected = { priority: 2, handles: true, required: ['a=b'], routes: ['default'] }
  for (const labels of [
    '{ preprocessor: 2, handler: enable, required_dependencies: a=b, port: null }',
    '{ ca.mcgill.a11y.image.preprocessor: "2", ca.mcgill.a11y.image.handler: enable, ca.mcgill.a11y.image.required_dependencies: a=b, traefik.enable: true }',
    '[preprocessor=2, handler=enable, required_dependencies=a=b, alone]',
    '["ca.mcgill.a11y.image.preprocessor=2", "handler=enable", "required_dependencies=a=b", "route="]'
  ]) {
    const { discovery } = await build(t, `services:\n  one:\n    labels: ${labels}\n`)
    t.match(discovery.current().services.get('one'), expected, labels)
    t.strictSame(discovery.current().problems, [])
  }
  const { discovery } = await build(t, JSON.stringify({ services: { one: { labels: { preprocessor: 2, handler: 'enable', required_dependencies: 'a=b' } } } }), 'services.json')
  t.match(discovery.current().services.get('one'), expected)
})

t.test('copies are where the file says; without addresses at the name and port of the service', async t => {
  const { discovery } = await build(t, `services:
  many: { labels: { handler: enable }, urls: ["http://127.0.0.1:5000", "https://EXAMPLE.org/", "http://[::1]:80"] }
  named: { labels: { handler: enable, port: 5001 } }
  plain: { labels: { handler: enable } }
`)
  const origins = (name: string) => discovery.current().services.get(name)?.replicas.map(({ origin }) => origin)
  t.strictSame(origins('many'), ['http://127.0.0.1:5000', 'https://example.org', 'http://[::1]'])
  t.strictSame(origins('named'), ['http://named:5001'])
  t.strictSame(origins('plain'), ['http://plain'])
})

t.test('one wrongly labelled service is named with its cure, and the others run', async t => {
  const { discovery } = await build(t, 'services:\n  good: { labels: { handler: enable } }\n  odd: { labels: { handler: enable, port: 0 } }\n  none: { labels: {} }\n')
  t.strictSame(names(discovery.current()), ['good', 'odd'])
  t.match(discovery.current().problems, [{ service: 'odd', cause: 'port' }, { service: 'none', cause: 'neither preprocessor nor handler', cure: 'Give it' }])
})

t.test('a bad file refuses the start and says why, on one line', async t => {
  const cases: Array<[string | Buffer, RegExp | string]> = [
    ['', 'the file must be object'], ['services', 'the file must be object'], ['[]', 'the file must be object'], ['{}', 'services'], ['services: [a]', '/services must be object'], ['services: { a: {} }', '/services/a must have required property \'labels\''],
    ['services: { a: { labels: 5 } }', '/services/a/labels'], ['services: { a: { labels: { port: [1] } } }', '/services/a/labels'], ['services: { "a b": { labels: {} } }', '/services'], ['services: { __proto__: { labels: {} } }', '/services'],
    ['services: { a: { labels: {}, url: x } }', '/services/a must NOT have additional properties'], ['services: { a: { labels: {}, urls: [] } }', '/services/a/urls'], ['services: {}\nmore: 1', 'must NOT have additional properties'],
    ['services: { a: { labels: {}, urls: ["ftp://x"] } }', '/services/a/urls/0'], ['services: { a: { labels: {}, urls: ["http://x/path"] } }', '/services/a/urls/0'], ['services: { a: { labels: {}, urls: ["http://user@x"] } }', '/services/a/urls/0'],
    ['services: { a: { labels: { handler: enable }, urls: ["http://x:99999"] } }', 'http://x:99999'], ['services: { a: { labels: { handler: enable }, urls: ["http://[::"] } }', 'http://[::'], ['services: { 1.2.3.4.5: { labels: { handler: enable } } }', 'http://1.2.3.4.5'],
    ['services: {', 'neither YAML nor JSON'], ['services:\n\t- a', 'neither YAML nor JSON'], ['a: 1\na: 2', 'neither YAML nor JSON'], ['['.repeat(100_000), 'neither YAML nor JSON'],
    [`a: &a [x]\nb: &b [${Array.from({ length: 20 }, () => '*a')}]\nc: &c [${Array.from({ length: 20 }, () => '*b')}]\nd: [${Array.from({ length: 20 }, () => '*c')}]`, 'neither YAML nor JSON'],
    [`services: { a: { labels: { handler: enable }, urls: ["http://${'x'.repeat(100_000)}:99999"] } }`, 'http://xxx'],
    [Buffer.alloc(4 * 1024 * 1024 + 1, ' '), 'larger than 4194304 bytes']
  ]
  for (const [text, cause] of cases) {
    const name = String(text).slice(0, 80)
    const error: unknown = await build(t, text).catch((error: unknown) => error)
    t.match(error, refused(cause), name)
    t.match(error, { message: 'services.yaml' }, name)
    t.notMatch((error as Error).message, '\n', name)
    t.ok((error as Error).message.length < 1000, 'and a short one')
  }
  t.equal(({} as Record<string, unknown>).labels, undefined)
})

t.test('a file that is not there or no file refuses the start', async t => {
  const folder = t.testdir({})
  const onError = (error: Error) => t.fail(error.message)
  await t.rejects(createStaticDiscovery({ file: path.join(folder, 'none.yaml'), onError }), refused(/cannot be read \(ENOENT\); check the path/))
  await t.rejects(createStaticDiscovery({ file: path.join(folder, 'none', 'none.yaml'), onError }), refused('ENOENT'))
  await t.rejects(createStaticDiscovery({ file: folder, onError }), refused('EISDIR'))
})

t.test('a changed file makes a new revision, and leaves the old one as it was', async t => {
  const { file, discovery, changed } = await build(t, listOf('a'))
  const before = discovery.current()
  const after = await changed(() => writeFile(file, listOf('a', 'b')))
  t.equal(after, discovery.current())
  t.equal(after.revision, 2)
  t.strictSame(names(after), ['a', 'b'])
  t.strictSame(names(before), ['a'])
})

t.test('a file that is put in the place of the old one is followed, again and again', async t => {
  const { file, changed } = await build(t, listOf('a'))
  for (const name of ['b', 'c', 'd']) {
    const topology = await changed(async () => {
      await writeFile(`${file}.tmp`, listOf(name))
      await rename(`${file}.tmp`, file)
    })
    t.strictSame(names(topology), [name])
  }
})

t.test('a bad file, half a file or none keeps the last good one in force, and the next good one is taken', async t => {
  const { file, discovery, changed, failed } = await build(t, listOf('a'))
  const good = discovery.current()
  for (const act of [() => writeFile(file, 'services: ['), () => writeFile(file, 'services: { a: {} }'), () => writeFile(file, ''), () => rm(file)]) {
    t.match(await failed(act), { code: 'TUTTI_SERVICES_FILE' })
    t.equal(discovery.current(), good)
  }
  const next = await changed(() => writeFile(file, listOf('b')))
  t.strictSame(names(next), ['b'])
  t.equal(next.revision, 2)
})

t.test('other files in the folder mean nothing', async t => {
  const { file, discovery, changed } = await build(t, listOf('a'))
  const others = watch(path.dirname(file))
  t.teardown(() => others.close())
  const seen = once(others, 'change')
  await writeFile(`${file}.swp`, 'services: [')
  await seen
  // Only time can show that nothing comes of it; a machine too slow for this one would not make the test fail.
  await setTimeout(150)
  t.equal(discovery.current().revision, 1)
  t.equal((await changed(() => writeFile(file, listOf('b')))).revision, 2)
})

t.test('many writes in a row end with the last', async t => {
  const { file, discovery, changed } = await build(t, listOf('a'))
  let topology = await changed(async () => { for (const name of ['b', 'c', 'd', 'e']) await writeFile(file, listOf(name)) })
  while (names(topology)[0] !== 'e') topology = await changed(async () => {})
  t.equal(discovery.current(), topology)
})

t.test('whoever stops listening is told nothing more, and others still are', async t => {
  const { file, discovery, changed } = await build(t, listOf('a'))
  let told = 0
  const stop = discovery.onChange(() => { told += 1 })
  await changed(() => writeFile(file, listOf('b')))
  t.equal(told, 1)
  stop()
  await changed(() => writeFile(file, listOf('c')))
  t.equal(told, 1)
})

t.test('after close nothing is followed any more', async t => {
  const { file, discovery } = await build(t, listOf('a'))
  discovery.onChange(() => t.fail('still following'))
  await writeFile(file, listOf('b'))
  await discovery.close()
  t.strictSame(names(discovery.current()), ['a'])
  await discovery.close()
})
