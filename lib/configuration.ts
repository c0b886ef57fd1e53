// Turns an environment into a checked configuration, or into one line that says what is wrong with it.
import { isIP } from 'node:net'
import { Ajv } from 'ajv'
import bytes from 'bytes'
import { distance } from 'fastest-levenshtein'
import { envSchema } from 'env-schema'
import type { TSchema } from '@sinclair/typebox'
import { ConfigSchema } from '../schemas/config.ts'
import { largestInflight, largestSize } from '../schemas/sizes.ts'
import type { Environment } from '../schemas/config.ts'
import { checkDevices } from './devices-configuration.ts'
import { checkDiffraction } from './diffraction-configuration.ts'
import { ConfigurationError } from './errors.ts'
import { checkTracking } from './tracking-configuration.ts'

/** The configuration that the program works with: the environment, with sizes as bytes and lists as lists. */
export interface Configuration extends Omit<Environment, 'CACHE_BYTES' | 'CACHE_ITEM' | 'DEVICES_ADDRESSES' | 'DEVICES_MAX_FILE' | 'DEVICES_MAX_MODULE' | 'DEVICES_MAX_STORED' | 'DIFFRACTION_FRAME_CACHE' | 'DIFFRACTION_INDEXER' | 'DIFFRACTION_ORIGINS' | 'DIFFRACTION_REDUCED_CACHE' | 'DIFFRACTION_ROOT' | 'DIFFRACTION_ZMQ' | 'MAX_BODY' | 'MAX_INFLIGHT' | 'MAX_REPLY' | 'MODULES' | 'OTEL_EXPORTER_OTLP_HEADERS' | 'PARALLEL_PREPROCESSORS' | 'TIMELINE_BYTES' | 'TRACKING_BACKLOG' | 'TRACKING_MAX_BYTES' | 'TRACKING_MAX_MESSAGE' | 'TRACKING_ORIGINS' | 'TRUST_PROXY'> {
  /** Modules that are switched on. */
  MODULES: string[]
  /** What the environment sets: the texts, and `true` in place of secrets. */
  given: Readonly<Record<string, string | true>>
  /** Bytes of cached results in memory. */
  CACHE_BYTES: number
  /** Largest result that is cached, in bytes. */
  CACHE_ITEM: number
  /** Addresses and networks that devices may have; undefined for the usual ones. */
  DEVICES_ADDRESSES: string[] | undefined
  /** Largest file of a deployment or execution, in bytes. */
  DEVICES_MAX_FILE: number
  /** Largest WebAssembly module, in bytes. */
  DEVICES_MAX_MODULE: number
  /** Most bytes of all files of devices. */
  DEVICES_MAX_STORED: number
  /** Bytes of frames as read that one worker process keeps. */
  DIFFRACTION_FRAME_CACHE: number
  /** The indexing program and its arguments; undefined where there is none. */
  DIFFRACTION_INDEXER: string[] | undefined
  /** Origins whose pages may read frames, or `*`; undefined for none. */
  DIFFRACTION_ORIGINS: string[] | '*' | undefined
  /** Bytes of reduced frames that one worker process keeps. */
  DIFFRACTION_REDUCED_CACHE: number
  /** Folders that frames may be in. */
  DIFFRACTION_ROOT: string[]
  /** Addresses of ZeroMQ to connect to or to listen on. */
  DIFFRACTION_ZMQ: Array<{ how: 'connect' | 'bind', address: string }>
  /** Largest request body after decompression, in bytes. */
  MAX_BODY: number
  /** Most bytes of request bodies in flight. */
  MAX_INFLIGHT: number
  /** Largest reply of one service, in bytes. */
  MAX_REPLY: number
  /** Headers that traces are sent with. */
  OTEL_EXPORTER_OTLP_HEADERS: Record<string, string>
  /** True when services run as a graph, false when one after the other. */
  PARALLEL_PREPROCESSORS: boolean
  /** Bytes of all timelines. */
  TIMELINE_BYTES: number
  /** Bytes that may wait for one connection. */
  TRACKING_BACKLOG: number
  /** Bytes of pictures and feature maps of objects that are tracked. */
  TRACKING_MAX_BYTES: number
  /** Largest message of a client or processor, in bytes. */
  TRACKING_MAX_MESSAGE: number
  /** Origins of pages that may connect; undefined for any. */
  TRACKING_ORIGINS: string[] | undefined
  /** Addresses and networks of proxies whose X-Forwarded-For is believed; false for nobody's. */
  TRUST_PROXY: string[] | false
}

