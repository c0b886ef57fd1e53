// Deployments that the device holds: their documents and files on disk, so that a restart loses none, and their modules compiled once.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { analyse } from '../lib/devices/modules/analysis.ts'
import { missingInterfaces } from '../lib/devices/placement/interfaces.ts'
import type { NodeDocument } from '../lib/devices/deployment.ts'
import type { Signature } from '../lib/devices/wasm-module.ts'
import { capMemory } from './capped-memory.ts'
import { readDocument } from './document.ts'
import { messageOf } from './download.ts'
import { Refusal } from './requests.ts'

const mostDeployments = 256

/** A module, ready to run. */
export interface CompiledModule { readonly module: WebAssembly.Module, readonly signatures: ReadonlyMap<string, Signature> }

/** Digests of the files of one module. */
interface ModuleFiles { readonly binary: string, readonly other: Readonly<Record<string, string>> }

/** A deployment as it is kept. */
export interface HeldDeployment { readonly document: NodeDocument, readonly files: Readonly<Record<string, ModuleFiles>> }

/** Deployments of this device. */
export interface Deployments {
  get (id: string): HeldDeployment | undefined
  ids (): string[]
  /** Fetches all that a document names, and holds it in place of an earlier one. @throws Refusal; the earlier one stays then */
  deploy (document: NodeDocument): Promise<void>
  /** Whether it was there. */
  undeploy (id: string): Promise<boolean>
  compiled (files: ModuleFiles): Promise<CompiledModule>
  dataFile (sha256: string): Promise<Uint8Array>
}

/** Opens what is kept in a folder. @param fetchFile - gives the bytes of an address, bounded */
export async function openDeployments ({ folder, maxMemory, interfaces, fetchFile, onTrouble }: {
  readonly folder: string
  readonly maxMemory: number
  /** What modules may import, as the device tells it. */
  readonly interfaces: readonly string[]
  readonly fetchFile: (url: string) => Promise<Buffer>
  readonly onTrouble: (message: string) => void
}): Promise<Deployments> {
  const documents = path.join(folder, 'deployments')
  const files = path.join(folder, 'files')
  await Promise.all([documents, files].map(each => mkdir(each, { recursive: true, mode: 0o700 })))
  const held = new Map<string, HeldDeployment>()
  const modules = new Map<string, Promise<CompiledModule>>()
  let last: Promise<unknown> = Promise.resolve()

  /** One change at a time: files that nobody names are removed after each. */
  const inTurn = <Result>(change: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(change)
    last = turn.catch(() => {})
    return turn
  }

  const writeFile = async (place: string, bytes: Uint8Array | string) => {
    const temporary = `${place}.${randomUUID()}.tmp`
    try {
      await using file = await open(temporary, 'wx', 0o600)
      await file.writeFile(bytes)
      await file.sync()
      await rename(temporary, place)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  const keep = async (bytes: Buffer): Promise<string> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await writeFile(path.join(files, sha256), bytes)
    return sha256
  }

  const compile = async (bytes: Uint8Array): Promise<CompiledModule> => {
    const { exports, requirements } = analyse(bytes)
    const missing = missingInterfaces({ supervisorInterfaces: interfaces }, requirements)
    if (missing.length > 0) throw new Error(`it imports what this device does not have: ${missing.slice(0, 5).join(', ')}`)
    return { module: await WebAssembly.compile(capMemory(bytes, maxMemory)), signatures: new Map(exports.map(({ name, ...signature }) => [name, signature])) }
  }

  const compiled = ({ binary }: ModuleFiles): Promise<CompiledModule> => {
    const known = modules.get(binary)
    if (known !== undefined) return known
    const made = readFile(path.join(files, binary)).then(compile)
    modules.set(binary, made)
    made.catch(() => modules.delete(binary))
    return made
  }

  const sweep = async () => {
    const named = new Set([...held.values()].flatMap(each => Object.values(each.files)).flatMap(({ binary, other }) => [binary, ...Object.values(other)]))
    for (const each of await readdir(files)) if (!named.has(each)) await rm(path.join(files, each), { force: true })
    for (const each of modules.keys()) if (!named.has(each)) modules.delete(each)
  }

  const load = async () => {
    for (const each of await readdir(documents)) {
      const place = path.join(documents, each)
      try {
        if (!each.endsWith('.json')) {
          await rm(place, { force: true })
          continue
        }
        const read = JSON.parse(await readFile(place, 'utf8')) as HeldDeployment
        const document = readDocument(read.document)
        if (`${document.deploymentId}.json` !== each || typeof read.files !== 'object') throw new Error('It is another one.')
        held.set(document.deploymentId, { document, files: read.files })
      } catch (error) {
        onTrouble(`The deployment in ${each} cannot be read and is left out: ${messageOf(error)}`)
      }
    }
    await sweep()
  }
  await load()

  const fetchModule = async ({ name, urls, sha256 }: NodeDocument['modules'][number]): Promise<[string, ModuleFiles]> => {
    try {
      const bytes = await fetchFile(urls.binary)
      const digest = createHash('sha256').update(bytes).digest('hex')
      if (sha256 !== undefined && digest !== sha256) throw new Error('its bytes are not those that the deployment names (their SHA-256 is another)')
      const binary = await keep(bytes)
      const other: Record<string, string> = Object.create(null) as Record<string, string>
      for (const [mount, url] of Object.entries(urls.other)) other[mount] = await keep(await fetchFile(url))
      await compiled({ binary, other })
      return [name, { binary, other }]
    } catch (error) {
      throw new Refusal(500, `The module ${name} cannot be deployed: ${messageOf(error)}`)
    }
  }

  return {
    get: id => held.get(id),
    ids: () => [...held.keys()],
    compiled,
    dataFile: sha256 => readFile(path.join(files, sha256)),
    deploy: document => inTurn(async () => {
      const { deploymentId: id } = document
      if (!held.has(id) && held.size >= mostDeployments) throw new Refusal(507, `This device holds ${mostDeployments} deployments already.`)
      try {
        const fetched: Array<[string, ModuleFiles]> = []
        for (const each of new Map(document.modules.map(module => [module.name, module])).values()) fetched.push(await fetchModule(each))
        const deployment = { document, files: Object.fromEntries(fetched) }
        await writeFile(path.join(documents, `${id}.json`), JSON.stringify(deployment))
        held.set(id, deployment)
      } finally {
        await sweep()
      }
    }),
    undeploy: id => inTurn(async () => {
      if (!held.has(id)) return false
      await rm(path.join(documents, `${id}.json`), { force: true })
      held.delete(id)
      await sweep()
      return true
    })
  }
}
