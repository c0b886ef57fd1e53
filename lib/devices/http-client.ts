// The HTTP client towards devices: thousands of addresses that tell themselves who they are, rare calls, and bodies of many megabytes that pass through. By node:http: a probe on a connection
// of its own takes it 0.7 ms, and undici, which is made for many calls to few servers, 1.1 ms.
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable, pipeline } from 'node:stream'
import { LRUCache } from 'lru-cache'
import type { AddressPolicy } from './address-policy.ts'
import { codeOf } from '../error-code.ts'
import type { DeviceClient, DeviceReply } from './device-client.ts'
import type { DeviceEndpoint } from './device.ts'
import { DevicesError } from './devices-error.ts'
import { multipart } from './multipart.ts'
import { readDescription, readHealth, readJson } from './replies.ts'

/** How the client goes about it. */
export interface DeviceClientOptions {
  /** Where it connects to at all. */
  readonly policy: AddressPolicy
  /** Host under which devices know this server: supervisors look for it in `X-Forwarded-For` of probes. */
  readonly publicHost?: string | undefined
  /** Milliseconds for a probe, a description, or a registration: all addresses together. */
  readonly probeTimeout?: number | undefined
  /** Milliseconds for a device to take a deployment, or to forget one. */
  readonly timeout?: number | undefined
  /** Milliseconds until the answer to `send` begins, and between two pieces of it. */
  readonly callTimeout?: number | undefined
  /** Most bytes of the answer to `send`. */
  readonly maxFile?: number | undefined
}

/** Most bytes of a description, and of the answer to a probe. */
const maxDescription = 64 * 1024

/** Most bytes of the answer to a deployment. */
const maxAnswer = 1024 * 1024

/** Most characters that are kept of an answer that is no JSON. */
const maxText = 4096

/** Endpoints of which it is remembered which address answered last. */
const mostRemembered = 20_000

/** Connections to one device at one time. Those beyond wait for one to be free. */
const mostConnections = 32

/** Connections to all devices that are kept or wait for an answer at one time, but for those of probes and deployments. */
const mostInAll = 4096

/** Milliseconds that a connection is kept, whatever the device says of it. */
const keptFor = 4000

/** Bytes of the headers of an answer. */
const maxHeaderSize = 16 * 1024

const disconnections = new Set(['ECONNRESET', 'EPIPE'])

const refusals = new Map([
  ['ECONNREFUSED', 'it refuses connections'], ['EHOSTUNREACH', 'there is no way to it'], ['ENETUNREACH', 'there is no way to it'], ['ECONNRESET', 'it broke the connection'],
  ['EPIPE', 'it broke the connection'], ['HPE_HEADER_OVERFLOW', 'its headers are too long'], ['ETIMEDOUT', 'it does not answer'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not for its address'], ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is of an authority that is not known here'], ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is of an authority that is not known here']
])

/** What is asked for at one address. */
interface Call { readonly method: 'GET' | 'POST' | 'DELETE', readonly path: string, readonly json?: unknown, readonly headers?: Readonly<Record<string, string>>, readonly most: number }

/** A whole answer. */
interface Answer { readonly status: number, readonly bytes: Buffer, readonly headers: IncomingMessage['headers'] }

