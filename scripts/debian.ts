// Programs and packages of Debian that tests need, and that are installed where they are missing and this process may.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where a program is, looked for as a shell does; undefined where it is not. */
export function findProgram (program: string): string | undefined {
  return (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin').map(folder => path.join(folder, program)).find(file => existsSync(file))
}

/**
 * Installs the packages of what is missing.
 * @param needed - what is needed, by the path of a file or the name of a program, with the package that brings it
 * @returns why something is missing still; undefined where nothing is
 */
export function installMissing (needed: ReadonlyMap<string, string>): string | undefined {
  const missing = () => [...new Set([...needed].filter(([thing]) => !(thing.startsWith('/') ? existsSync(thing) : findProgram(thing))).map(([, name]) => name))]
  const packages = missing()
  if (packages.length === 0) return undefined
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) return `${packages.join(', ')} can be installed on Debian only`
  if (process.getuid?.() !== 0) return `to install ${packages.join(', ')} needs root`
  console.log(`# installing ${packages.join(', ')}`)
  const apt = (...args: string[]) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status
  const installed = apt('update', '--quiet') === 0 && apt('install', '--quiet', '--yes', '--no-install-recommends', ...packages) === 0
  return installed && missing().length === 0 ? undefined : `apt-get cannot install ${packages.join(', ')}`
}
