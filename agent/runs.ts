// Calls of functions: their arguments and files, what came of them, handing it on to the next device, and the history in which results are found.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Endpoint } from '../lib/devices/deployment.ts'
import type { Signature, ValueType } from '../lib/devices/wasm-module.ts'
import type { Deployments } from './deployments.ts'
import { download, messageOf } from './download.ts'
import { Refusal } from './requests.ts'
import type { Runner } from './runner.ts'
import { isHttp } from './settings.ts'

/** A call as it is kept, member by member as the Python supervisor tells it. */
export interface RunEntry {
  readonly request_id: string
  readonly deployment_id: string
  readonly module_name: string
  readonly function_name: string
  readonly method: string
  readonly request_args: Readonly<Record<string, string>>
  /** Names of mounts; their bytes are not kept. */
  readonly request_files: Readonly<Record<string, string>>
  readonly work_queued_at: string
  /** `[JSON or null, [names of files] or null]`, the address of the next device's result, or why it failed. */
  result: unknown
  success: boolean
  /** Paths of its files on this device; not in the Python one. */
  outputs?: string[]
}

/** A call to make. */
export interface RunCall {
  readonly deployment: string
  readonly module: string
  readonly func: string
  readonly method: string
  /** In the order of the query. */
  readonly args: ReadonlyArray<readonly [string, string]>
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** A file that a call has made. */
export interface RunFile { readonly mediaType: string, readonly bytes: Uint8Array }

/** Calls, and their history. */
export interface Runs {
  /** Begins a call. `done` is resolved when its entry is there, however it ended. @throws Refusal 404 for a deployment that is not here, 500 for a module or function of it that is not, 503 where too many wait */
  start (call: RunCall): { readonly id: string, readonly done: Promise<void> }
  entry (id: string): RunEntry | undefined
  entries (): RunEntry[]
  /** A file of one call. */
  output (id: string, name: string): Promise<RunFile | undefined>
  /** A file of the last call that made one; of any deployment where that is undefined. */
  latest (which: { deployment?: string, module: string, func?: string }, name: string): Promise<RunFile | undefined>
}

const mostEntries = 256
const mostOutputBytes = 512 * 1024 * 1024
const mostQueued = 256

/** Milliseconds that the next device may take to answer. */
const chainTimeout = 30_000

/** What the agent makes of an argument. @throws Error for text that is none of that type */
export function argumentOf (text: string, type: ValueType | undefined): number | bigint {
  const isFloat = type === 'f32' || type === 'f64'
  if (isFloat && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text)) return Number(text)
  if (!isFloat && /^\s*[+-]?\d{1,20}\s*$/.test(text)) {
    const value = BigInt(text.trim().replace(/^\+/, ''))
    const bits = type === 'i64' ? 64n : 32n
    if (value >= -(1n << (bits - 1n)) && value < 1n << bits) return type === 'i64' ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value))
  }
  throw new Error(`The argument ${JSON.stringify(text.slice(0, 50))} cannot be of type ${type ?? 'unknown'}.`)
}

/** The result as JSON: exact digits of integers, and of fractions as many as give the same number again. @throws Error where JSON has no such number */
export function resultText (value: number | bigint | undefined, type: ValueType | undefined): string {
  if (value === undefined) return 'null'
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('The result is no number that JSON can say.')
  return type === 'f32' || type === 'f64' ? Object.is(value, -0) ? '-0.0' : String(value) : String(value)
}

