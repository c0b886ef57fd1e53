// What devices say of themselves, read: JSON of bounded size and depth, checked before anything is made of it.
import { isUtf8 } from 'node:buffer'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { compileCheck } from '../json/checks.ts'
import { skipSpace, skipValue } from '../json/grammar.ts'
import type { DeviceDescription, HealthReport } from './device.ts'
import { DevicesError } from './devices-error.ts'
import { isId } from './id.ts'
import type { Id } from './id.ts'

const OrNull = <Kind extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.String>>(kind: Kind) => Type.Union([kind, Type.Null()])

/** Deployments that a device holds. What else stands there is left out. */
const deployments = Type.Optional(Type.Array(Type.Unknown(), { maxItems: 10_000 }))

/** The document under /.well-known/wasmiot-device-description. */
export const DescriptionReply = Type.Object({
  platform: Type.Object({
    memory: Type.Optional(Type.Object({ bytes: OrNull(Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) })),
    cpu: Type.Optional(Type.Object({
      humanReadableName: OrNull(Type.String({ maxLength: 256 })),
      clockSpeed: Type.Optional(Type.Object({ Hz: OrNull(Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) }))
    }))
  }),
  supervisorInterfaces: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 4096 }),
  deployments
})

/** The answer to a probe. Figures that are none count as not told: some devices cannot measure themselves. */
export const HealthReply = Type.Object({ cpuUsage: Type.Optional(Type.Unknown()), memoryUsage: Type.Optional(Type.Unknown()), deployments })

const checkDescription = compileCheck(DescriptionReply)
const checkHealth = compileCheck(HealthReply)

/** Most deployments that a device is believed to hold. */
const mostDeployments = 10_000

/**
 * Reads a JSON text. Members called `__proto__` are left out.
 * @throws DevicesError DEVICE_FAILED where it is none, or nested too deeply
 */
export function readJson (bytes: Buffer): unknown {
  if (!isUtf8(bytes) || !endsAt(bytes, skipValue(bytes, skipSpace(bytes, 0), 0))) throw new DevicesError('DEVICE_FAILED', 'The device answered what is no JSON.')
  return JSON.parse(bytes.toString(), (name, value: unknown) => name === '__proto__' ? undefined : value)
}

/** Reads a description. Members beyond those that are known stay. @throws DevicesError DEVICE_FAILED */
export function readDescription (bytes: Buffer): DeviceDescription {
  if (!isUtf8(bytes) || !endsAt(bytes, checkDescription(bytes, skipSpace(bytes, 0), 0))) {
    throw new DevicesError('DEVICE_FAILED', 'The device describes itself in another way than it must: an object of `platform` and `supervisorInterfaces`.')
  }
  return readJson(bytes) as Static<typeof DescriptionReply>
}

/** Reads the answer to a probe. @throws DevicesError DEVICE_FAILED */
export function readHealth (bytes: Buffer): { report: HealthReport, deployments: readonly Id[] | undefined } {
  if (!isUtf8(bytes) || !endsAt(bytes, checkHealth(bytes, skipSpace(bytes, 0), 0))) throw new DevicesError('DEVICE_FAILED', 'The device tells its health in another way than it must: as a JSON object.')
  const { cpuUsage, memoryUsage, deployments: held } = readJson(bytes) as Static<typeof HealthReply>
  return {
    report: { cpuUsage: figure(cpuUsage, 100), memoryUsage: figure(memoryUsage, 1) },
    deployments: held === undefined ? undefined : [...new Set(held.filter((each): each is Id => typeof each === 'string' && isId(each)))].slice(0, mostDeployments)
  }
}

function figure (value: unknown, most: number): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.min(value, most) : undefined
}

function endsAt (bytes: Buffer, end: number): boolean {
  return end !== -1 && skipSpace(bytes, end) === bytes.length
}
