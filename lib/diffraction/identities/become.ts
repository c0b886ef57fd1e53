// How a worker process that began as root becomes somebody else, for good.
import { DiffractionError } from '../diffraction-error.ts'
import type { Credentials } from './credentials.ts'

/**
 * Becomes somebody. The order matters: without root nobody may change groups, so these go first; and root's own groups, which a process inherits, would open what is for them
 * alone. `initgroups` is left alone on purpose: somebody who asks for one ESAF sees the files of that one, not those of all others that the account belongs to.
 * All of this is for the whole process, threads included, and must be over before any code that reads files or parses them is loaded.
 * @throws DiffractionError UNAVAILABLE where it did not work: then the process must end
 */
export function become ({ gid, home, uid }: Credentials): void {
  const { geteuid, getegid, getgid, getgroups, getuid, setgid, setgroups, setuid } = process
  const fail = (): never => { throw new DiffractionError('UNAVAILABLE', 'The worker process could not take on the user and group that files are to be read as. The server must run as root.') }
  if (!setgroups || !setgid || !setuid || !getuid || !geteuid || !getgid || !getegid || !getgroups) return fail()
  try {
    setgroups([])
    setgid(gid)
    setuid(uid)
  } catch {
    fail()
  }
  const isThere = getuid() === uid && geteuid() === uid && getgid() === gid && getegid() === gid && getgroups().every(each => each === gid)
  // Who could go back has not gone.
  if (!isThere || uid === 0 || gid === 0 || mayCall(() => setuid(0)) || mayCall(() => setgid(0)) || mayCall(() => setgroups([0]))) fail()
  process.umask(0o077)
  try {
    process.chdir(home)
  } catch {
    process.chdir('/')
  }
}

function mayCall (call: () => void): boolean {
  try {
    call()
    return true
  } catch {
    return false
  }
}
