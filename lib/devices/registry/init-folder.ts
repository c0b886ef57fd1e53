// Reads what a Wasm-IoT orchestrator has exported into a registry that is empty: its three lists as JSON, and the files of its modules under the names that they were uploaded with.
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { DevicesError } from '../devices-error.ts'
import { selfName } from '../device.ts'
import type { Id } from '../id.ts'
import type { Registry } from '../registry.ts'
import type { Analysis, FunctionDescription, StoredFile } from '../wasm-module.ts'
import { deploymentOf, deviceOf, moduleOf } from './init-shapes.ts'
import type { ExportedModule } from './init-shapes.ts'

/** Where things go, and who looks at modules. */
export interface InitFolderOptions {
  readonly registry: Pick<Registry, 'devices' | 'modules' | 'deployments'>
  /** Keeps files. */
  readonly files: { put (source: Readable, options: { readonly mediaType: string, readonly originalName: string }): Promise<StoredFile> }
  /** Finds out what is in a module. @throws DevicesError where it is none */
  readonly analyse: (bytes: Uint8Array) => Analysis | Promise<Analysis>
  /** Most bytes of a module. */
  readonly maxModule?: number | undefined
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

/** What has been read. */
export interface InitReport {
  /** Undefined where nothing was read, as the registry was not empty. */
  readonly read: { readonly devices: number, readonly modules: number, readonly deployments: number } | undefined
  /** What could not be read, in words for the operator. */
  readonly warnings: readonly string[]
}

/** Most bytes of a JSON file. */
const largestJson = 64 * 1024 * 1024

/** Most files of JSON of one kind, and most warnings. */
const mostJson = 10_000
const mostWarnings = 1000

/**
 * Reads a folder with `device/*.json`, `module/*.json`, `deployment/*.json` (each file an object or a list) and `files/`, unless there is any device, module or deployment in the registry, other
 * than those of Tutti itself. What is wrong with an entry is a warning, and the rest is read.
 */
export async function readInitFolder (folder: string, { registry, files, analyse, maxModule = 32 * 1024 * 1024, now = Date.now }: InitFolderOptions): Promise<InitReport> {
  if (!await isEmpty(registry)) return { read: undefined, warnings: [] }
  const warnings: string[] = []
  const warn = (what: string, error: unknown) => {
    if (warnings.length < mostWarnings) warnings.push(`${what} of the init folder is left out: ${reasonOf(error)}`)
  }
  const counts = { devices: 0, modules: 0, deployments: 0 }

  const file = async (name: string, mediaType: string): Promise<StoredFile> => {
    const handle = await openFile(folder, name)
    try {
      return await files.put(handle.createReadStream({ autoClose: false }), { mediaType, originalName: name })
    } finally {
      await handle.close()
    }
  }

  /** Inserts a module with its files. */
  const addModule = async (exported: ExportedModule, what: string): Promise<void> => {
    const { id, name, wasm } = exported
    if (wasm === undefined) throw new RangeError('it names no file of WebAssembly')
    const bytes = await readBounded(await openFile(folder, wasm), maxModule)
    const analysis = await analyse(bytes)
    const mediaTypes = mediaTypesOf(exported.functions)
    const dataFiles: Record<string, StoredFile> = {}
    for (const [mount, originalName] of Object.entries(exported.dataFiles)) {
      try {
        Object.defineProperty(dataFiles, mount, { value: await file(originalName, mediaTypes.get(mount) ?? 'application/octet-stream'), enumerable: true, configurable: true, writable: true })
      } catch (error) {
        if (isUnavailable(error)) throw error
        warn(`${what}: its file ${quote(mount)}`, error)
      }
    }
    const exports = new Set(analysis.exports.map(({ name }) => name))
    for (const missing of Object.keys(exported.functions ?? {}).filter(name => !exports.has(name))) warn(`${what}: its function ${quote(missing)}`, new RangeError('the module does not export it'))
    const functions = exported.functions === undefined ? undefined : Object.fromEntries(Object.entries(exported.functions).filter(([name]) => exports.has(name)))
    const stored = await files.put(Readable.from([bytes]), { mediaType: 'application/wasm', originalName: wasm })
    await registry.modules.insert({ id, name, isCore: false, version: 1, createdAt: now(), versions: [{ version: 1, wasm: stored, analysis, createdAt: now(), functions, dataFiles }] })
    counts.modules++
  }

  // Core modules are made by whoever runs them, with other ids.
  const renamed = new Map<Id, Id>()
  for await (const { entry, what } of entries(folder, 'module', warn)) {
    try {
      const exported = moduleOf(entry)
      if (!exported.isCore) await addModule(exported, what)
      else {
        const own = (await registry.modules.list({ name: exported.name })).find(({ isCore }) => isCore)
        if (own !== undefined) renamed.set(exported.id, own.id)
      }
    } catch (error) {
      if (isUnavailable(error)) throw error
      warn(what, error)
    }
  }
  for await (const { entry, what } of entries(folder, 'device', warn)) {
    try {
      const device = deviceOf(entry, now())
      if (device === undefined) continue
      await registry.devices.insert(device)
      counts.devices++
    } catch (error) {
      if (isUnavailable(error)) throw error
      warn(what, error)
    }
  }
  for await (const { entry, what } of entries(folder, 'deployment', warn)) {
    try {
      const deployment = deploymentOf(entry, now())
      const withOwn = <Each extends { readonly module: Id }>(each: Each): Each => ({ ...each, module: renamed.get(each.module) ?? each.module })
      const steps = deployment.steps.map(withOwn)
      for (const [place, { module }] of steps.entries()) {
        if (await registry.modules.get(module) === undefined) throw new RangeError(`the module of step ${place + 1} is not there`)
      }
      await registry.deployments.insert({ ...deployment, steps, sequence: deployment.sequence.map(withOwn) })
      counts.deployments++
    } catch (error) {
      if (isUnavailable(error)) throw error
      warn(what, error)
    }
  }
  return { read: counts, warnings }
}

async function isEmpty ({ devices, modules, deployments }: InitFolderOptions['registry']): Promise<boolean> {
  // Beside what is Tutti's own; of that there is little.
  const own = (await modules.list({ limit: 100 })).every(({ isCore }) => isCore) && (await devices.list({ limit: 2 })).every(({ name }) => name === selfName)
  return own && await deployments.count({ limit: 1 }) === 0
}

/** Entries of all files of a kind, in the order of the names of files. */
async function * entries (folder: string, kind: 'device' | 'module' | 'deployment', warn: (what: string, error: unknown) => void): AsyncGenerator<{ entry: unknown, what: string }> {
  let names: string[] = []
  try {
    names = (await readdir(path.join(folder, kind))).filter(name => name.endsWith('.json')).sort().slice(0, mostJson)
  } catch (error) {
    // Each kind may be missing, but not the folder.
    if (!isAbsent(error) || kind === 'device') warn(kind, error)
  }
  for (const name of names) {
    const what = `${kind}/${quote(name)}`
    try {
      const content: unknown = JSON.parse((await readBounded(await open(path.join(folder, kind, name)), largestJson)).toString())
      const all: unknown[] = Array.isArray(content) ? content : [content]
      for (const [place, entry] of all.entries()) yield { entry, what: Array.isArray(content) ? `${what}, entry ${place + 1},` : what }
    } catch (error) {
      warn(what, error)
    }
  }
}

/** Opens a file by the name that it was uploaded with, which must be one of the folder `files` itself. */
async function openFile (folder: string, name: string): Promise<FileHandle> {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) throw new RangeError(`${quote(name)} is no name of a file`)
  const handle = await open(path.join(folder, 'files', name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
    throw isAbsent(error) ? new RangeError(`files/${quote(name)} is not there`) : error
  })
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new RangeError(`files/${quote(name)} is no file`)
}

/** Reads all of it, and closes it. */
async function readBounded (handle: FileHandle, most: number): Promise<Buffer> {
  try {
    const { size } = await handle.stat()
    if (size > most) throw new RangeError(`it has more than ${most} bytes`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** Media types that mounts of deployments have been given, by name. */
function mediaTypesOf (functions: Readonly<Record<string, FunctionDescription>> = {}): Map<string, string> {
  return new Map(Object.values(functions).flatMap(({ mounts }) => Object.entries(mounts).filter(([, { stage }]) => stage === 'deployment').map(([name, { mediaType }]): [string, string] => [name, mediaType])))
}

const isAbsent = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** What is wrong with the database or the disk is no fault of an entry. */
const isUnavailable = (error: unknown) => error instanceof DevicesError && error.code === 'UNAVAILABLE'

const quote = (text: string) => JSON.stringify(text.slice(0, 100)).slice(1, -1)

function reasonOf (error: unknown): string {
  if (error instanceof DevicesError || error instanceof RangeError) return error.message
  if (error instanceof SyntaxError) return 'it is no JSON'
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return `it cannot be read (${code})`
}
