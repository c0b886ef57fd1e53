// The modules that there are: uploads, their versions, how their functions are called, and the files that devices fetch.
import type { Readable } from 'node:stream'
import { DevicesError } from '../devices-error.ts'
import type { FileStore, OpenFile } from '../files/store.ts'
import { isId, newId } from '../id.ts'
import type { Id } from '../id.ts'
import type { Query, Registry } from '../registry.ts'
import { currentVersion } from '../wasm-module.ts'
import type { Analysis, ModuleVersion, StoredFile, WasmModule } from '../wasm-module.ts'
import type { Analyser } from './analyser.ts'
import { broken } from './binary.ts'
import { checkFunctions, deploymentFiles, readFunctions } from './describe.ts'
import { cleanModuleName, cleanMountName } from './names.ts'
import { openapiOf } from './openapi.ts'
import type { ModuleDocument } from './openapi.ts'

/** A file that comes in. */
export interface Incoming {
  readonly stream: Readable
  /** As the client says; of a module its bytes decide, whatever it says. */
  readonly mediaType: string
  readonly originalName: string
  readonly signal?: AbortSignal | undefined
}

/** A module that has been taken, and that nothing refers to yet. */
export interface Upload { readonly wasm: StoredFile, readonly analysis: Analysis }

/** How a module is described. */
export interface Description {
  /** Functions by name, as whoever described them sent them: see describe.ts. */
  readonly functions: unknown
  /** Files that came with it, by name of mount. */
  readonly files: ReadonlyMap<string, StoredFile>
}

/** What has become of a module. */
export type ModuleChange = 'created' | 'version' | 'rolledBack' | 'described' | 'removed'

/**
 * Modules. Wherever one is asked for, `reference` is its id or its name; of several of one name the newest is meant.
 * All throw DevicesError: MISSING where there is no such module, UNAVAILABLE where database or disk fail.
 */
export interface Modules {
  /**
   * Takes the bytes of a module: streams them to disk and looks at them, without ever running any of it.
   * @throws DevicesError MODULE_BROKEN, TOO_LARGE, TIMEOUT, BUSY; nothing is kept then
   */
  receive (incoming: Incoming): Promise<Upload>
  /** Takes a file that a description refers to. @throws DevicesError TOO_LARGE; REQUEST where it says that it is a module */
  receiveFile (incoming: Incoming): Promise<StoredFile>
  /** Makes a module. @throws DevicesError REQUEST for a name that cannot be, TOO_LARGE where there are too many */
  create (module: { name: unknown, upload: Upload, description?: Description | undefined }): Promise<WasmModule>
  /**
   * Adds a version, which is deployed from now on. Without a description it has that of the version before it.
   * @throws DevicesError CONFLICT where that description does not fit, or the module is a service of the server; REQUEST for a description that is wrong
   */
  addVersion (reference: string, upload: Upload, description?: Description): Promise<WasmModule>
  /** Has a version deployed that is there already. @throws DevicesError MISSING where it is not, CONFLICT where it has not been described although the one of now has */
  rollBack (reference: string, version: number): Promise<WasmModule>
  /** Describes the version that counts, in place of all that was said of it before. @throws DevicesError REQUEST, CONFLICT for services of the server */
  describe (reference: string, description: Description): Promise<WasmModule>
  get (reference: string): Promise<WasmModule>
  list (query?: Query): Promise<WasmModule[]>
  /**
   * Removes a module, or all of a name. Services of the server stay.
   * @param options.isForced - also where a deployment that is wanted uses it
   * @returns how many
   * @throws DevicesError CONFLICT where a deployment does
   */
  remove (reference: string, options?: { isForced?: boolean }): Promise<number>
  /** Removes all but services of the server, whoever uses them. @returns how many */
  removeAll (): Promise<number>
  /** The OpenAPI document. @throws DevicesError CONFLICT where the module is not described */
  document (reference: string): Promise<ModuleDocument>
  /** Its bytes. @param version - another than that which counts @throws DevicesError MISSING, also for services of the server, which have none */
  openBytes (reference: string, version?: number): Promise<OpenFile & { file: StoredFile }>
  /** A file of a mount of stage `deployment`. @throws DevicesError MISSING with `file 'x' missing from module 'm'`, as the reference says it */
  openDataFile (reference: string, mount: string, version?: number): Promise<OpenFile & { file: StoredFile }>
  /** Files that modules refer to, for the sweep of the store. */
  referenced (): Promise<Set<string>>
}

