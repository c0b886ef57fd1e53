// Files that stand in for what services would answer, for demonstrations and for tests: one file a key, with the JSON text of `{name, data}`.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

/** Looks for the file of a key. Never rejects. */
export interface Override {
  /** The bytes of the file, undefined where there is none that can be used. */
  (key: string): Promise<Buffer | undefined>
}

/** Where the files are. */
export interface OverrideOptions {
  folder: string
  /** Bytes of a file at most. */
  largestFile?: number
  /** Is told of a file that is there and cannot be used, in words that name key and cause; must not throw. */
  onError?: (cause: string) => void
}

/** Makes the function that looks for files; it looks each time, so files may come and go. */
export function createOverride ({ folder, largestFile = 32 * 1024 * 1024, onError = () => {} }: OverrideOptions): Override {
  return async key => {
    // Whatever else it may be, it shall not name a file elsewhere.
    if (!/^[0-9a-f]{40}$/.test(key)) return undefined
    let file: FileHandle | undefined
    try {
      // Without O_NONBLOCK, a pipe would hold a thread until somebody writes to it.
      file = await open(path.join(folder, key), constants.O_RDONLY | constants.O_NONBLOCK)
      const stat = await file.stat()
      if (!stat.isFile()) throw new Error('it is no regular file')
      if (stat.size > largestFile) throw new Error(`it is larger than ${largestFile} bytes`)
      return await readAtMost(file, stat.size)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') onError(`The file ${key} of CACHE_OVERRIDE cannot be used: ${code ?? message}`)
      return undefined
    } finally {
      await file?.close().catch(() => {})
    }
  }
}

/** The first bytes of a file, however fast it grows. */
async function readAtMost (file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
