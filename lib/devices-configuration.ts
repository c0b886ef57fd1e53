// What must hold among the variables of the module `devices` for it to be as closed as its operator believes.
import { listensOnLoopbackOnly } from './operator.ts'
import type { Environment } from '../schemas/config.ts'
import { ConfigurationError } from './errors.ts'

/** Variables of a configuration that are looked at. */
type Variables = { MODULES: readonly string[] } & Pick<Environment, 'DATABASE_URL' | 'DEVICES_OPEN' | 'HOST' | 'WORKERS'>

/**
 * Checks the variables of `devices` against each other.
 * @returns what to warn of
 * @throws ConfigurationError where the server must not start so
 */
export function checkDevices ({ MODULES, DATABASE_URL, DEVICES_OPEN, HOST, WORKERS }: Variables): string[] {
  if (!MODULES.includes('devices')) return []
  if (WORKERS > 1 && DATABASE_URL === undefined) {
    throw new ConfigurationError('WORKERS', String(WORKERS), '1 where MODULES names devices, unless DATABASE_URL is set: one process alone may look after devices')
  }
  return DEVICES_OPEN === 'true' && !listensOnLoopbackOnly([HOST === 'localhost' ? '127.0.0.1' : HOST])
    ? ['ANYBODY MAY DEPLOY CODE TO DEVICES AND READ WHAT THEY LOG, because DEVICES_OPEN is true and the server does not listen on this machine alone. Leave it out, and give devices enrolment tokens, once none of the old programs is needed any more']
    : []
}
