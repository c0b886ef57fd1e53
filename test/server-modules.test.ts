// What a plain start loads: large modules that most set-ups do not use are left out.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** Starts the server with an environment in a process of its own, and gives the files of packages that it has loaded when it is ready. */
async function modulesOf (environment: Record<string, string>): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', at('fixtures/loaded-modules.ts'), at('../server.ts')], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', ...environment }, stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  try {
    for await (const chunk of child.stdout ?? []) {
      if (String(chunk).includes('Server listening')) break
    }
    child.send('modules')
    const [modules] = await once(child, 'message')
    return modules as string[]
  } finally {
    child.kill('SIGKILL')
  }
}

const packagesIn = (modules: readonly string[]) => new Set(modules.flatMap(url => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []))

t.test('a plain start loads no client of Redis or of an identity provider, no tracing, and of dockerode only what asks an engine', async t => {
  const modules = await modulesOf({ DISCOVERY: 'docker', DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  const packages = packagesIn(modules)
  t.ok(packages.has('fastify'), 'what is loaded is seen')
  for (const name of ['ioredis', 'jose', '@opentelemetry/sdk-trace', '@opentelemetry/otlp-transformer', '@grpc/grpc-js', 'protobufjs']) t.notOk(packages.has(name), name)
  t.ok(packages.has('docker-modem'), 'the part of dockerode that asks')
  t.ok(modules.length < 1200, `${modules.length} modules`)
})

t.test('what is switched on is loaded', async t => {
  const packages = packagesIn(await modulesOf({ DISCOVERY: 'static', REDIS_URL: 'redis://127.0.0.1:1' }))
  t.ok(packages.has('ioredis'))
  t.notOk(packages.has('docker-modem'))
})

t.test('a server that shows frames looks at none itself: no HDF5, no pictures, no ZeroMQ unless it is asked for', async t => {
  const folder = t.testdir({ 'sessions.json': '{}' })
  const diffraction = { MODULES: 'diffraction', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_SESSIONS: path.join(folder, 'sessions.json') }
  const packages = packagesIn(await modulesOf(diffraction))
  for (const name of ['ioredis', 'h5wasm', 'sharp', 'zeromq', 'ws', 'docker-modem']) t.notOk(packages.has(name), name)
})

t.test('a server of devices loads no PostgreSQL unless it has one, and no multicast DNS unless it is on; others load nothing of devices', async t => {
  const packages = packagesIn(await modulesOf({ MODULES: 'devices', DATA_DIR: t.testdir(), DEVICES_MDNS: 'off' }))
  t.ok(packages.has('kysely'), 'what is loaded is seen')
  for (const name of ['pg', 'multicast-dns', 'ioredis', 'jose', 'docker-modem', 'ws']) t.notOk(packages.has(name), name)
  const others = packagesIn(await modulesOf({ DISCOVERY: 'static' }))
  for (const name of ['kysely', 'pg', 'multicast-dns', '@fastify/multipart']) t.notOk(others.has(name), name)
})