/** What modules are made of. */
export interface ModulesOptions {
  readonly registry: Pick<Registry, 'modules' | 'deployments'>
  readonly files: Pick<FileStore, 'put' | 'open'>
  readonly analyser: Pick<Analyser, 'analyse'>
  /** Most bytes of a module. */
  readonly maxModule: number
  /** Most bytes of a data file. */
  readonly maxFile: number
  /** Most modules. */
  readonly most?: number
  /** Told of each change once it is kept, and waited for: deployments that use the module are looked at again. */
  readonly onChanged?: (module: Id, change: ModuleChange) => unknown
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** Versions of a module that are kept: the oldest goes, but never the one that counts. */
export const mostVersions = 20

/** What a description makes of a version. */
type Described = Pick<ModuleVersion, 'functions' | 'dataFiles'>

/** A version of which nothing has been said. */
const undescribed: Described = { functions: undefined, dataFiles: {} }

/** Makes modules. */
export function createModules ({ registry, files, analyser, maxModule, maxFile, most = 10_000, onChanged = () => {}, now = Date.now }: ModulesOptions): Modules {
  const named = async (reference: string): Promise<WasmModule[]> => {
    const byId = isId(reference) ? await registry.modules.get(reference) : undefined
    return byId === undefined ? await registry.modules.list({ name: reference, newestFirst: true }) : [byId]
  }

  const get = async (reference: string): Promise<WasmModule> => {
    const [found] = await named(reference)
    if (found === undefined) throw missing(reference)
    return found
  }

  /** @param change - throws where it cannot be changed */
  const update = async (reference: string, what: ModuleChange, change: (before: WasmModule) => WasmModule): Promise<WasmModule> => {
    const { id } = await get(reference)
    const after = await registry.modules.update(id, before => {
      if (before.isCore) throw new DevicesError('CONFLICT', `${before.name} is a service of the server, and cannot be changed.`)
      return change(before)
    })
    if (after === undefined) throw missing(reference)
    await onChanged(id, what)
    return after
  }

  const versionOf = (module: WasmModule, version: number | undefined): ModuleVersion => {
    const found = version === undefined ? currentVersion(module) : module.versions.find(each => each.version === version)
    if (found === undefined) throw new DevicesError('MISSING', `The module ${module.name} has no version ${version}.`)
    return found
  }

  const makeVersion = (version: number, { wasm, analysis }: Upload, described: Described): ModuleVersion => ({ version, wasm, analysis, createdAt: now(), ...described })

  const removeOne = async ({ id, isCore }: WasmModule): Promise<number> => {
    if (isCore || !await registry.modules.remove(id)) return 0
    await onChanged(id, 'removed')
    return 1
  }

  return {
    async receive ({ stream, originalName, signal }) {
      let analysis: Analysis | undefined
      const wasm = await files.put(stream, {
        mediaType: 'application/wasm',
        originalName,
        limit: maxModule,
        signal,
        async check (file) {
          analysis = await analyser.analyse(file, signal)
          checkImports(analysis)
        }
      })
      if (analysis === undefined) throw new DevicesError('UNAVAILABLE', 'The module has not been looked at.')
      return { wasm, analysis }
    },
    async receiveFile ({ stream, mediaType, originalName, signal }) {
      // In the words of the reference.
      if (/^\s*application\/wasm/i.test(mediaType)) throw new DevicesError('REQUEST', 'failed attaching file to module', 'data cannot be wasm')
      return await files.put(stream, { mediaType, originalName, limit: maxFile, signal })
    },
    async create ({ name, upload, description }) {
      const cleaned = cleanModuleName(name)
      const first = makeVersion(1, upload, description === undefined ? undescribed : describeVersion(upload.analysis, description))
      if (await registry.modules.count() >= most) throw new DevicesError('TOO_LARGE', `There are ${most} modules already. Remove those that nobody needs.`)
      const module: WasmModule = { id: newId(now()), name: cleaned, isCore: false, version: 1, versions: [first], createdAt: first.createdAt }
      await registry.modules.insert(module)
      await onChanged(module.id, 'created')
      return module
    },
    addVersion: async (reference, upload, description) => await update(reference, 'version', before => {
      const number = Math.max(...before.versions.map(({ version }) => version)) + 1
      const next = makeVersion(number, upload, description === undefined ? inherited(currentVersion(before), upload) : describeVersion(upload.analysis, description))
      const versions = [...before.versions, next]
      const [oldest] = versions.length > mostVersions ? versions : []
      return { ...before, version: number, versions: versions.filter(each => each !== oldest) }
    }),
    rollBack: async (reference, version) => await update(reference, 'rolledBack', before => {
      const chosen = versionOf(before, version)
      if (chosen.functions === undefined && currentVersion(before).functions !== undefined) {
        throw new DevicesError('CONFLICT', `Version ${version} of ${before.name} has never been described, and nothing could be deployed of it.`)
      }
      return { ...before, version }
    }),
    describe: async (reference, description) => await update(reference, 'described', before => {
      const current = currentVersion(before)
      return { ...before, versions: before.versions.map(each => each === current ? { ...each, ...describeVersion(each.analysis, description) } : each) }
    }),
    get,
    list: async query => await registry.modules.list(query),
    async remove (reference, { isForced = false } = {}) {
      const found = await named(reference)
      if (found.length === 0) throw missing(reference)
      if (!isForced) {
        const users = await usersOf(registry, new Set(found.map(({ id }) => id)))
        if (users.length > 0) throw new DevicesError('CONFLICT', `Deployments use the module: ${users.slice(0, 10).join(', ')}. Stop them first, or force it.`, { deployments: users })
      }
      let gone = 0
      for (const each of found) gone += await removeOne(each)
      return gone
    },
    async removeAll () {
      let gone = 0
      for (const each of await registry.modules.list()) gone += await removeOne(each)
      return gone
    },
    async document (reference) {
      const module = await get(reference)
      const { functions } = currentVersion(module)
      if (functions === undefined) throw new DevicesError('CONFLICT', `The module ${module.name} has not been described yet.`)
      return openapiOf({ name: module.name, functions })
    },
    async openBytes (reference, version) {
      const module = await get(reference)
      if (module.isCore) throw new DevicesError('MISSING', `file 'wasm' missing from module '${module.name}'`)
      const { wasm } = versionOf(module, version)
      return { ...await files.open(wasm.sha256), file: wasm }
    },
    async openDataFile (reference, mount, version) {
      const module = await get(reference)
      const { dataFiles } = versionOf(module, version)
      const file = Object.hasOwn(dataFiles, mount) ? dataFiles[mount] : undefined
      if (file === undefined) throw new DevicesError('MISSING', `file '${mount}' missing from module '${module.name}'`)
      return { ...await files.open(file.sha256), file }
    },
    async referenced () {
      const referenced = new Set<string>()
      for (const { versions } of await registry.modules.list()) {
        for (const { wasm, dataFiles } of versions) for (const { sha256 } of [wasm, ...Object.values(dataFiles)]) referenced.add(sha256)
      }
      return referenced
    }
  }
}

function missing (reference: string): DevicesError {
  return new DevicesError('MISSING', `no matches for ID ${reference.slice(0, 200)}`)
}

/** Devices give functions: a module that needs anything else could be deployed nowhere. */
function checkImports ({ requirements }: Analysis): void {
  const other = requirements.find(({ kind }) => kind !== 'function')
  if (other !== undefined) {
    throw broken(`it imports the ${other.kind} ${JSON.stringify(`${other.module}.${other.name}`.slice(0, 200))}, and devices give functions alone. Build it so that it has its own`)
  }
}

function describeVersion ({ exports }: Analysis, { functions: given, files }: Description): Described {
  for (const name of files.keys()) cleanMountName(name)
  const functions = readFunctions(given, { exports, files })
  return { functions, dataFiles: deploymentFiles(functions, files) }
}

/** The description of the version before, for the next one. @throws DevicesError CONFLICT where it does not fit */
function inherited ({ functions, dataFiles }: ModuleVersion, { analysis }: Upload): Described {
  if (functions === undefined) return undescribed
  try {
    checkFunctions(functions, analysis.exports)
    return { functions, dataFiles }
  } catch (error) {
    if (error instanceof DevicesError) throw new DevicesError('CONFLICT', `The description of the version before does not fit: ${error.message} Send one together with the new version.`)
    throw error
  }
}

/** Names of deployments that are wanted and use one of the modules. */
async function usersOf ({ deployments }: Pick<Registry, 'deployments'>, modules: ReadonlySet<Id>): Promise<string[]> {
  return (await deployments.list()).filter(({ isWanted, steps }) => isWanted && steps.some(({ module }) => modules.has(module))).map(({ name }) => name)
}
