// Runs the indexing program once: in a folder of its own, with no shell between, its result and its progress over pipes, and nothing left behind whatever happens.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { atMost } from '../../at-most.ts'
import { DiffractionError } from '../diffraction-error.ts'
import type { Indexed } from '../task.ts'
import { createFolder } from './folder.ts'

/** A file that is indexed. */
export interface IndexedFile {
  /** Where it is: absolute and resolved. */
  readonly path: string
  /** Files that it names, absolute: the data files of an HDF5 master. */
  readonly companions: readonly string[]
}

/** What is indexed, with what, and for how long. */
export interface IndexerRun {
  /** The program and its arguments. `{arguments}` stands where those of the request go; where it is missing they come last. */
  readonly program: readonly string[]
  /** One file, or two different ones. */
  readonly files: readonly [first: IndexedFile, second?: IndexedFile]
  /** Numbers of the frames to index, from 1; 0 first where that is not said. */
  readonly frames: readonly [first: number, second: number]
  /** `software_version` of the detector, which tells detectors apart; undefined where the file has none. */
  readonly version: string | undefined
  /** Milliseconds that the program has. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
  /** Told what the program says on its way: printable ASCII, as it comes. */
  readonly onProgress?: ((progress: string) => void) | undefined
  /** Variables that the program gets besides those that it always has. Nothing of this process's environment goes to it otherwise. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Folder for folders of runs; that of the system for temporary files by default. */
  readonly folder?: string | undefined
}

/** Where the program writes its result, and what it says on its way. */
const resultDescriptor = 3
const progressDescriptor = 4

/** Most bytes of a result; with more the program is ended. */
const mostResult = 16 * 1024 * 1024

/** Bytes of standard error that are kept: the last ones, where errors are. */
const mostErrors = 64 * 1024

/** Bytes of progress that are passed on; what comes after that is thrown away. */
const mostProgress = 1024 * 1024

/** Milliseconds that pipes may stay open after the program has ended: a process that it left behind may hold them. */
const farewell = 1000

/**
 * Runs the program. That it ends with a failure is no error: then it has said so itself, in its result or to standard error.
 * @throws DiffractionError TIMEOUT, CANCELLED, TOO_LARGE for a result beyond 16 MB, UNAVAILABLE where the program cannot be started or its result is no JSON
 */
export async function runIndexer (run: IndexerRun): Promise<Indexed> {
  if (run.signal?.aborted === true) throw cancelled()
  const folder = await createFolder(run.folder ?? tmpdir(), run.files)
  try {
    const extra = indexerArguments(folder.files, run.frames, run.version)
    return await runIn(folder.path, withArguments(run.program, extra), run)
  } finally {
    await folder.remove()
  }
}

/**
 * What the program is told of a request, as the LS-CAT image server tells rapd.index.
 * @param files - one or two, absolute
 */
export function indexerArguments (files: readonly string[], frames: readonly [first: number, second: number], version: string | undefined): string[] {
  const [first, second] = frames
  return [
    '--json-fd', String(resultDescriptor),
    '--progress-fd', String(progressDescriptor),
    ...(version === '1.8.0' ? ['--detector', 'lscat_dectris_eiger2_16m'] : []),
    ...(files.length === 1 && first !== 0 ? ['--hdf5_image_range', `${first},${second}`] : []),
    ...files
  ]
}

function withArguments (program: readonly string[], extra: readonly string[]): string[] {
  const place = program.indexOf('{arguments}', 1)
  return place === -1 ? [...program, ...extra] : [...program.slice(0, place), ...extra, ...program.slice(place + 1)]
}

async function runIn (folder: string, [program = '', ...rest]: readonly string[], { environment = {}, onProgress = () => {}, signal, timeout }: IndexerRun): Promise<Indexed> {
  const child = start(folder, program, rest, environment)
  const [, , errors, result, progress] = child.pid === undefined ? [] : child.stdio
  const exited = new Promise<void>(resolve => child.once('exit', () => {
    // What it has left behind must not run on, nor hold the pipes open.
    endGroup(child)
    resolve()
  }))
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()))
  const failure = Promise.withResolvers<never>()
  // Where the program ends first, nobody waits for it.
  failure.promise.catch(() => {})
  const end = (error: DiffractionError) => {
    failure.reject(error)
    if (isRunning(child)) endGroup(child)
  }
  const abort = () => end(cancelled())
  const timer = setTimeout(() => end(new DiffractionError('TIMEOUT', `The indexing program took longer than ${timeout / 1000} s, and was ended. DIFFRACTION_INDEX_TIMEOUT says how long it may take.`)), timeout)
  signal?.addEventListener('abort', abort)
  child.on('error', () => failure.reject(new DiffractionError('UNAVAILABLE', 'The indexing program cannot be started: DIFFRACTION_INDEXER must name a program that the user may run.')))
  try {
    if (!(errors instanceof Readable && result instanceof Readable && progress instanceof Readable)) return await failure.promise
    const said = keepLast(errors, mostErrors)
    const written = collect(result, mostResult, () => end(new DiffractionError('TOO_LARGE', `The indexing program wrote a result of more than ${mostResult} bytes.`)))
    passOn(progress, mostProgress, onProgress)
    if (signal?.aborted === true) abort()
    await Promise.race([exited.then(async () => await atMost(farewell, closed)), failure.promise])
    return { result: checked(written()), stderr: said() }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    // The folder is removed next: nothing may write to it any more.
    if (isRunning(child)) await atMost(farewell, exited)
    // Where there were too many open files there are none.
    for (const stream of child.stdio ?? []) stream?.destroy()
  }
}

function isRunning ({ exitCode, pid, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null
}

/** Starts the program as the first of a process group of its own, so that all that it starts can be ended with it. */
function start (folder: string, program: string, rest: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
  try {
    return spawn(program, rest, {
      cwd: folder,
      detached: true,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...environment, HOME: folder, TMPDIR: folder },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe']
    })
  } catch {
    // Too many processes or open files, or arguments that are too long.
    throw new DiffractionError('UNAVAILABLE', 'The indexing program cannot be started now. Try again later.')
  }
}

/** Ends a process and all of its group. */
function endGroup ({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
}

/** Keeps what is read. @returns gives it */
function collect (stream: Readable, most: number, onMore: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= most) {
      chunks.push(chunk)
      return
    }
    chunks.length = 0
    stream.destroy()
    onMore()
  })
  return () => Buffer.concat(chunks)
}

/** Keeps the end of what is read. @returns gives it as text */
function keepLast (stream: Readable, most: number): () => string {
  let kept: Buffer = Buffer.alloc(0)
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    if (kept.length > most) kept = Buffer.from(kept.subarray(kept.length - most))
  })
  return () => kept.toString().replaceAll('\0', '')
}

/** Passes on what is read, printable ASCII alone. */
function passOn (stream: Readable, most: number, onProgress: (progress: string) => void): void {
  let left = most
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    const text = chunk.subarray(0, left).toString('latin1').replace(/[^ -~]/g, '')
    left -= Math.min(left, chunk.length)
    if (text !== '') onProgress(text)
  })
}

/** The result as text. @throws DiffractionError UNAVAILABLE where it is no JSON */
function checked (bytes: Buffer): string {
  const text = bytes.toString().trim()
  if (text === '') return ''
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new DiffractionError('UNAVAILABLE', 'The indexing program wrote a result that is no JSON.')
  }
}

function cancelled (): DiffractionError {
  return new DiffractionError('CANCELLED', 'Indexing was cancelled.')
}
