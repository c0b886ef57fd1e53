// The compose files as docker-compose merges them, one on top of another.
import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { composeFolder, shortFolder } from './nginx.ts'

interface Merged { services: Record<string, { volumes?: unknown[], networks?: unknown, environment?: Record<string, string>, ports?: unknown[] }>, networks: Record<string, unknown> }

/** What docker-compose makes of files with the settings of .env.example. */
function merge (t: Test, files: string[], settings: Record<string, string> = {}): Merged {
  const folder = shortFolder(t)
  cpSync(composeFolder, folder, { recursive: true })
  cpSync(path.join(folder, '.env.example'), path.join(folder, '.env'))
  for (const key of ['autour', 'ocr-clouds']) cpSync('/dev/null', path.join(folder, `keys/${key}-preprocessor.env`))
  const { status, stdout, stderr } = spawnSync('docker-compose', [...files.flatMap(file => ['-f', path.join(folder, file)]), 'config'], {
    encoding: 'utf8', env: { PATH: process.env.PATH, DOCKER_GID: '998', ...settings }
  })
  if (status !== 0) throw new Error(stderr)
  return parse(stdout)
}

t.test('docker-compose', async t => {
  const combinations = [
    ['compose.yaml', 'nginx.yaml'],
    ['compose.yaml', 'socket-proxy.yaml'],
    ['compose.yaml', 'gpu.yaml', 'keys.yaml']
  ]
  for (const files of combinations) {
    t.test(`takes ${files.join(' with ')}`, async t => {
      const { services } = merge(t, files)
      t.ok(services.orchestrator && services.ocr && services.describe)
    })
  }

  t.test('puts the socket proxy between the orchestrator and Docker', async t => {
    const { services } = merge(t, ['compose.yaml', 'production.yaml', 'socket-proxy.yaml'])
    const { orchestrator, nginx, traefik } = services
    const socket = orchestrator?.volumes?.map(each => JSON.stringify(each)).filter(each => each.includes('docker.sock'))
    t.equal(socket?.length, 1)
    t.match(socket?.[0], '/dev/null')
    t.equal(orchestrator?.environment?.DOCKER_HOST, 'tcp://socket-proxy:2375')
    t.equal(orchestrator?.environment?.DISCOVERY, 'docker')
    const names = (networks: unknown) => Object.keys(networks as object).sort()
    t.strictSame(names(orchestrator?.networks), ['default', 'docker-api'])
    t.strictSame(names(nginx?.networks), ['default', 'traefik'])
    t.strictSame(names(traefik?.networks), ['traefik'])
  })

  t.test('says what to do when prepare.sh has not been run', async t => {
    t.throws(() => merge(t, ['compose.yaml'], { DOCKER_GID: '' }), { message: /run prepare\.sh in the folder of the compose files/ })
  })
})
