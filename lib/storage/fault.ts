// Says what is wrong with a disk, and what the operator can do, from the code of a failed system call.
import { codeOf } from '../error-code.ts'

/** What keeps requests from being stored, or from being removed again. */
export interface StorageFault {
  /** What is wrong. No path, no name. */
  cause: string
  /** What the operator can do. */
  cure: string
}

const owner = 'Give the user that Tutti runs as the right to write to STORAGE_DIR, or set STORAGE_DIR to a folder where it may.'
const space = 'Free space there, or set STORAGE_DIR to a larger disk.'

const noFolder: StorageFault = {
  cause: 'something in STORAGE_DIR that should be a folder is none',
  cure: 'Set STORAGE_DIR to a folder, and remove from it what is not a folder but has the name of a request.'
}

const known: ReadonlyMap<string, StorageFault> = new Map([
  ['ENOSPC', { cause: 'the disk of STORAGE_DIR is full', cure: space }],
  ['EDQUOT', { cause: 'the quota on the disk of STORAGE_DIR is used up', cure: space }],
  ['EFBIG', { cause: 'a file in STORAGE_DIR may not become as large as a request', cure: 'Raise the limit of file sizes (ulimit -f) of the process, or of the disk.' }],
  ['EROFS', { cause: 'the disk of STORAGE_DIR can only be read', cure: 'Mount it so that it can be written to, or set STORAGE_DIR to another folder.' }],
  ['EACCES', { cause: 'STORAGE_DIR may not be written to', cure: owner }],
  ['EPERM', { cause: 'STORAGE_DIR may not be written to', cure: owner }],
  ['ENOTDIR', noFolder],
  ['EEXIST', noFolder],
  ['ELOOP', { cause: 'something in STORAGE_DIR that should be a folder is a link', cure: 'Remove links from STORAGE_DIR; they are never followed.' }],
  ['EMFILE', { cause: 'the process has too many files open', cure: 'Raise the limit of open files (ulimit -n).' }],
  ['EIO', { cause: 'the disk of STORAGE_DIR is broken', cure: 'Look at the log of the kernel, and replace the disk.' }]
])

/** What is wrong where a call of `node:fs` does not come back. */
export const hanging: StorageFault = {
  cause: 'the disk of STORAGE_DIR does not answer',
  cure: 'Look at the disk, or at the server that it is mounted from; requests are let go until it answers.'
}

/** Milliseconds after which a disk is said to hang; shorter than the farewell of whatever waits for it, which has to know by then. */
export const patience = 4000

/** The cause and the cure of what a call of `node:fs` threw. */
export function explainFault (error: unknown): StorageFault {
  const code = codeOf(error)
  return known.get(code) ?? { cause: `STORAGE_DIR cannot be used (${code})`, cure: 'Look at the log of the server, and at the folder and its disk.' }
}
