// From the first answer of a device to the result, wherever that comes to be: devices answer with addresses where to look, and those with further ones.
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceClient, DeviceReply, DeviceRequest } from '../device-client.ts'
import { DevicesError } from '../devices-error.ts'
import { readExactJson } from './exact-json.ts'
import type { ExactJson } from './exact-json.ts'

/** What a chase works with. */
export interface ChaseOptions {
  readonly client: Pick<DeviceClient, 'send'>
  /** Whether results may be fetched from there. @param origin - such as `http://192.168.1.20:5000` */
  isDevice (origin: string): Promise<boolean>
  /** The result where an address is one of this very server, which is not asked over the network; undefined for all others. */
  ownResult (url: URL): Promise<unknown>
  /** Told of what happens on the way. */
  tell (what: string): void
  /** Gives up; what it was aborted with is thrown. */
  readonly signal: AbortSignal
}

/** The end of a chase. */
export interface Chased {
  /** As the device gave it. */
  readonly result: unknown
  /** The same as JSON, where its numbers are not what doubles make of them. */
  readonly resultText: string | undefined
  /** `resultUrl` of what held the result, as a whole address; undefined where there is none. */
  readonly resultUrl: string | undefined
  /** Where the result was. */
  readonly url: string
  /** What held the result. */
  readonly entry: Readonly<Record<string, unknown>>
}

/** Most addresses from the first answer to the result. */
export const mostHops = 32

/** Milliseconds between two looks for a result that is not there yet: the first ones, and the most. */
const firstPause = 20
const longestPause = 1000

/** How often a result is asked for again where the device did not answer at all. */
const mostBroken = 3

/** Most bytes of JSON from a device, and most characters of one that are given on. */
const mostJson = 1024 * 1024
const mostText = 4096

/**
 * Calls a function, and follows what the device says until there is a result. It waits as long as the signal lets it.
 * @throws DevicesError DEVICE_FAILED with what the device said as details, ADDRESS_REFUSED, TOO_LARGE; what the signal was aborted with
 */
export async function chase (request: DeviceRequest, options: ChaseOptions): Promise<Chased> {
  const { isDevice, ownResult, tell } = options
  const seen = new Set<string>()
  let url = request.url
  let answer = await ask(options, request)
  if (answer.status < 200 || answer.status > 299) throw failed(`The device answered ${answer.status}.`, answer)
  for (;;) {
    seen.add(url)
    const entry = entryOf(answer)
    const next = nextUrl(entry, url)
    if (next === undefined) {
      if (!Object.hasOwn(entry, 'result')) throw failed('The device answered with neither a result nor where to find it.', answer)
      return { result: entry.result, resultText: answer.json?.exactText('result'), resultUrl: relativeUrl(textOf(entry.resultUrl), url)?.href, url, entry }
    }
    const own = await ownResult(next)
    if (own !== undefined) return { result: own, resultText: undefined, resultUrl: undefined, url: next.href, entry: { result: own } }
    // Without credentials and fragment, which name nothing on a device.
    url = next.href
    if (seen.has(url)) throw failed('The device sends in circles for its result.', answer)
    if (seen.size >= mostHops) throw failed(`The device sends on and on for its result, more than ${mostHops} times.`, answer)
    if (!await isDevice(next.origin)) throw failed('The device names an address for its result that is none of a device. Nobody is asked there.', answer)
    tell(seen.size === 1 ? 'Called. Waiting for the result.' : `Its result is that of the next device (${next.host}).`)
    answer = await poll(options, url)
  }
}

/** Where to look next; undefined where the chase has ended. */
function nextUrl (entry: Readonly<Record<string, unknown>>, url: string): URL | undefined {
  const result = textOf(entry.result)
  const resultUrl = textOf(entry.resultUrl)
  const named = Object.hasOwn(entry, 'result') && entry.result !== null ? absoluteUrl(result) : relativeUrl(resultUrl, url)
  // An agent may tell a result of null, and where it stands: here.
  return named?.href === url && Object.hasOwn(entry, 'result') && result === undefined ? undefined : named
}

/** Asks for a result until it is there. */
async function poll (options: ChaseOptions, url: string): Promise<Answer> {
  let pause = firstPause
  let broken = 0
  for (;;) {
    try {
      const answer = await ask(options, { url, method: 'GET' })
      if (answer.status >= 200 && answer.status <= 299) return answer
      if (answer.status !== 404 || hasError(answer)) throw failed(`The device answered ${answer.status} where its result was to be.`, answer)
      broken = 0
    } catch (error) {
      // No answer at all, to a question that may be asked any number of times.
      if (!isUnanswered(error) || ++broken > mostBroken) throw error
    }
    await wait(pause, undefined, { signal: options.signal }).catch(() => {})
    options.signal.throwIfAborted()
    pause = Math.min(longestPause, pause * 1.5)
  }
}

/** A whole answer. */
interface Answer { readonly status: number, readonly json: ExactJson | undefined, readonly text: string }

async function ask ({ client, signal }: Pick<ChaseOptions, 'client' | 'signal'>, request: DeviceRequest): Promise<Answer> {
  signal.throwIfAborted()
  try {
    const reply = await client.send(request, signal)
    const bytes = await readWhole(reply, mostJson)
    return { status: reply.status, json: readExactJson(bytes), text: bytes.toString('utf8', 0, mostText) }
  } catch (error) {
    // The client says only that it was stopped; the signal knows why.
    signal.throwIfAborted()
    throw error
  }
}

/** The bytes of a reply. @throws DevicesError TOO_LARGE; what the client throws */
async function readWhole ({ body }: DeviceReply, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > most) throw new DevicesError('TOO_LARGE', `The device answered with more than ${most} bytes where JSON was to be.`)
      chunks.push(chunk)
    }
  } finally {
    body.destroy()
  }
  return Buffer.concat(chunks)
}

function entryOf (answer: Answer): Readonly<Record<string, unknown>> {
  const entry = objectOf(answer.json?.value)
  if (entry === undefined) throw failed('The device answered with what is no JSON object.', answer)
  if (Object.hasOwn(entry, 'error') || entry.status === 'error') throw failed('The device says that it failed.', answer)
  return entry
}

function hasError ({ json }: Answer): boolean {
  return Object.hasOwn(objectOf(json?.value) ?? {}, 'error')
}

function failed (message: string, { json, text }: Answer): DevicesError {
  return new DevicesError('DEVICE_FAILED', message, json === undefined ? text : json.value)
}

/** Whether a failure of the client means that there was no answer. */
export function isUnanswered (error: unknown): boolean {
  return error instanceof DevicesError && error.code === 'DEVICE_FAILED' && error.details === undefined
}

function objectOf (value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : undefined
}

function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Only whole addresses of HTTP: other texts that happen to be URLs (`note: …`) are results. */
function absoluteUrl (text: string | undefined): URL | undefined {
  return text !== undefined && /^https?:\/\//i.test(text) && URL.canParse(text) ? plain(new URL(text)) : undefined
}

function relativeUrl (text: string | undefined, base: string): URL | undefined {
  if (text === undefined || !URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  return ['http:', 'https:'].includes(url.protocol) ? plain(url) : undefined
}

function plain (url: URL): URL {
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}