/** Opens a client. Certificates of devices that speak TLS must be signed by an authority that Node knows (`NODE_EXTRA_CA_CERTS`). */
export function createDeviceClient ({ policy, publicHost, probeTimeout = 5000, timeout = 30_000, callTimeout = 300_000, maxFile = 64 * 1024 * 1024 }: DeviceClientOptions): DeviceClient {
  const pooled = { keepAlive: true, maxSockets: mostConnections, maxFreeSockets: mostConnections, maxTotalSockets: mostInAll, timeout: keptFor }
  const pools = { http: new http.Agent(pooled), https: new https.Agent(pooled) }
  /** Ends all that goes on. */
  const calls = new AbortController()
  const answeredLast = new LRUCache<string, string>({ max: mostRemembered })

  /** Asks one address. */
  const ask = async (base: URL, { method, path, json, headers, most }: Call, signal: AbortSignal): Promise<Answer> => {
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json))
    const own: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }
    // A connection of its own: one that was kept may have died without anybody's noticing, and a probe is to show whether the device takes new ones.
    const response = await exchange({ url: new URL(path, base), method, headers: { accept: 'application/json', ...headers, ...own }, body, signal, pool: undefined, policy })
    const chunks: Buffer[] = []
    for await (const chunk of capped(response, most)) chunks.push(chunk)
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(chunks), headers: response.headers }
  }

  /** Asks address after address, each for its share of the time, until one answers as it must. @param read - makes of an answer what is wanted, or throws */
  const askAll = async <Result>(endpoint: DeviceEndpoint, call: Call, time: number, signal: AbortSignal | undefined, read: (answer: Answer, address: string) => Result): Promise<Result> => {
    const key = `${endpoint.port} ${endpoint.addresses.join(' ')}`
    const allowed = endpoint.addresses.filter(policy.isAllowed)
    if (allowed.length === 0) throw refused()
    const last = answeredLast.get(key)
    const addresses = last !== undefined && allowed.includes(last) ? [last, ...allowed.filter(each => each !== last)] : allowed
    const end = performance.now() + time
    let failure: unknown
    for (const [index, address] of addresses.entries()) {
      const share = (end - performance.now()) / (addresses.length - index)
      const deadline = createDeadline(signal, calls.signal)
      deadline.within(Math.max(1, share))
      try {
        const result = read(await ask(new URL(`${endpoint.tls ? 'https' : 'http'}://${inUrl(address)}:${endpoint.port}`), call, deadline.signal), address)
        answeredLast.set(key, address)
        return result
      } catch (error) {
        failure = asDevicesError(error, deadline)
        if (deadline.isCancelled()) break
      } finally {
        deadline.end()
      }
    }
    throw failure
  }

  /** What a device said to a deployment; any status will do. */
  const asAnswer = ({ status, bytes }: Answer) => ({ status, data: jsonOrText(bytes), time: Date.now() })

  return {
    async describe (endpoint, signal) {
      return await askAll(endpoint, { method: 'GET', path: '/.well-known/wasmiot-device-description', most: maxDescription }, probeTimeout, signal, answer => readDescription(wellDone(answer).bytes))
    },

    async health (endpoint, signal) {
      const headers: Record<string, string> = publicHost === undefined ? {} : { 'x-forwarded-for': publicHost }
      return await askAll(endpoint, { method: 'GET', path: '/health', headers, most: maxDescription }, probeTimeout, signal, (answer, address) => ({
        ...readHealth(wellDone(answer).bytes),
        address,
        isRegistered: String(answer.headers['custom-orchestrator-set']).toLowerCase() === 'true'
      }))
    },

    async register (endpoint, url, signal) {
      await askAll(endpoint, { method: 'POST', path: '/register', json: { url }, most: maxDescription }, probeTimeout, signal, ({ status }) => {
        if (status < 200 || status > 299) throw new DevicesError('DEVICE_FAILED', `The device answered ${status} where it was to be told of this server.`)
      })
    },

    async deploy (endpoint, document, signal) {
      return await askAll(endpoint, { method: 'POST', path: '/deploy', json: document, most: maxAnswer }, timeout, signal, asAnswer)
    },

    async undeploy (endpoint, deployment, signal) {
      return await askAll(endpoint, { method: 'DELETE', path: `/deploy/${encodeURIComponent(deployment)}`, most: maxAnswer }, timeout, signal, asAnswer)
    },

    async send (request, signal) {
      const url = allowedUrl(request.url, policy)
      const deadline = createDeadline(signal, calls.signal)
      deadline.within(callTimeout)
      try {
        const form = request.parts === undefined || request.parts.length === 0 ? undefined : multipart(request.parts)
        const method = request.method.toUpperCase()
        const isRead = method === 'GET' || method === 'HEAD'
        const headers: Record<string, string> = form !== undefined ? { 'content-type': form.contentType, 'content-length': String(form.length) } : isRead ? {} : { 'content-length': '0' }
        const ask = { url, method, headers, body: form?.body, signal: deadline.signal, policy }
        // What must not happen twice goes where nothing can have been closed meanwhile; results are asked for many times a second.
        const pool = isRead ? url.protocol === 'https:' ? pools.https : pools.http : undefined
        const response = await exchange({ ...ask, pool }).catch(async (error: unknown) => {
          if (!(error instanceof StaleConnection)) throw error
          return await exchange({ ...ask, pool: undefined })
        })
        return asReply(response, deadline, callTimeout, maxFile)
      } catch (error) {
        deadline.end()
        throw asDevicesError(error, deadline)
      }
    },

    async close () {
      calls.abort()
      for (const pool of Object.values(pools)) pool.destroy()
    }
  }
}

/** A request. */
interface Exchange {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | AsyncIterable<Uint8Array> | undefined
  readonly signal: AbortSignal
  /** Connections that are kept; undefined for one of its own. */
  readonly pool: http.Agent | undefined
  readonly policy: AddressPolicy
}

/** A kept connection was closed before a byte of the answer came, most likely for being idle. */
class StaleConnection extends Error {}

