// Files that clients send with an execution: on disk until it has ended, and not a moment longer.
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DevicePart } from '../device-client.ts'
import { DevicesError } from '../devices-error.ts'
import { codeOf } from '../../error-code.ts'
import { isProcessAlive } from './runner.ts'

/** A file as it comes. */
export interface InputFile {
  /** Name of the mount that it is for. */
  readonly name: string
  readonly mediaType: string
  readonly stream: Readable
}

/** Files of one execution. */
export interface SpooledInputs {
  /** One a name: a later one takes the place of an earlier one. */
  readonly files: readonly DevicePart[]
  /** Writes a file to disk. @throws DevicesError TOO_LARGE, UNAVAILABLE; what the stream or the signal throws */
  add (file: InputFile, signal?: AbortSignal): Promise<void>
  /** Removes them all. It never throws: what is left over goes at the next start. */
  remove (): Promise<void>
}

/** Where inputs are kept. */
export interface Inputs {
  /** Begins with no file, and nothing on disk. */
  begin (): SpooledInputs
}

/** How inputs are kept. */
export interface InputsOptions {
  /** A folder of their own; it is made. */
  readonly folder: string
  /** Most bytes of one file. */
  readonly maxFile: number
  /** Most files of one execution. */
  readonly mostFiles?: number
}

/** Time after which what a process of another machine has left is removed, in milliseconds. */
const forgotten = 2 * 24 * 3600_000

/** Longest name of a file. */
const longestName = 255

/** Opens the folder of inputs, and removes what processes that are gone have left. @throws DevicesError UNAVAILABLE */
export async function openInputs ({ folder, maxFile, mostFiles = 32 }: InputsOptions): Promise<Inputs> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await removeLeft(folder)
  } catch (error) {
    throw unavailable(error)
  }

  return {
    begin () {
      // Its name says whose it is; names that clients give are never paths.
      const own = path.join(folder, `${hostname()}.${process.pid}.${randomBytes(12).toString('hex')}`)
      const files: DevicePart[] = []
      let count = 0
      let isRemoved = false
      return {
        files,

        async add ({ name, mediaType, stream }, signal) {
          try {
            if (isRemoved) throw new DevicesError('CANCELLED', 'The execution has ended already.')
            if (count >= mostFiles) throw new DevicesError('TOO_LARGE', `An execution takes ${mostFiles} files at most.`)
            if (name === '' || name.length > longestName) throw new DevicesError('REQUEST', `A file needs the name of its mount, of ${longestName} characters at most.`)
            const file = path.join(own, String(count++))
            let size = 0
            await mkdir(own, { recursive: true, mode: 0o700 })
            await pipeline(stream, new Transform({
              transform (chunk: Buffer, _encoding, callback) {
                size += chunk.length
                if (size > maxFile) callback(tooLarge(name, maxFile))
                else callback(null, chunk)
              }
            }), createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal })
            // Parsers of forms end a part that is longer than they allow as if it were whole.
            if ('truncated' in stream && stream.truncated === true) throw tooLarge(name, maxFile)
            const before = files.findIndex(each => each.name === name)
            // The name of the mount stands for that of the file, as in the reference: devices are not told what clients call their files.
            files.splice(before === -1 ? files.length : before, 1, { name, filename: name, mediaType, size, open: () => createReadStream(file) })
          } catch (error) {
            stream.resume()
            if (error instanceof DevicesError || (error as NodeJS.ErrnoException).syscall === undefined) throw error
            throw unavailable(error)
          }
        },

        async remove () {
          isRemoved = true
          await rm(own, { recursive: true, force: true }).catch(() => {})
        }
      }
    }
  }
}

function tooLarge (name: string, most: number): DevicesError {
  return new DevicesError('TOO_LARGE', `The file ${name} has more than ${most} bytes. Send a smaller one, or have the operator raise DEVICES_MAX_FILE.`)
}

function unavailable (error: unknown): DevicesError {
  const failure = new DevicesError('UNAVAILABLE', `Files of executions cannot be kept now (${codeOf(error)}). The operator looks at DATA_DIR.`)
  failure.cause = error
  return failure
}

async function removeLeft (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host = '', pid = ''] = /^(.*)\.(\d{1,10})\.[0-9a-f]{24}$/.exec(name) ?? []
    if (host === '') continue
    const place = path.join(folder, name)
    const isOwnHost = host === hostname()
    // Of this process's number: of this process, where it opens the folder twice, or of one that had the number before it began.
    const stats = await stat(place).catch(() => undefined)
    if (stats === undefined) continue
    const isOlder = stats.mtimeMs < Date.now() - process.uptime() * 1000
    const isLeft = isOwnHost ? !isProcessAlive(Number(pid)) || (Number(pid) === process.pid && isOlder) : Date.now() - stats.mtimeMs > forgotten
    if (isLeft) await rm(place, { recursive: true, force: true })
  }
}