interface AjvError { instancePath: string, params: Record<string, unknown>, keyword: string }

/** The schema is known to be valid, and the code that Ajv makes of it runs once: to look at either more closely would take longer than all the rest. */
const swift = { validateSchema: false, code: { optimize: false } }

/** One for all environments: it compiles the schema once, which takes longer than everything else here. */
const ajv = new Ajv({ ...swift, allErrors: true, removeAdditional: true, useDefaults: true, coerceTypes: true, keywords: ['allowed', 'secret', 'unit'] })

/**
 * Checks an environment against the schema.
 * @param environment - names and values, such as `process.env`; empty values count as absent, unknown names are ignored
 * @returns the configuration, and what to warn of: unknown names that are nearly known ones, doors that are open by mistake
 * @throws ConfigurationError for the first wrong value: names the variable, the value where it is no secret, and what is allowed
 */
export function readConfiguration (environment: Record<string, string | undefined>): { configuration: Configuration, warnings: string[] } {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  let known: Environment
  try {
    known = envSchema<Environment>({
      schema: ConfigSchema,
      data: given,
      env: false,
      ajv
    })
  } catch (error) {
    throw asConfigurationError(error, given)
  }
  checkAddress('AUTH_JWKS_URL', known.AUTH_JWKS_URL)
  checkAddress('TRACKING_JWKS_URL', known.TRACKING_JWKS_URL)
  checkAddress('DATABASE_URL', known.DATABASE_URL)
  checkAddress('REDIS_URL', known.REDIS_URL)
  checkAddress('DIFFRACTION_REDIS_URL', known.DIFFRACTION_REDIS_URL)
  checkAddress('OTEL_EXPORTER_OTLP_ENDPOINT', known.OTEL_EXPORTER_OTLP_ENDPOINT)
  checkAddress('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', known.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
  checkKeyPair(known)
  const configuration: Configuration = {
    ...known,
    MODULES: [...new Set(known.MODULES.split(',').map(name => name.trim()))],
    given: withoutSecrets(given),
    CACHE_BYTES: sizeInBytes('CACHE_BYTES', known.CACHE_BYTES, largestInflight),
    CACHE_ITEM: sizeInBytes('CACHE_ITEM', known.CACHE_ITEM),
    DEVICES_ADDRESSES: known.DEVICES_ADDRESSES === undefined ? undefined : addresses('DEVICES_ADDRESSES', known.DEVICES_ADDRESSES),
    DEVICES_MAX_FILE: sizeInBytes('DEVICES_MAX_FILE', known.DEVICES_MAX_FILE, largestInflight),
    DEVICES_MAX_MODULE: sizeInBytes('DEVICES_MAX_MODULE', known.DEVICES_MAX_MODULE),
    DEVICES_MAX_STORED: sizeInBytes('DEVICES_MAX_STORED', known.DEVICES_MAX_STORED, largestInflight),
    DIFFRACTION_FRAME_CACHE: sizeInBytes('DIFFRACTION_FRAME_CACHE', known.DIFFRACTION_FRAME_CACHE, largestInflight),
    DIFFRACTION_INDEXER: known.DIFFRACTION_INDEXER === undefined ? undefined : programAndArguments('DIFFRACTION_INDEXER', known.DIFFRACTION_INDEXER),
    DIFFRACTION_ORIGINS: known.DIFFRACTION_ORIGINS?.trim() === '*' ? '*' : known.DIFFRACTION_ORIGINS?.split(',').map(each => new URL(each.trim()).origin),
    DIFFRACTION_REDUCED_CACHE: sizeInBytes('DIFFRACTION_REDUCED_CACHE', known.DIFFRACTION_REDUCED_CACHE, largestInflight),
    DIFFRACTION_ROOT: known.DIFFRACTION_ROOT?.split(':') ?? [],
    DIFFRACTION_ZMQ: (known.DIFFRACTION_ZMQ ?? '').split(',').filter(each => each !== '').map(each => {
      const [, how, address = ''] = /^(connect|bind):(.*)$/.exec(each.trim()) ?? []
      return { how: how === 'bind' ? 'bind' : 'connect', address }
    }),
    MAX_BODY: sizeInBytes('MAX_BODY', known.MAX_BODY),
    MAX_INFLIGHT: sizeInBytes('MAX_INFLIGHT', known.MAX_INFLIGHT, largestInflight),
    MAX_REPLY: sizeInBytes('MAX_REPLY', known.MAX_REPLY),
    OTEL_EXPORTER_OTLP_HEADERS: headers('OTEL_EXPORTER_OTLP_HEADERS', known.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    PARALLEL_PREPROCESSORS: known.PARALLEL_PREPROCESSORS.toUpperCase() === 'ON',
    TIMELINE_BYTES: sizeInBytes('TIMELINE_BYTES', known.TIMELINE_BYTES, largestInflight),
    TRACKING_BACKLOG: sizeInBytes('TRACKING_BACKLOG', known.TRACKING_BACKLOG),
    TRACKING_MAX_BYTES: sizeInBytes('TRACKING_MAX_BYTES', known.TRACKING_MAX_BYTES, largestInflight),
    TRACKING_MAX_MESSAGE: sizeInBytes('TRACKING_MAX_MESSAGE', known.TRACKING_MAX_MESSAGE),
    TRACKING_ORIGINS: known.TRACKING_ORIGINS?.split(',').map(each => new URL(each.trim()).origin),
    TRUST_PROXY: known.TRUST_PROXY === undefined ? false : addresses('TRUST_PROXY', known.TRUST_PROXY)
  }
  return { configuration, warnings: [...nearMisses(Object.keys(given)), ...checkTracking(configuration), ...checkDiffraction(configuration), ...checkDevices(configuration)] }
}

/**
 * Says in words which values a variable may have, from its schema.
 * @param schema - schema of one variable
 * @returns words that complete "it must be …"
 */
export function allowedValues (schema: TSchema): string {
  if (typeof schema.allowed === 'string') return schema.allowed
  if (Array.isArray(schema.anyOf)) return `one of ${schema.anyOf.map((each: TSchema) => each.const).join(', ')}`
  if (schema.type === 'integer') return `a whole number from ${schema.minimum} to ${schema.maximum}`
  return 'a text that is not empty'
}

function sizeInBytes (name: 'CACHE_BYTES' | 'CACHE_ITEM' | 'DEVICES_MAX_FILE' | 'DEVICES_MAX_MODULE' | 'DEVICES_MAX_STORED' | 'DIFFRACTION_FRAME_CACHE' | 'DIFFRACTION_REDUCED_CACHE' | 'MAX_BODY' | 'MAX_INFLIGHT' | 'MAX_REPLY' | 'TIMELINE_BYTES' | 'TRACKING_BACKLOG' | 'TRACKING_MAX_BYTES' | 'TRACKING_MAX_MESSAGE', text: string, largest = largestSize): number {
  const size = bytes.parse(text)
  if (size === null || size < 1 || size > largest) throw wrongValue(name, text)
  return size
}

/** Reads a program and its arguments. */
function programAndArguments (name: 'DIFFRACTION_INDEXER', text: string): string[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list) && list.length > 0 && list.every((each): each is string => typeof each === 'string' && !each.includes('\0')) && list[0] !== '') return list
  } catch {}
  throw wrongValue(name, text)
}

