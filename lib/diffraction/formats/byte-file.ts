// An open file that readers take bytes from: piece by piece, never more than they ask for.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { DiffractionError } from '../diffraction-error.ts'

/** A regular file, open for reading. */
export interface ByteFile {
  /** Name without its folder. */
  readonly name: string
  /** Bytes in it when it was opened. */
  readonly size: number
  /**
   * Reads bytes.
   * @throws DiffractionError FILE_BROKEN where the file does not have them
   */
  read (offset: number, length: number): Buffer
  /**
   * Fills memory with the bytes from an offset on.
   * @throws DiffractionError FILE_BROKEN where the file does not have them
   */
  fill (target: Uint8Array, offset: number): void
  close (): void
}

/**
 * Opens a file.
 * @throws DiffractionError FILE_MISSING where there is none, it may not be read, or it is a folder, a pipe or a device; BUSY where too many are open
 */
export function openBytes (file: string): ByteFile {
  let descriptor: number
  try {
    // Opening a pipe must not wait for whoever writes to it.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    throw refusal(error)
  }
  const stats = fstatSync(descriptor)
  if (!stats.isFile()) {
    closeSync(descriptor)
    throw missing()
  }
  const { size } = stats
  let isOpen = true
  const fill = (target: Uint8Array, offset: number) => {
    if (offset < 0 || offset + target.length > size) throw tooShort()
    for (let done = 0; done < target.length;) {
      const got = readSome(descriptor, target, done, offset + done)
      if (got === 0) throw tooShort()
      done += got
    }
  }
  return {
    name: path.basename(file),
    size,
    fill,
    read (offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw tooShort()
      const bytes = Buffer.allocUnsafe(length)
      fill(bytes, offset)
      return bytes
    },
    close () {
      if (isOpen) closeSync(descriptor)
      isOpen = false
    }
  }
}

function readSome (descriptor: number, target: Uint8Array, done: number, position: number): number {
  try {
    return readSync(descriptor, target, done, target.length - done, position)
  } catch (error) {
    throw new DiffractionError('FILE_BROKEN', `The file cannot be read to its end (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`)
  }
}

/** What a failure to open means to whoever asked. */
function refusal (error: unknown): DiffractionError {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EMFILE' || code === 'ENFILE') return new DiffractionError('BUSY', 'Too many files are open. Try again in a moment.')
  return missing()
}

function missing (): DiffractionError {
  return new DiffractionError('FILE_MISSING', 'There is no such file, or it may not be read.')
}

function tooShort (): DiffractionError {
  return new DiffractionError('FILE_BROKEN', 'The file ends before the pixels that it announces. It may still be being written, or was cut off on its way.')
}