/** Opens the history, empty. @param interfaces - what modules may import */
export async function openRuns ({ folder, deployments, runner, interfaces, maxFile, rpc, onEnd }: {
  readonly folder: string
  readonly deployments: Deployments
  readonly runner: Runner
  readonly interfaces: Readonly<Record<string, readonly string[]>>
  readonly maxFile: number
  readonly rpc: string | undefined
  readonly onEnd: (entry: RunEntry, printed: string) => void
}): Promise<Runs> {
  const results = path.join(folder, 'results')
  await rm(results, { recursive: true, force: true })
  await mkdir(results, { recursive: true, mode: 0o700 })
  const entries = new Map<string, { readonly entry: RunEntry, readonly place: string, readonly files: ReadonlyArray<{ name: string, mediaType: string, size: number }> }>()
  // Numbers of before a restart do not come again: an old link finds nothing rather than the result of somebody else.
  let number = Date.now()
  let queued = 0
  let queue: Promise<unknown> = Promise.resolve()

  const remove = async () => {
    let bytes = [...entries.values()].flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0)
    for (const [id, { place, files }] of entries) {
      if (entries.size <= mostEntries && bytes <= mostOutputBytes) return
      entries.delete(id)
      bytes -= files.reduce((sum, { size }) => sum + size, 0)
      await rm(place, { recursive: true, force: true })
    }
  }

  /** Hands a value or files on, and gives where the next result will be. */
  const forward = async (to: Endpoint, value: string, files: ReadonlyArray<readonly [string, RunFile]>): Promise<string> => {
    const url = new URL(`${to.url}${to.path}`)
    const [parameter] = to.request.parameters
    if (parameter !== undefined && files.length === 0) url.searchParams.set(parameter.name, value)
    const method = to.method.toUpperCase()
    let body: FormData | undefined
    if (method !== 'GET' && files.length > 0) {
      body = new FormData()
      for (const [name, { bytes, mediaType }] of files) body.set(name, new Blob([Uint8Array.from(bytes)], { type: mediaType }), name)
    } else if (files.length > 0) {
      throw new Error('The next function takes no files.')
    }
    const answer: unknown = JSON.parse((await download(url.href, { method, ...body && { body }, most: 1024 * 1024, timeout: chainTimeout })).toString())
    const { resultUrl } = answer as { resultUrl?: unknown }
    if (!isHttp(resultUrl)) throw new Error('The next device does not say where its result will be.')
    return resultUrl
  }

  const perform = async ({ deployment: id, module: name, func, args, files }: RunCall, entry: RunEntry, place: string) => {
    const deployment = deployments.get(id)
    const held = deployment === undefined ? undefined : own(deployment.files, name)
    const endpoint = deployment === undefined ? undefined : own(own(deployment.document.endpoints, name), func)
    if (deployment === undefined || held === undefined || endpoint === undefined) throw new Error('The deployment is not here any more.')
    const { instructions, mounts } = deployment.document
    const { execution = [], deployment: placed = [], output = [] } = own(own(mounts, name), func) ?? {}
    for (const each of files.keys()) if (!execution.some(mount => mount.path === each)) throw new Error(`Unexpected input file ${JSON.stringify(each.slice(0, 100))}.`)
    const inputs: Array<readonly [string, Uint8Array]> = []
    for (const mount of placed) {
      const sha256 = own(held.other, mount.path)
      if (sha256 === undefined) throw new Error(`The file ${mount.path} has not been deployed.`)
      inputs.push([mount.path, await deployments.dataFile(sha256)])
    }
    for (const { path: mount } of execution) {
      const bytes = files.get(mount)
      if (bytes === undefined) throw new Error(`The file ${mount} is missing.`)
      inputs.push([mount, bytes])
    }
    const { module, signatures } = await deployments.compiled(held)
    const signature: Signature | undefined = signatures.get(func)
    if (signature === undefined) throw new Error(`The module has no function ${func}.`)
    if (args.length < signature.parameters.length) throw new Error(`The function ${func} takes ${signature.parameters.length} arguments.`)
    const values = signature.parameters.map((type, index) => argumentOf(args[index]?.[1] ?? '', type))
    if (endpoint.response.media_type !== 'application/json' && output.length === 0) throw new Error(`The function ${func} is to give a file, and says none.`)

    const outcome = await runner.run({ module, func, args: values, files: inputs, outputs: output.map(mount => mount.path), interfaces, maxFile, rpc })
    const made = outcome.files.map(([file, bytes], index): [string, RunFile] => [file, { bytes, mediaType: output[index]?.media_type ?? 'application/octet-stream' }])
    const text = made.length > 0 ? '' : resultText(outcome.value, signature.results[0])
    if (made.length > 0) {
      // By number: names of files come from outside.
      await mkdir(place)
      await Promise.all(made.map(([, { bytes }], index) => writeFile(path.join(place, String(index)), bytes)))
      entry.outputs = made.map(([file]) => `/request-history/${encodeURIComponent(entry.request_id)}/${encodeURIComponent(file)}`)
    }
    const to = own(own(instructions.modules, name), func)?.to ?? undefined
    const result = to === undefined ? made.length > 0 ? [null, made.map(([file]) => file)] : [text, null] : await forward(to, text, made)
    return { result, printed: outcome.printed, files: made.map(([file, { bytes, mediaType }]) => ({ name: file, mediaType, size: bytes.length })) }
  }

  const runCall = async (call: RunCall, entry: RunEntry) => {
    const place = path.join(results, String(number++))
    let printed = ''
    let files: ReadonlyArray<{ name: string, mediaType: string, size: number }> = []
    try {
      ({ result: entry.result, printed, files } = await perform(call, entry, place))
      entry.success = true
    } catch (error) {
      delete entry.outputs
      entry.result = messageOf(error)
      await rm(place, { recursive: true, force: true })
    }
    entries.set(entry.request_id, { entry, place, files })
    await remove()
    onEnd(entry, printed)
  }

  const read = async ({ place, files }: { readonly place: string, readonly files: ReadonlyArray<{ name: string, mediaType: string }> }, name: string): Promise<RunFile | undefined> => {
    const index = files.findIndex(each => each.name === name)
    const file = files[index]
    return file === undefined ? undefined : { mediaType: file.mediaType, bytes: await readFile(path.join(place, String(index))) }
  }

  return {
    start (call) {
      const deployment = deployments.get(call.deployment)
      if (deployment === undefined) throw new Refusal(404, 'This device does not have the deployment.')
      if (own(deployment.files, call.module) === undefined) throw new Refusal(500, 'The deployment has no such module.')
      if (own(own(deployment.document.endpoints, call.module), call.func) === undefined) throw new Refusal(500, 'The module has no such function.')
      if (queued >= mostQueued) throw new Refusal(503, 'Too many calls wait on this device. Call again later.')
      const entry: RunEntry = {
        request_id: `${call.deployment}:${call.module}:${call.func}:${number++}`,
        deployment_id: call.deployment,
        module_name: call.module,
        function_name: call.func,
        method: call.method,
        request_args: Object.fromEntries(call.args),
        request_files: Object.fromEntries([...call.files.keys()].map(name => [name, name])),
        work_queued_at: new Date().toISOString(),
        result: undefined,
        success: false
      }
      queued += 1
      // What is posted runs one after the other, as with the Python supervisor; what is asked for by GET runs at once.
      const done = (call.method === 'GET' ? runCall(call, entry) : queue.then(() => runCall(call, entry))).finally(() => { queued -= 1 })
      if (call.method !== 'GET') queue = done.catch(() => {})
      return { id: entry.request_id, done }
    },
    entry: id => entries.get(id)?.entry,
    entries: () => [...entries.values()].map(({ entry }) => entry),
    async output (id, name) {
      const found = entries.get(id)
      return found === undefined ? undefined : await read(found, name)
    },
    async latest ({ deployment, module, func }, name) {
      const found = [...entries.values()].findLast(({ entry, files }) => entry.module_name === module && (deployment === undefined || entry.deployment_id === deployment) &&
        (func === undefined || entry.function_name === func) && files.some(each => each.name === name))
      return found === undefined ? undefined : await read(found, name)
    }
  }
}

/** A member of an object that came from outside, and none of its prototype. */
function own<Value> (object: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}
