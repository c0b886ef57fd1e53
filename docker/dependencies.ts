// Writes the package.json and package-lock.json that an image installs from: the production dependencies of one package of
// this repository, at the versions of its lockfile, without the other workspaces and the tools of developers.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

/** One package as package-lock.json (version 3) describes it; the parts that matter here. */
export interface LockedPackage {
  name?: string
  version?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
  [member: string]: unknown
}

/** A lockfile: packages by their folder, the project itself under the empty name. */
export interface Lockfile { packages: Record<string, LockedPackage>, [member: string]: unknown }

/**
 * Gives the lockfile of one package alone.
 * @param lock - the lockfile of the repository
 * @param folder - folder of the package: empty for the project itself, or that of a workspace
 * @param leaves - packages that are taken without what they depend on, because they work without
 * @param left - dependencies of the package itself that are left out, with what only they depend on
 * @throws Error when the lockfile lacks something, or the package has a dependency at another version than the rest of the project
 */
export function lockfileOf (lock: Lockfile, folder: string, leaves: readonly string[] = [], left: readonly string[] = []): Lockfile {
  const root = lock.packages[folder]
  if (root === undefined) throw new Error(`package-lock.json knows no package "${folder}"; run npm install`)
  const { name, version } = root
  const dependencies = Object.fromEntries(Object.entries(root.dependencies ?? {}).filter(([each]) => !left.includes(each)))
  const packages: Record<string, LockedPackage> = { '': { ...name !== undefined && { name }, ...version !== undefined && { version }, dependencies } }
  const places = wanted(lock, folder, { ...root, dependencies })
  for (const place of places) {
    if (Object.hasOwn(packages, place)) continue
    if (folder !== '' && place.startsWith(`${folder}/`)) throw new Error(`${place} is not the version that the rest of the project uses; agree on one`)
    const found = lock.packages[place] ?? {}
    if (leaves.includes(nameOf(place))) {
      const { dependencies: _, ...alone } = found
      packages[place] = alone
    } else {
      packages[place] = found
      places.push(...wanted(lock, place, found))
    }
  }
  return { ...lock, ...(name !== undefined && { name }), packages }
}

/** Folders of what a package depends on. */
function wanted (lock: Lockfile, from: string, { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: LockedPackage): string[] {
  // npm lists what is optional among the dependencies too.
  const optional = new Set([...Object.keys(optionalDependencies), ...Object.keys(peerDependenciesMeta).filter(name => peerDependenciesMeta[name]?.optional)])
  const names = new Set([dependencies, optionalDependencies, peerDependencies].flatMap(each => Object.keys(each)))
  return [...names].flatMap(name => {
    const place = findPackage(lock, from, name)
    if (place === undefined && !optional.has(name)) throw new Error(`package-lock.json lacks ${name}, which ${from || 'the project'} needs; run npm install`)
    return place ?? []
  })
}

/** Where Node finds a package from a folder: in the nearest node_modules above it. */
function findPackage ({ packages }: Lockfile, from: string, name: string): string | undefined {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/')))) {
    const candidate = `${place}${place === '' ? '' : '/'}node_modules/${name}`
    if (Object.hasOwn(packages, candidate)) return candidate
    if (place === '') return undefined
  }
}

/** The name of the package in a folder such as `node_modules/a/node_modules/@b/c`. */
function nameOf (folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

if (import.meta.main) {
  const { positionals: [folder = '', out = '.', ...leaves], values: { without = '' } } = parseArgs({ allowPositionals: true, options: { without: { type: 'string' } } })
  const lock: Lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const only = lockfileOf(lock, folder === '.' ? '' : folder, leaves, without.split(','))
  mkdirSync(out, { recursive: true })
  writeFileSync(path.join(out, 'package-lock.json'), JSON.stringify(only, null, 2))
  writeFileSync(path.join(out, 'package.json'), JSON.stringify({ ...only.packages[''], private: true, type: 'module' }, null, 2))
}
