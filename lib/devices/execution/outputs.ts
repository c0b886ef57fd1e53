// Files that an execution has made: fetched from the last device while it still has them, and kept here.
import { Readable } from 'node:stream'
import type { DeviceClient } from '../device-client.ts'
import { DevicesError } from '../devices-error.ts'
import type { FileStore } from '../files/store.ts'
import type { Id } from '../id.ts'
import type { StoredFile } from '../wasm-module.ts'
import type { Chased } from './chase.ts'

/** What outputs are fetched with. */
export interface OutputsOptions {
  readonly client: Pick<DeviceClient, 'send'>
  readonly files: Pick<FileStore, 'put'>
  /** Most bytes of one. */
  readonly maxFile: number
  isDevice (origin: string): Promise<boolean>
  tell (what: string): void
  readonly signal: AbortSignal
}

/** Which function made them, as far as the device does not say. */
export interface Origin {
  readonly deployment: Id
  readonly module: string
  readonly func: string
  /** Media types of its output mounts, by name. */
  readonly mediaTypes: Readonly<Record<string, string>>
}

/** Most outputs of one execution, places that each is looked for in, and longest name of one. */
const mostOutputs = 64
const mostPlaces = 4
const longestName = 255

/**
 * Fetches all outputs that a result names. One that cannot be had is told of, and costs nothing else.
 * @throws DevicesError UNAVAILABLE; what the signal was aborted with
 */
export async function fetchOutputs (chased: Chased, origin: Origin, options: OutputsOptions): Promise<Record<string, StoredFile>> {
  const outputs: Record<string, StoredFile> = {}
  const places = placesOf(chased, origin)
  if (places.length > mostOutputs) options.tell(`Of ${places.length} files ${mostOutputs} are fetched.`)
  for (const { name, urls } of places.slice(0, mostOutputs)) {
    const stored = await fetchOutput(name, urls, origin.mediaTypes, options)
    if (stored === undefined) continue
    Object.defineProperty(outputs, name, { value: stored, enumerable: true, configurable: true, writable: true })
    options.tell(`The file ${name} is here: ${stored.size} bytes.`)
  }
  return outputs
}

async function fetchOutput (name: string, urls: readonly string[], mediaTypes: Readonly<Record<string, string>>, { client, files, maxFile, isDevice, tell, signal }: OutputsOptions): Promise<StoredFile | undefined> {
  let reason = 'the device does not have it'
  for (const url of urls) {
    try {
      if (!await isDevice(new URL(url).origin)) continue
      const { status, mediaType, body } = await client.send({ url, method: 'GET' }, signal)
      if (status !== 200) {
        reason = `the device answered ${status}`
        body.destroy()
        continue
      }
      try {
        const told = Object.hasOwn(mediaTypes, name) ? mediaTypes[name] : undefined
        return await files.put(Readable.from(body, { objectMode: false }), { mediaType: told ?? mediaType, originalName: name, limit: maxFile, signal, isOutput: true })
      } finally {
        body.destroy()
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof DevicesError) || error.code === 'UNAVAILABLE') throw error
      reason = error.message
    }
  }
  tell(`The file ${name} could not be fetched: ${reason}`)
  return undefined
}

/** Names and where they may be, without what is no name. */
function placesOf ({ result, url, entry }: Chased, origin: Origin): Array<{ name: string, urls: string[] }> {
  const [, named] = Array.isArray(result) ? result as unknown[] : []
  const also = Array.isArray(entry.outputs) ? entry.outputs as unknown[] : []
  const places = new Map<string, string[]>()
  for (const each of [...Array.isArray(named) ? named as unknown[] : [], ...also]) {
    if (typeof each !== 'string') continue
    const isPlace = /^(?:https?:\/)?\//.test(each) && URL.canParse(each, url)
    const place = isPlace ? new URL(each, url) : undefined
    const name = place === undefined ? each : decoded(place.pathname.slice(place.pathname.lastIndexOf('/') + 1))
    if (name === undefined || !isName(name)) continue
    const before = places.get(name)
    // Where a device says where the file of this call is, it is looked for first: the routes by name give that of whichever call was last.
    if (place !== undefined) places.set(name, [place.href, ...before ?? []].slice(0, mostPlaces))
    else if (before === undefined) places.set(name, routesTo(name, url, entry, origin))
  }
  return [...places].map(([name, urls]) => ({ name, urls }))
}

/** Routes of the reference's device for a file: that of the deployment first, as deployments may share the other one. */
function routesTo (name: string, url: string, entry: Chased['entry'], origin: Origin): string[] {
  const module = nameOf(entry.module_name) ?? origin.module
  const func = nameOf(entry.function_name) ?? origin.func
  return [['', origin.deployment, 'modules', module, func, name], ['', 'module_results', module, name]].map(parts => new URL(parts.map(encodeURIComponent).join('/'), url).href)
}

function nameOf (value: unknown): string | undefined {
  return typeof value === 'string' && isName(value) ? value : undefined
}

/** A name is a key here, and one segment of a path there. */
function isName (text: string): boolean {
  return text !== '' && text.length <= longestName && text !== '.' && text !== '..' && !/[/\\\p{Cc}\p{Cs}]/u.test(text)
}

function decoded (text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