function addresses (name: 'DEVICES_ADDRESSES' | 'TRUST_PROXY', text: string): string[] {
  const list = text.split(',').map(each => each.trim())
  const isAddress = (each: string) => {
    const [address = '', length] = each.split('/')
    const family = isIP(address)
    return family !== 0 && (length === undefined || (Number(length) >= 1 && Number(length) <= (family === 4 ? 32 : 128)))
  }
  if (!list.every(isAddress)) throw wrongValue(name, text)
  return list
}

/** Refuses what looks like a URL and is none. One with a fragment is a password with a # that is not written as %23. */
function checkAddress (name: 'AUTH_JWKS_URL' | 'DATABASE_URL' | 'DIFFRACTION_REDIS_URL' | 'TRACKING_JWKS_URL' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' | 'REDIS_URL', text: string | undefined): void {
  if (text === undefined) return
  try {
    const { hash, password, username } = new URL(text)
    decodeURIComponent(username + password)
    if (hash !== '') throw new RangeError('A fragment')
  } catch {
    throw wrongValue(name, text)
  }
}

/** Refuses half of a certificate and key, and TLS alone without them. */
function checkKeyPair ({ SSL_CERT, SSL_KEY, SSL_ONLY }: Environment): void {
  if (SSL_CERT !== undefined && SSL_KEY === undefined) throw wrongValue('SSL_KEY', '', 'the path of the private key of SSL_CERT, which is set')
  if (SSL_KEY !== undefined && SSL_CERT === undefined) throw wrongValue('SSL_CERT', '', 'the path of the certificate of SSL_KEY, which is set')
  if (SSL_ONLY === 'on' && SSL_CERT === undefined) throw wrongValue('SSL_ONLY', SSL_ONLY, 'off where SSL_CERT and SSL_KEY are not set')
}

