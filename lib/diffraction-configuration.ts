// What must hold among the variables of the module `diffraction` for it to show frames, and to show them only to those who may see them.
import type { Environment } from '../schemas/config.ts'
import { ConfigurationError } from './errors.ts'

/** Variables of a configuration that are looked at. */
type Variables = { MODULES: readonly string[], DIFFRACTION_ROOT: readonly string[], DIFFRACTION_ZMQ: ReadonlyArray<{ readonly how: string }> } &
  Pick<Environment, 'DIFFRACTION_IDENTITY' | 'DIFFRACTION_PUBLIC_KEY' | 'DIFFRACTION_REDIS_URL' | 'DIFFRACTION_SESSIONS' | 'REDIS_URL' | 'WORKERS'>

/**
 * Checks the variables of `diffraction` against each other.
 * @returns what to warn of
 * @throws ConfigurationError where the server must not start so
 */
export function checkDiffraction ({ MODULES, DIFFRACTION_IDENTITY, DIFFRACTION_PUBLIC_KEY, DIFFRACTION_REDIS_URL, DIFFRACTION_ROOT, DIFFRACTION_SESSIONS, DIFFRACTION_ZMQ, REDIS_URL, WORKERS }: Variables): string[] {
  if (!MODULES.includes('diffraction')) return []
  if (DIFFRACTION_ROOT.length === 0) throw new ConfigurationError('DIFFRACTION_ROOT', '', 'the folders that frames may be in, where MODULES names diffraction')
  if (DIFFRACTION_SESSIONS !== undefined && DIFFRACTION_REDIS_URL !== undefined) throw new ConfigurationError('DIFFRACTION_SESSIONS', DIFFRACTION_SESSIONS, 'left out where DIFFRACTION_REDIS_URL is set')
  if (DIFFRACTION_SESSIONS === undefined && (DIFFRACTION_REDIS_URL ?? REDIS_URL) === undefined) {
    throw new ConfigurationError('DIFFRACTION_REDIS_URL', '', 'the address of the Redis that has the sessions (or DIFFRACTION_SESSIONS the path of a file with them)')
  }
  if (DIFFRACTION_SESSIONS === undefined && DIFFRACTION_PUBLIC_KEY === undefined) {
    throw new ConfigurationError('DIFFRACTION_PUBLIC_KEY', '', 'the path of the key that the signatures of sessions in Redis are checked with')
  }
  if (DIFFRACTION_IDENTITY === 'user' && process.getuid?.() !== 0) {
    throw new ConfigurationError('DIFFRACTION_IDENTITY', DIFFRACTION_IDENTITY, 'single where the server does not run as root: only root may start processes of other users')
  }
  if (WORKERS > 1 && DIFFRACTION_ZMQ.some(({ how }) => how === 'bind')) {
    throw new ConfigurationError('WORKERS', String(WORKERS), '1 where DIFFRACTION_ZMQ has bind:, because only one process can listen there; or connect them to a proxy (npm run diffraction:proxy)')
  }
  // Only the operator can know whether there is anything that root alone may read.
  return DIFFRACTION_IDENTITY === 'single' && process.getuid?.() === 0
    ? ['FRAMES ARE READ AS ROOT, because the server runs as root and DIFFRACTION_IDENTITY is single: whatever is in DIFFRACTION_ROOT can be seen by every session. Run the server as somebody else, or set DIFFRACTION_IDENTITY=user']
    : []
}
