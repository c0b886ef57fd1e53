// The base image, made here because no registry may be within reach: Debian by debootstrap, this project's Node, the machine's npm.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './command.ts'

/** Debian release of the base image, as the name of the official image says it. */
const release = 'bookworm'

/** Where Debian keeps the certificates that a machine trusts. */
const certificates = '/etc/ssl/certs/ca-certificates.crt'

/** Asks a program; gives its first line, or undefined where it fails. */
function ask (program: string, ...args: string[]): string | undefined {
  const { stdout, status } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n').find(line => line !== '') : undefined
}

/** The mirror that this machine takes Debian from; undefined leaves the choice to debootstrap. */
function debianMirror (): string | undefined {
  return ask('apt-get', 'indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Label: Debian')?.replace(/\/$/, '')
}

/**
 * Gives the base image as a tar archive, made once and then kept.
 * @param cache - folder that keeps it
 * @param work - folder on a disk, for the time of the making
 * @throws Error when Debian's packages cannot be had
 */
export async function baseArchive (cache: string, work: string): Promise<string> {
  const node = realpathSync(process.execPath)
  const archive = path.join(cache, `base-${release}-${process.version}-${process.arch}.tar`)
  if (existsSync(archive)) return archive

  const root = path.join(work, 'base')
  const mirror = debianMirror()
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', release, root, ...(mirror === undefined ? [] : [mirror])])
  cpSync(node, path.join(root, 'usr/local/bin/node'))
  // npm tells its scripts where it is; its folder is all it needs.
  const npm = path.dirname(path.dirname(realpathSync(process.env.npm_execpath ?? ask('which', 'npm') ?? '/usr/bin/npm')))
  cpSync(npm, path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true })
  await run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm')])
  // The machine may reach its registries only by certificates of its own.
  if (existsSync(certificates)) cpSync(certificates, path.join(root, certificates))
  await run('chroot', [root, 'useradd', '--create-home', '--uid', '1000', 'node'])
  mkdirSync(cache, { recursive: true })
  const excluded = ['./var/cache/apt/*', './var/lib/apt/lists/*', './usr/share/doc/*', './usr/share/locale/*', './usr/share/man/*'].map(pattern => `--exclude=${pattern}`)
  await run('tar', ['--create', '--file', `${archive}.part`, '--directory', root, ...excluded, '.'])
  renameSync(`${archive}.part`, archive)
  rmSync(root, { recursive: true, force: true })
  return archive
}

/** Loads the base image into the engine under the name that the project's Dockerfiles ask for. */
export async function importBase (archive: string, name: string): Promise<void> {
  const registry = ask('npm', 'config', 'get', 'registry')
  const settings = [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `ENV NODE_EXTRA_CA_CERTS=${certificates}`,
    ...(registry === undefined ? [] : [`ENV NPM_CONFIG_REGISTRY=${registry}`])
  ]
  await run('docker', ['import', ...settings.flatMap(setting => ['--change', setting]), archive, name])
}

/** Builds an image with Debian's nginx, envsubst and memcached on top of the base image, under all the names given. */
export async function buildEntry (work: string, base: string, names: readonly string[]): Promise<void> {
  const context = path.join(work, 'entry')
  mkdirSync(context, { recursive: true })
  writeFileSync(path.join(context, 'Dockerfile'), `FROM ${base}
RUN apt-get update && apt-get install --yes --no-install-recommends nginx-light gettext-base memcached && rm -rf /var/lib/apt/lists
CMD ["nginx", "-g", "daemon off;"]
`)
  await run('docker', ['build', '--network', 'host', ...names.flatMap(name => ['--tag', name]), context])
}