/** Reads headers as OpenTelemetry writes them: `name=value`, separated by commas, values percent-encoded. */
function headers (name: 'OTEL_EXPORTER_OTLP_HEADERS', text: string): Record<string, string> {
  try {
    const entries = text.split(',').filter(each => each.trim() !== '').map(each => {
      const [key = '', ...value] = each.split('=')
      return [key.trim(), decodeURIComponent(value.join('=').trim())] as [string, string]
    })
    // It knows which names and values a header may have; it is large, and loaded when it is first used.
    return entries.length === 0 ? {} : Object.fromEntries(new Headers(entries))
  } catch {
    throw wrongValue(name, text)
  }
}

function asConfigurationError (error: unknown, given: Record<string, string | undefined>): unknown {
  const errors = (error as { errors?: AjvError[] }).errors
  const first = errors?.find(each => each.instancePath !== '')
  if (first === undefined) return error
  const name = first.instancePath.slice(1)
  return isVariable(name) ? wrongValue(name, given[name] ?? '') : error
}

/** What of an environment may be shown: variables that there are, without the values of secrets. */
function withoutSecrets (given: Record<string, string | undefined>): Configuration['given'] {
  return Object.fromEntries(Object.entries<TSchema>(ConfigSchema.properties).flatMap(([name, schema]) => {
    const text = given[name]
    return text === undefined ? [] : [[name, schema.secret === true || text]]
  }))
}

function isVariable (name: string): name is keyof Environment {
  return Object.hasOwn(ConfigSchema.properties, name)
}

/**
 * The error for a variable that cannot be used.
 * @param value - what it is; secrets in it are not shown
 * @param allowed - words that complete "it must be …"; those of the schema where absent
 */
export function wrongValue (name: keyof Environment, value: string, allowed?: string): Error {
  const schema: TSchema = ConfigSchema.properties[name]
  return new ConfigurationError(name, schema.secret === true && value !== '' ? '(not shown)' : showable(value), allowed ?? allowedValues(schema))
}

/** A value for a message that is to be one line: without what stands before an @, which may be a password. */
function showable (value: string): string {
  const line = value.replace(/\p{Cc}/gu, ' ')
  const at = line.lastIndexOf('@')
  const open = at === -1 ? line : `…${line.slice(at)}`
  return open.length > 100 ? `${open.slice(0, 100)}…` : open
}

// One slip of the finger for every six letters: PARALLEL_PREPROCESORS is caught, HOME is not taken for HOST.
function nearMisses (names: string[]): string[] {
  const known = Object.keys(ConfigSchema.properties)
  const warnings: string[] = []
  for (const name of names) {
    if (known.includes(name) || name.length > 64) continue
    const near = known.find(each => distance(each, name.toUpperCase()) <= Math.min(2, Math.floor(each.length / 6)))
    if (near !== undefined) warnings.push(`${name} is not a variable of Tutti and is ignored; did you mean ${near}?`)
  }
  return warnings
}
