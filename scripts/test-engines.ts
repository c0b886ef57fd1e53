// npm run test:engines: the tests that need a real Docker engine. Starts one in namespaces of its own, so that nothing of the
// machine's processes, mounts, networks and firewall is touched, and takes everything down whatever happens. Where that cannot
// be done it says why, and counts the tests as skipped.
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { findProgram, installMissing } from './debian.ts'

const root = path.dirname(import.meta.dirname)

/** Programs and files that are needed, with the Debian packages that bring them. */
const programs = new Map([
  ['dockerd', 'docker.io'], ['docker', 'docker.io'], ['docker-compose', 'docker-compose'], ['debootstrap', 'debootstrap'], ['nginx', 'nginx-light'],
  ['slirp4netns', 'slirp4netns'], ['iptables', 'iptables'], ['ip', 'iproute2'], ['tini', 'tini'], ['unshare', 'util-linux'], ['perl', 'perl-base'],
  ['redis-server', 'redis-server'], ['memcached', 'memcached'],
  // Its server is in no folder that is searched; what starts it comes with it.
  ['pg_ctlcluster', 'postgresql'],
  // Other people's readers of frames, which ours must agree with; in Debian's own Python.
  ['/usr/bin/python3', 'python3'],
  ...[['fabio', 'python3-fabio'], ['h5py', 'python3-h5py'], ['bitshuffle', 'bitshuffle'], ['PIL', 'python3-pil'], ['numpy', 'python3-numpy'], ['pycbf.py', 'python3-pycbf']]
    .map(([module = '', name = '']): [string, string] => [`/usr/lib/python3/dist-packages/${module}`, name])
])

/** Whether a line of tap says no more than that one assertion holds, or is otherwise of no interest to whoever waits. */
const isDetail = (line: string) => /^\s*(ok \d+ - (?!.*# time=)|\d+\.\.\d+$|# Subtest|# No coverage|# time=|TAP version|$)/.test(line)

/** Installs what is missing. Gives the reason why the tests cannot run here, or undefined. */
function prepare (): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) return 'a Docker engine is started on Debian only'
  if (process.getuid?.() !== 0) return 'starting a Docker engine needs root'
  if (!existsSync('/dev/net/tun')) return '/dev/net/tun is missing, without which the engine has no network'
  return installMissing(programs)
}

/** Removes the control groups that the engine has left under the name given, innermost first. */
function removeControlGroups (name: string): void {
  const remove = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) remove(path.join(folder, entry.name))
    rmdirSync(folder)
  }
  const base = '/sys/fs/cgroup'
  for (const folder of [base, ...readdirSync(base).map(entry => path.join(base, entry))].map(place => path.join(place, name))) {
    if (existsSync(folder) && statSync(folder).isDirectory()) remove(folder)
  }
}

/** How the tests ended. */
interface Result { passed: number, failed: number, status: number, reason?: string }

/** Runs test/engines/inside.ts in new namespaces, with a way out to the network that needs nothing of the machine's own. */
async function runInside (files: readonly string[]): Promise<Result> {
  const work = mkdtempSync('/tmp/tutti-engines-')
  const cgroup = path.basename(work)
  // A session of its own: Ctrl+C reaches this process alone, which ends the others.
  const inside = spawn('unshare', [
    '--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc',
    findProgram('tini') ?? 'tini', '--', process.execPath, path.join(root, 'test/engines/inside.ts'), work, `/${cgroup}`, ...files
  ], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
  const ended = new Promise<number>(resolve => inside.once('close', code => resolve(code ?? 1)).once('error', () => resolve(127)))
  const stop = () => { inside.kill('SIGKILL') }
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop)

  const network = await connect(inside.pid)
  let counts = ''
  createInterface(inside.stdout).on('line', line => {
    if (line.startsWith('# { total: ')) counts = line
    if (!isDetail(line)) console.log(line)
  })
  const status = await ended
  network?.kill()
  await cleanUp(work, cgroup)
  const count = (word: string) => Number(counts.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail'), status, ...(status === 77 && { reason: 'the Docker engine does not come up' }) }
}

/** Gives the network namespace of a process a way to package registries, through an ordinary process: no bridge, no rule. */
async function connect (pid: number | undefined) {
  if (pid === undefined) return undefined
  const namespace = `/proc/${pid}/ns/net`
  const own = statSync('/proc/self/ns/net').ino
  for (let attempt = 0; attempt < 100 && existsSync(namespace) && statSync(namespace).ino === own; attempt++) await pause(20)
  const network = spawn(findProgram('slirp4netns') ?? 'slirp4netns', [
    '--configure', '--mtu=65520', '--disable-host-loopback', '--netns-type=path', namespace, 'tap0'
  ], { stdio: 'ignore' })
  network.once('error', () => {})
  return network
}

/** Removes the folder and the control groups; the kernel may need a moment to let go of them. */
async function cleanUp (work: string, cgroup: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmSync(work, { recursive: true, force: true })
      return removeControlGroups(cgroup)
    } catch (error) {
      if (attempt === 50) return console.error(`# something of ${work} or of the control group ${cgroup} is left: ${(error as Error).message}`)
      await pause(200)
    }
  }
}

const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('test/engines/*.test.ts', { cwd: root }).sort()
const obstacle = prepare()
const result: Result = obstacle === undefined ? await runInside(files) : { passed: 0, failed: 0, status: 0, reason: obstacle }
if (result.reason !== undefined) {
  console.log(`SKIPPED: ${result.reason}.`)
  console.log(`0 passed, 0 failed, ${files.length} skipped`)
} else {
  // A run that ends badly without a failed assertion is a failure all the same.
  const failed = result.failed || (result.status === 0 && result.passed > 0 ? 0 : 1)
  console.log(`${result.passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