/** Sends a request. @returns the answer, as soon as its headers are there */
async function exchange ({ url, method, headers, body, signal, pool, policy }: Exchange): Promise<IncomingMessage> {
  const host = hostOf(url)
  // Looked at again where it is connected to, whatever was looked at before. Only addresses are allowed, so nothing is looked up.
  if (!policy.isAllowed(host)) throw refused()
  return await new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:'
    const request = (isSecure ? https : http).request({
      host,
      port: url.port === '' ? (isSecure ? 443 : 80) : url.port,
      path: url.pathname + url.search,
      method,
      headers: { ...headers, ...pool === undefined ? { connection: 'close' } : {} },
      agent: pool ?? false,
      signal,
      maxHeaderSize
    })
    request.once('response', resolve)
    // Later ones are those of the answer, which tells them itself.
    request.on('error', error => { reject(request.reusedSocket && disconnections.has(codeOf(error)) ? new StaleConnection() : error) })
    // A device that switches to another protocol leaves HTTP.
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new DevicesError('DEVICE_FAILED', 'The device changed the protocol.'))
    })
    if (body === undefined || Buffer.isBuffer(body)) request.end(body)
    else pipeline(Readable.from(body, { objectMode: false }), request, error => { if (error) reject(error) })
  })
}

function hostOf (url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The URL of something on a device. @throws DevicesError ADDRESS_REFUSED */
function allowedUrl (text: string, policy: AddressPolicy): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '' || !policy.isAllowed(hostOf(url))) throw refused()
  return url
}

function refused (): DevicesError {
  return new DevicesError('ADDRESS_REFUSED', 'The address is not one that devices may have. DEVICES_ADDRESSES names the networks that they may be in.')
}

function asReply (body: IncomingMessage, deadline: Deadline, between: number, most: number): DeviceReply {
  const end = () => deadline.end()
  body.once('close', end)
  // It is told to whoever reads; to nobody else.
  body.on('error', () => {})
  const read = async function * () {
    try {
      deadline.within(between)
      for await (const chunk of capped(body, most)) {
        // Whoever reads may take its time.
        deadline.pause()
        yield chunk
        deadline.within(between)
      }
    } catch (error) {
      throw asDevicesError(error, deadline)
    } finally {
      end()
    }
  }
  const type = body.headers['content-type'] ?? ''
  // What nobody reads is not kept open for ever.
  deadline.within(between)
  return { status: body.statusCode ?? 0, mediaType: type.split(';')[0]?.trim().toLowerCase() ?? '', body: { [Symbol.asyncIterator]: read, destroy: () => { body.destroy() } } }
}

/** The pieces of a body, up to so many bytes. @throws DevicesError TOO_LARGE */
async function * capped (body: IncomingMessage, most: number): AsyncGenerator<Buffer, void, undefined> {
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) throw new DevicesError('TOO_LARGE', `The device answered more than ${most} bytes.`)
    yield chunk
  }
}

function wellDone (answer: Answer): Answer {
  if (answer.status !== 200) throw new DevicesError('DEVICE_FAILED', `The device answered ${answer.status}.`)
  return answer
}

function jsonOrText (bytes: Buffer): unknown {
  try {
    return readJson(bytes)
  } catch {
    return bytes.toString('utf8', 0, maxText)
  }
}

function inUrl (address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** The time that something has, and whoever may want it no more. */
interface Deadline {
  readonly signal: AbortSignal
  /** Begins to count anew. */
  within (milliseconds: number): void
  pause (): void
  isCancelled (): boolean
  isLate (): boolean
  /** Frees what it holds. */
  end (): void
}

function createDeadline (outer: AbortSignal | undefined, all: AbortSignal): Deadline {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let isLate = false
  const cancel = () => controller.abort()
  const pause = () => clearTimeout(timer)
  if (outer?.aborted === true || all.aborted) cancel()
  outer?.addEventListener('abort', cancel)
  all.addEventListener('abort', cancel)
  return {
    signal: controller.signal,
    within (milliseconds) {
      pause()
      timer = setTimeout(() => {
        isLate = !controller.signal.aborted
        controller.abort()
      }, milliseconds)
    },
    pause,
    isCancelled: () => outer?.aborted === true || all.aborted,
    isLate: () => isLate,
    end () {
      pause()
      outer?.removeEventListener('abort', cancel)
      all.removeEventListener('abort', cancel)
    }
  }
}

/** What to tell of an error: nothing of addresses. */
function asDevicesError (error: unknown, deadline: Deadline): DevicesError {
  if (deadline.isLate()) return new DevicesError('TIMEOUT', 'The device did not answer in time.')
  if (deadline.isCancelled()) return new DevicesError('CANCELLED', 'The device was not waited for any longer.')
  if (error instanceof DevicesError) return error
  const code = codeOf(error)
  return new DevicesError('DEVICE_FAILED', `The device could not be asked: ${refusals.get(code) ?? 'the connection failed'} (${code}).`)
}
