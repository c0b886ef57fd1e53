// Accounts of the machine, as `getent passwd` lists them: files, LDAP, whatever the machine is set up for.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { DiffractionError } from '../diffraction-error.ts'

/** An account. */
export interface Account {
  readonly uid: number
  /** Its first group. */
  readonly gid: number
  /** Its folder. */
  readonly home: string
}

/** Finds accounts. */
export interface Accounts {
  /** The account of that name; undefined where there is none. @throws DiffractionError UNAVAILABLE where nobody can say */
  find (name: string): Promise<Account | undefined>
}

/** What accounts are found with. */
export interface AccountsOptions {
  /** Gives the line of an account as in /etc/passwd, undefined where there is none. */
  readonly look?: (name: string) => Promise<string | undefined>
  /** Milliseconds that an account is taken as known. */
  readonly lifetime?: number
}

/** Accounts that are remembered at one time. */
const most = 1000

/** Finds accounts, and remembers them, and those that are not there, for a while. */
export function createAccounts ({ lifetime = 60_000, look = askSystem }: AccountsOptions = {}): Accounts {
  const known = new LRUCache<string, Promise<Account | undefined>>({ max: most, ttl: lifetime })
  const find = async (name: string): Promise<Account | undefined> => {
    try {
      const line = await look(name)
      return line === undefined ? undefined : accountIn(line, name)
    } catch (error) {
      known.delete(name)
      throw new DiffractionError('UNAVAILABLE', 'Accounts of the machine cannot be looked up. Try again later.', undefined)
    }
  }
  return {
    async find (name) {
      const finding = known.get(name) ?? find(name)
      if (!known.has(name)) known.set(name, finding)
      return await finding
    }
  }
}

/** Reads a line of /etc/passwd: name, password, uid, gid, comment, folder, shell. */
function accountIn (line: string, name: string): Account | undefined {
  const [owner, , uid = '', gid = '', , home = ''] = line.trim().split(':')
  const isNumber = (text: string) => /^\d{1,10}$/.test(text)
  if (owner !== name || !isNumber(uid) || !isNumber(gid)) return undefined
  return { uid: Number(uid), gid: Number(gid), home: home.startsWith('/') ? home : '/' }
}

async function askSystem (name: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('getent', ['passwd', name], { timeout: 5000, maxBuffer: 65536 })
    return stdout.split('\n')[0]
  } catch (error) {
    // 2: there is none of that name.
    if (error instanceof Error && 'code' in error && error.code === 2) return undefined
    throw error
  }
}
