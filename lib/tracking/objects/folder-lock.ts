// Holds a folder for one process at a time. The lock needs nobody to remove it: it is void once the process that took it has ended, in whatever way.
import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Says who holds a folder: number of the process, when it began, and a text of its own. */
const fileName = 'lock'

/**
 * Takes a folder. This process may take it again, which ends the earlier hold. Processes that cannot see each other, such as those of two containers,
 * do not notice each other.
 * @param folder - must be there
 * @returns gives it back; never throws. Undefined where another process that is alive holds it
 * @throws what `node:fs` throws
 */
export async function takeFolder (folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = path.join(folder, fileName)
  const claim = `${process.pid} ${await beginOf(process.pid) ?? ''} ${randomUUID()}`
  const holder = await readClaim(file)
  const [pid = '', begin = ''] = holder?.split(' ') ?? []
  if (/^[1-9]\d{0,9}$/.test(pid) && Number(pid) !== process.pid && await beginOf(Number(pid)) === begin) return undefined
  // What is left of a process that has ended.
  if (holder !== undefined) await rm(file, { force: true })
  try {
    await writeFile(file, claim, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    // Another process was faster just now.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined
    throw error
  }
  return async () => {
    if (await readClaim(file).catch(() => undefined) === claim) await rm(file, { force: true }).catch(() => {})
  }
}

async function readClaim (file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * When a process began, in ticks since the machine started: numbers of processes are used again, also by the next life of a container. Empty where the system
 * does not say (it has no /proc); undefined where there is no such process, or only what is left of it until its parent looks.
 */
async function beginOf (pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return isThere(pid) ? '' : undefined
  try {
    // proc_pid_stat(5): the name, in parentheses, may have any characters; fields after it are the third (state) to the 22nd (starttime) and more.
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function isThere (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
