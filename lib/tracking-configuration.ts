// What must hold among the variables of the module `tracking` for it to be as closed, and as whole, as its operator believes.
import type { Environment } from '../schemas/config.ts'
import { ConfigurationError } from './errors.ts'

/** Variables of a configuration that are looked at. */
type Variables = { MODULES: readonly string[] } &
  Pick<Environment, 'AUDIENCE' | 'CLIENT_ROLE' | 'PROCESSOR_ROLE' | 'PUBLIC_KEY' | 'REDIS_URL' | 'TRACKING_JWKS_URL' | 'TRACKING_PROTECT_HTTP' | 'TRACKING_STRICT' | 'WORKERS'>

/**
 * Checks the variables of `tracking` against each other.
 * @returns what to warn of
 * @throws ConfigurationError where the server must not start so
 */
export function checkTracking (configuration: Variables): string[] {
  const { MODULES, REDIS_URL, WORKERS } = configuration
  if (!MODULES.includes('tracking')) return []
  if (WORKERS > 1 && REDIS_URL === undefined) {
    throw new ConfigurationError('WORKERS', String(WORKERS), '1 where MODULES names tracking, unless REDIS_URL is set: without it the processes would know nothing of each other\'s clients and processors')
  }
  return openSides(configuration)
}

/** What is open although somebody meant to close something. @throws ConfigurationError where TRACKING_STRICT is on */
function openSides ({ AUDIENCE, CLIENT_ROLE, PROCESSOR_ROLE, PUBLIC_KEY, TRACKING_JWKS_URL, TRACKING_PROTECT_HTTP, TRACKING_STRICT }: Variables): string[] {
  if (PUBLIC_KEY !== undefined && TRACKING_JWKS_URL !== undefined) throw new ConfigurationError('TRACKING_JWKS_URL', TRACKING_JWKS_URL, 'left out where PUBLIC_KEY is set')
  const key = PUBLIC_KEY ?? TRACKING_JWKS_URL
  const wanted = [
    { name: 'PUBLIC_KEY', told: 'PUBLIC_KEY or TRACKING_JWKS_URL', value: key, allowed: 'the key that tokens are signed with (or TRACKING_JWKS_URL its address)' },
    { name: 'AUDIENCE', told: 'AUDIENCE', value: AUDIENCE, allowed: 'the audience of the tokens' },
    { name: 'CLIENT_ROLE', told: 'CLIENT_ROLE', value: CLIENT_ROLE, allowed: 'the role of clients' },
    { name: 'PROCESSOR_ROLE', told: 'PROCESSOR_ROLE', value: PROCESSOR_ROLE, allowed: 'the role of processors' }
  ]
  const missing = wanted.filter(({ value }) => value === undefined)
  const [first] = missing
  const warnings: string[] = []
  if (first !== undefined && missing.length < wanted.length) {
    if (TRACKING_STRICT === 'on') throw new ConfigurationError(first.name, '', `${first.allowed}, since TRACKING_STRICT is on and other variables about tokens are set`)
    const isChecked = key !== undefined && AUDIENCE !== undefined
    const open = [...isChecked && CLIENT_ROLE !== undefined ? [] : ['/client'], ...isChecked && PROCESSOR_ROLE !== undefined ? [] : ['/processor']]
    warnings.push(`ANYBODY MAY CONNECT TO ${open.join(' AND ')}, although some variables about tokens are set: set ${missing.map(({ told }) => told).join(', ')} too. TRACKING_STRICT=on does not start like this`)
  }
  if (TRACKING_PROTECT_HTTP === 'on' && (key === undefined || AUDIENCE === undefined || CLIENT_ROLE === undefined)) {
    warnings.push('ANYBODY MAY READ /timelines AND /objectIds, although TRACKING_PROTECT_HTTP is on: it asks for a token only where /client does')
  }
  return warnings
}
