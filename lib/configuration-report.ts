// What a server runs with, for its operators: every variable with its effective value. Secrets are not among what it is made of.
import type { TSchema } from '@sinclair/typebox'
import { ConfigSchema } from '../schemas/config.ts'
import type { ConfigurationReport } from '../schemas/configuration-report.ts'
import { devicesVariables } from '../schemas/devices/config.ts'
import { diffractionVariables } from '../schemas/diffraction/config.ts'
import { trackingVariables } from '../schemas/tracking/config.ts'
import { allowedValues } from './configuration.ts'
import type { Configuration } from './configuration.ts'

type VariableReport = ConfigurationReport['variables'][number]

/** Variables that only the module `graphics` reads. */
const ofGraphics = new Set([
  'DISCOVERY', 'SERVICES_FILE', 'DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_TIMEOUT', 'RECONCILE_INTERVAL', 'SWARM_INTERVAL', 'OWN_CONTAINER', 'DISCOVERY_NETWORKS', 'HOSTNAME',
  'MAX_REPLY', 'PARALLEL_PREPROCESSORS', 'PARALLEL_LIMIT', 'SERVICE_LIMIT', 'PREPROCESSOR_TIMEOUT', 'HANDLER_TIMEOUT', 'RETRY_BUDGET', 'SET_ASIDE_AFTER', 'SET_ASIDE_TIME', 'REQUEST_TIMEOUT', 'RATE_LIMIT', 'RECENT_REQUESTS',
  'STORE_IMAGE_DATA', 'STORAGE_DIR', 'STORAGE_QUEUE', 'CACHE_TIMEOUT', 'CACHE_BYTES', 'CACHE_ITEM', 'CACHE_OVERRIDE', 'MEMCACHIER_SERVERS', 'MEMCACHE_SERVERS'
])

/** Every variable of the server and of the modules in use, in the order of docs/configuration.md. */
export function reportVariables ({ MODULES, given }: Pick<Configuration, 'MODULES' | 'given'>): VariableReport[] {
  return Object.entries<TSchema>(ConfigSchema.properties)
    .map(([name, schema]) => reportVariable(name, schema, given[name]))
    .filter(({ module }) => module === 'server' || MODULES.includes(module))
}

function reportVariable (name: string, schema: TSchema, given: string | true | undefined): VariableReport {
  const preset: unknown = schema.default
  const value = given ?? (preset === undefined ? undefined : String(preset))
  const isSecret = schema.secret === true
  return {
    name,
    module: moduleOf(name),
    description: schema.description ?? '',
    allowed: allowedValues(schema),
    ...typeof schema.unit === 'string' ? { unit: schema.unit } : {},
    ...preset === undefined ? {} : { default: String(preset) },
    ...isSecret || typeof value !== 'string' ? {} : { value: withoutCredentials(value) },
    isSet: given !== undefined,
    isSecret
  }
}

function moduleOf (name: string): VariableReport['module'] {
  if (ofGraphics.has(name)) return 'graphics'
  if (Object.hasOwn(trackingVariables, name)) return 'tracking'
  if (Object.hasOwn(diffractionVariables, name)) return 'diffraction'
  return Object.hasOwn(devicesVariables, name) ? 'devices' : 'server'
}

/** Addresses without what stands before an @ or after a ?, which may be a password or a key although none belongs there. */
function withoutCredentials (value: string): string {
  return value.includes('://') ? value.replaceAll(/:\/\/[^/,]*@/g, '://…@').replaceAll(/\?[^,]*/g, '?…') : value
}
