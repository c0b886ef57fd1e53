// What each device is told of a deployment: the documents of the Wasm-IoT orchestrator, with its members in its order.
import { createHash } from 'node:crypto'
import type { Deployment, Endpoint, NodeDocument, NodeMount, PlacedStep } from '../deployment.ts'
import { selfName } from '../device.ts'
import type { Device } from '../device.ts'
import { DevicesError } from '../devices-error.ts'
import type { Id } from '../id.ts'
import { formOf, outputOf, parameterDescription, parameterSchema } from '../modules/openapi.ts'
import { currentVersion } from '../wasm-module.ts'
import type { FunctionDescription, ModuleVersion, MountStage, WasmModule } from '../wasm-module.ts'

/** What documents are made of. */
export interface DocumentOptions {
  readonly devices: ReadonlyMap<Id, Device>
  readonly modules: ReadonlyMap<Id, WasmModule>
  /** Where devices fetch modules: address of this server, without a slash at the end. */
  readonly base: string
}

/** A step with all that is known of it. */
interface Known extends PlacedStep {
  readonly wasm: WasmModule
  readonly wasmVersion: ModuleVersion
  readonly described: FunctionDescription
  readonly endpoint: Endpoint
}

/** Changes that are made to a document while it is written. */
type Writable<Part> = { -readonly [Name in keyof Part]: Part[Name] extends readonly unknown[] ? Array<Part[Name][number]> : Part[Name] extends object ? { [Key in keyof Part[Name]]: Part[Name][Key] } : Part[Name] }

/**
 * Writes the documents, by id of device.
 * @throws DevicesError NO_PLACE where a device or module is not there, or a function has not been described
 */
export function nodeDocuments ({ id }: Pick<Deployment, 'id'>, sequence: readonly PlacedStep[], options: DocumentOptions): Record<Id, NodeDocument> {
  const steps = sequence.map(step => known(id, step, options))
  const documents: Record<Id, NodeDocument> = {}
  for (const [index, step] of steps.entries()) {
    const document = (documents[step.device] ??= { deploymentId: id, modules: [], endpoints: {}, instructions: { modules: {} }, mounts: {} }) as Writable<NodeDocument>
    // Once for each step, as the reference has it.
    document.modules.push(moduleOf(step, options.base))
    put(document.endpoints, step, step.endpoint)
    put(document.instructions.modules, step, { from: step.endpoint, to: steps[index + 1]?.endpoint ?? null })
    put(document.mounts, step, mountsOf(step.described))
  }
  return documents
}

/** SHA-256 of a document, as it is sent. */
export function digestOf (document: NodeDocument): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex')
}

function known (deployment: Id, step: PlacedStep, { base, devices, modules }: DocumentOptions): Known {
  const device = devices.get(step.device)
  const wasm = modules.get(step.module)
  if (device === undefined || wasm === undefined) throw new DevicesError('NO_PLACE', `The ${device === undefined ? 'device' : 'module'} of a step is not there any more.`)
  const wasmVersion = wasm.versions.find(({ version }) => version === step.version) ?? currentVersion(wasm)
  const described = wasmVersion.functions !== undefined && Object.hasOwn(wasmVersion.functions, step.func) ? wasmVersion.functions[step.func] : undefined
  if (described === undefined) throw new DevicesError('NO_PLACE', `The function ${step.func} of the module ${wasm.name} has not been described.`)
  return { ...step, wasm, wasmVersion, described, endpoint: endpointOf(deployment, device.name === selfName ? base : urlOf(device), wasm.name, step.func, described) }
}

function endpointOf (deployment: Id, url: string, module: string, func: string, described: FunctionDescription): Endpoint {
  const form = formOf(described)
  const { mediaType, schema } = outputOf(described)
  return {
    url,
    path: `/${deployment}/modules/${segment(module)}/${segment(func)}`,
    method: described.method,
    request: {
      parameters: described.parameters.map(({ name, type }) => ({ name, in: 'query', description: parameterDescription, required: true, schema: parameterSchema(type) })),
      ...form !== undefined && { request_body: { media_type: 'multipart/form-data', ...form } }
    },
    response: { media_type: mediaType, schema }
  }
}

/** Where a device is reached first. */
function urlOf ({ addresses, port, tls }: Pick<Device, 'addresses' | 'port' | 'tls'>): string {
  const [address = ''] = addresses
  return `${tls ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

function moduleOf ({ wasm: { id, isCore, name }, wasmVersion: { dataFiles, wasm: { sha256 } } }: Known, base: string): NodeDocument['modules'][number] {
  const urlFor = (file: string) => `${base}/file/module/${id}/${segment(file)}`
  return {
    id,
    name,
    urls: { binary: urlFor('wasm'), description: urlFor('description'), other: Object.fromEntries(Object.keys(dataFiles).map(mount => [mount, urlFor(mount)])) },
    ...!isCore && { sha256 }
  }
}

function mountsOf ({ mounts }: FunctionDescription): Record<MountStage, readonly NodeMount[]> {
  const of = (stage: MountStage): NodeMount[] => Object.entries(mounts).filter(([, mount]) => mount.stage === stage).map(([path, { mediaType }]) => ({ path, media_type: mediaType, stage }))
  return { execution: of('execution'), deployment: of('deployment'), output: of('output') }
}

/** Puts something where module and function of a step are named. */
function put<Value> (target: Readonly<Record<string, Readonly<Record<string, Value>>>>, { wasm: { name }, func }: Known, value: Value): void {
  const modules = target as Record<string, Record<string, Value>>
  const functions = Object.hasOwn(modules, name) ? modules[name] : undefined
  // Names come from outside: `__proto__` is one like any other.
  const written = functions ?? {}
  Object.defineProperty(written, func, { value, configurable: true, enumerable: true, writable: true })
  if (functions === undefined) Object.defineProperty(modules, name, { value: written, configurable: true, enumerable: true, writable: true })
}

/** A name as part of a path. Colons, as in `core:Datalist`, stay as the reference has them. */
function segment (name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll('%3A', ':')
}
