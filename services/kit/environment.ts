// The environment of a service: what every service reads, and how a service reads variables of its own.
import bytes from 'bytes'
import { envSchema } from 'env-schema'
import { Type } from '@sinclair/typebox'
import type { Static, TObject } from '@sinclair/typebox'

/** The variables that every service reads. */
export const ServiceEnvironment = Type.Object({
  HOST: Type.String({ description: 'Address to listen on; containers set 0.0.0.0.', default: '127.0.0.1', minLength: 1 }),
  PORT: Type.Integer({ description: 'TCP port; 0 takes any free port.', minimum: 0, maximum: 65535, default: 80 }),
  LOG_LEVEL: Type.Union(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map(level => Type.Literal(level)), {
    description: 'Least severe log lines that are written.', default: 'info'
  }),
  MAX_BODY: Type.String({
    description: 'Largest request body: a number of bytes, or a number with kb, mb or gb (powers of 1024).', pattern: '^[0-9]{1,12}(\\.[0-9]{1,3})? ?([kKmMgG]?[bB])?$', default: '50mb'
  })
})

/** What `serve` needs to know. */
export interface ServiceSettings {
  /** Address to listen on. */
  host: string
  /** TCP port, 0 for any. */
  port: number
  /** Least severe log level. */
  logLevel: string
  /** Largest request body in bytes. */
  bodyLimit: number
}

/** Reads variables by a schema: numbers become numbers, defaults are filled in. Throws an Error that names the variable when a value does not fit. */
export function readEnvironment<T extends TObject> (schema: T, environment: NodeJS.ProcessEnv = process.env): Static<T> {
  return envSchema<Static<T>>({ schema, data: environment, env: false, dotenv: false })
}

/** Reads what every service reads. Throws an Error that names the variable when a value does not fit. */
export function readServiceSettings (environment: NodeJS.ProcessEnv = process.env): ServiceSettings {
  const { HOST, PORT, LOG_LEVEL, MAX_BODY } = readEnvironment(ServiceEnvironment, environment)
  const bodyLimit = bytes.parse(MAX_BODY)
  if (bodyLimit === null || bodyLimit < 1) throw new Error(`MAX_BODY=${MAX_BODY} is not a size of at least one byte, such as 50mb`)
  return { host: HOST, port: PORT, logLevel: LOG_LEVEL, bodyLimit }
}
