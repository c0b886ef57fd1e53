// Runs inside namespaces of its own (see scripts/test-engines.ts): starts the Docker engine, builds the images, runs the tests.
// Everything it starts ends with the process namespace, and all mounts, networks and firewall rules with theirs.
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { baseArchive, buildEntry, importBase } from './base-image.ts'
import { docker, root, run } from './command.ts'

const [work = '', cgroup = '', ...files] = process.argv.slice(2)
const say = (line: string) => console.log(`# ${line}`)
const startedAt = performance.now()
const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`

/** The image that a Dockerfile is built on by default. */
function baseName (): string {
  return readFileSync(path.join(root, 'Dockerfile'), 'utf8').match(/^ARG BASE_IMAGE=(.+)$/m)?.[1] ?? 'node:24-bookworm-slim'
}

/** Memory that the tests take when they keep their files in it, in bytes. */
const enoughMemory = 10 * 1024 ** 3

/** Starts the engine at the place where an operator has it; says whether it has come up. */
async function startEngine (): Promise<boolean> {
  // A /run and a resolver of our own, so that neither an engine of the machine nor its name server on loopback is in the way.
  // Package installations wait for the disk more than for anything else; where there is memory enough, nothing goes to disk.
  if (os.freemem() > enoughMemory) await run('mount', ['-t', 'tmpfs', '-o', 'size=8g', 'tmpfs', work])
  const resolver = path.join(work, 'resolv.conf')
  writeFileSync(resolver, 'nameserver 10.0.2.3\n')
  await run('mount', ['--bind', resolver, '/etc/resolv.conf'])
  await run('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
  await run('ip', ['link', 'set', 'lo', 'up'])
  mkdirSync('/run/docker')
  const settings = path.join(work, 'daemon.json')
  writeFileSync(settings, JSON.stringify({ 'live-restore': true }))
  const log = openSync(path.join(work, 'dockerd.log'), 'a')
  spawn('perl', [
    path.join(import.meta.dirname, 'socket-activation.pl'), '/run/docker.sock',
    'dockerd', '--host', 'fd://', '--config-file', settings, '--data-root', path.join(work, 'data'), '--exec-root', '/run/docker',
    '--pidfile', '/run/docker.pid', '--cgroup-parent', cgroup, '--exec-opt', 'native.cgroupdriver=cgroupfs',
    // Published ports are answered by the kernel alone, so that they live on while the engine is away.
    '--userland-proxy=false', '--log-opt', 'max-size=10m'
  ], { stdio: ['ignore', log, log] })
  for (let attempt = 0; attempt < 120; attempt++) {
    if (await docker('version').then(() => true, () => false)) return true
    await pause(250)
  }
  return false
}

/** The images that compose files take from a registry, by the program that they are for. */
function imagesNamed (program: string): string[] {
  const texts = globSync('compose/*.yaml', { cwd: root }).map(file => readFileSync(path.join(root, file), 'utf8'))
  const names = texts.flatMap(text => [...text.matchAll(/^\s*image:\s*["']?(?:\$\{\w+:-)?([^\s"'}]+)/gm)]).map(match => match[1] ?? '')
  return [...new Set(names.filter(name => name.split(':')[0] === program))]
}

async function main (): Promise<number> {
  if (!await startEngine()) {
    say(`the Docker engine does not come up; its last words:\n${readFileSync(path.join(work, 'dockerd.log'), 'utf8').split('\n').slice(-6).join('\n')}`)
    return 77
  }
  say(`Docker ${await docker('version --format {{.Server.Version}}')}, ${await docker('info --format {{.Driver}}')} (${elapsed()})`)
  const base = baseName()
  await importBase(await baseArchive(path.join(root, 'node_modules/.cache/engines'), work), base)
  say(`base image imported as ${base} (${elapsed()})`)
  // The older builder takes the base image from the engine and never asks a registry.
  process.env.DOCKER_BUILDKIT = '0'
  await Promise.all([
    docker('build --network host --tag tutti .'),
    docker('build --network host --tag tutti-services --file services/Dockerfile .'),
    buildEntry(work, base, ['tutti-test-entry', ...imagesNamed('nginx'), ...imagesNamed('memcached')])
  ])
  say(`images built (${elapsed()})`)

  const tests = spawn(path.join(root, 'node_modules/.bin/tap'), [
    '--disable-coverage', '--allow-empty-coverage', '--reporter=tap', '--jobs=1', '--timeout=400', ...files
  ], { cwd: root, stdio: 'inherit', env: { ...process.env, TUTTI_ENGINES: work, TUTTI_BASE_IMAGE: base } })
  const status = await new Promise<number>(resolve => tests.once('close', code => resolve(code ?? 1)))
  say(`tests done (${elapsed()})`)
  return status
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message)
  return 1
})
// Whatever still runs ends with the namespace; nothing here is worth waiting for.
process.exit()
