// Says what is wrong with the disk of DATA_DIR, and what the operator can do, from the code of a failed system call.
import { codeOf } from '../../error-code.ts'

const owner = 'DATA_DIR may not be written to: give the user that Tutti runs as the right to, or set it to a folder where it may'
const full = 'the disk of DATA_DIR is full: free space there, or set DATA_DIR to a larger disk'
const noFolder = 'something in DATA_DIR that should be a folder is none: move it away'

const known: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', full],
  ['EDQUOT', 'the quota on the disk of DATA_DIR is used up: free space there, or raise it'],
  ['EFBIG', 'a file in DATA_DIR may not become any larger: raise the limit of file sizes (ulimit -f) of the process, or of the disk'],
  ['EROFS', 'the disk of DATA_DIR can only be read: mount it so that it can be written to, or set DATA_DIR to another folder'],
  ['EACCES', owner],
  ['EPERM', owner],
  ['ENOTDIR', noFolder],
  ['EEXIST', noFolder],
  ['ELOOP', 'something in DATA_DIR is a link that should be none: remove it; links are not followed'],
  ['EMFILE', 'the process has too many files open: raise the limit of open files (ulimit -n)'],
  ['EIO', 'the disk of DATA_DIR is broken: look at the log of the kernel, and replace the disk'],
  ['TUTTI_TRACKING_FOLDER', 'another process uses the folder of tracked objects in DATA_DIR: give each its own'],
  ['EAGAIN', 'the disk of DATA_DIR is too slow for all that is to be kept: set DATA_DIR to a faster one']
])

/** What is wrong where a call of `node:fs` does not come back. */
export const hanging = 'the disk of DATA_DIR does not answer: look at the disk, or at the server that it is mounted from'

/** What is wrong, and what can be done, for what a call of `node:fs` threw. No path, no name. */
export function explainDisk (error: unknown): string {
  const code = codeOf(error)
  if (code === 'ETIMEDOUT') return hanging
  return known.get(code) ?? `DATA_DIR cannot be used (${code}): look at the log of the server, and at the folder and its disk`
}
