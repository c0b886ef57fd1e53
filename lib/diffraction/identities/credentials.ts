// As whom files are read for somebody: the uid of the user, the gid and the folder of the ESAF's own account.
import { DiffractionError } from '../diffraction-error.ts'
import type { Identity } from '../session.ts'
import type { Account, Accounts } from './accounts.ts'

/** User, group and folder of a process. It has no further groups. */
export type Credentials = Account

/** ESAFs up to this one have no account: those of the user are taken. */
const lastWithoutAccount = 40_000

const userName = /^[a-z_][a-z0-9_-]{0,63}$/i

/**
 * Checks who it is. The names go into paths and to `getent`, so they are what they must be.
 * @throws DiffractionError NOT_AUTHORIZED
 */
export function checkIdentity ({ esaf, user }: Identity): void {
  if (!userName.test(user)) throw new DiffractionError('NOT_AUTHORIZED', 'Files are read for users whose names are letters, digits, - and _ alone.')
  if (!Number.isSafeInteger(esaf) || esaf <= 0) throw new DiffractionError('NOT_AUTHORIZED', 'Files are read for an ESAF: esaf must be a whole number above 0.')
}

/**
 * Finds out as whom files are read.
 * @throws DiffractionError NOT_AUTHORIZED where it is nobody, or root; UNAVAILABLE
 */
export async function credentialsOf (identity: Identity, accounts: Accounts): Promise<Credentials> {
  checkIdentity(identity)
  const { esaf, user } = identity
  const own = await accounts.find(user)
  if (own === undefined) throw new DiffractionError('NOT_AUTHORIZED', 'The user has no account on this machine.')
  const group = esaf <= lastWithoutAccount ? own : await accounts.find(`e${esaf}`)
  if (group === undefined) throw new DiffractionError('NOT_AUTHORIZED', `ESAF ${esaf} has no account on this machine.`)
  // Nobody's files are read as root, whatever the accounts say.
  if (own.uid === 0 || group.gid === 0) throw new DiffractionError('NOT_AUTHORIZED', 'Files are not read as root.')
  return { uid: own.uid, gid: group.gid, home: group.home }
}

/** Folders that files may be in, for somebody. */
export function rootsOf (roots: readonly string[], { esaf, user }: Identity): string[] {
  return roots.map(root => root.replaceAll('{esaf}', String(esaf)).replaceAll('{user}', () => user))
}
