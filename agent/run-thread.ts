// The thread in which modules run, one call at a time. It sees the files of the call and nothing else: no folder, no environment, no network. Home of the WASI shim.
import { parentPort } from 'node:worker_threads'
import { ConsoleStdout, Directory, File, OpenFile, PreopenDirectory, WASI, WASIProcExit, wasi as codes } from '@bjorn3/browser_wasi_shim'
import type { Fd } from '@bjorn3/browser_wasi_shim'
import type { RunOutcome, RunRequest } from './runner.ts'
import { wasiModule } from './interfaces.ts'

/** Most characters that are kept of what a module prints. */
const mostPrinted = 8192

/** Most files in its folder. */
const mostFiles = 1024

type HostFunction = (...values: number[]) => unknown

/** All files that a module has, also those that are open without a name. */
function filesOf (directory: Directory, open: readonly Fd[], found = new Set<File>()): Set<File> {
  for (const each of directory.contents.values()) {
    if (each instanceof File) found.add(each)
    else if (each instanceof Directory) filesOf(each, [], found)
  }
  for (const each of open) if (each instanceof OpenFile) found.add(each.file)
  return found
}

/** Runs one call. @throws whatever ends the module */
async function run ({ module, func, args, files, outputs, interfaces, maxFile, rpc }: RunRequest): Promise<RunOutcome> {
  let printed = ''
  const print = (text: string) => { printed = (printed + text).slice(0, mostPrinted) }
  const folder = new PreopenDirectory('.', new Map(files.map(([name, bytes]) => [name, new File(bytes)])))
  const decoder = new TextDecoder()
  const console = () => new ConsoleStdout(bytes => print(decoder.decode(bytes)))
  // No arguments, and an environment that is empty.
  const wasi = new WASI([], [], [new OpenFile(new File([])), console(), console(), folder], { debug: false })
  const memory = (): Buffer => {
    const { buffer } = (instance.exports.memory ?? {}) as { buffer?: unknown }
    if (!(buffer instanceof ArrayBuffer)) throw new Error('The module has no memory with the name memory.')
    return Buffer.from(buffer)
  }
  const slice = (at: number, size: number): Buffer => {
    const all = memory()
    if ((at >>> 0) + (size >>> 0) > all.length) throw new RangeError('The module points beyond its memory.')
    return all.subarray(at >>> 0, (at >>> 0) + (size >>> 0))
  }
  const wait = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

  const own: Record<string, HostFunction> = {
    'sys.millis': () => Math.trunc(performance.now()) | 0,
    'sys.delay': milliseconds => { wait(Math.max(0, milliseconds ?? 0)) },
    'sys.print': (at = 0, size = 0) => print(slice(at, size).toString()),
    'sys.println': value => print(`${value}\n`),
    'sys.printInt': value => print(String(value)),
    'communication.rpcCall': (nameAt = 0, nameSize = 0, at = 0, size = 0) => {
      if (rpc === undefined) throw new Error('This device has no address for calls of modules.')
      // Sized for the two numbers that come back: that it is done, and how it went.
      const shared = new Int32Array(new SharedArrayBuffer(8))
      parentPort?.postMessage({ rpc: { name: slice(nameAt, nameSize).toString(), bytes: Uint8Array.from(slice(at, size)), shared } })
      Atomics.wait(shared, 0, 0)
      return Atomics.load(shared, 1)
    }
  }

  /** Its files may be as large as files may be at all; the shim would let them grow until the process has no memory. */
  const sizeOf = (fd: number): number => wasi.fds[fd] instanceof OpenFile ? Number((wasi.fds[fd] as OpenFile).file_pos) : 0
  const capped: Record<string, (...values: never[]) => unknown> = {
    fd_allocate: (fd: number, offset: bigint, length: bigint) => BigInt.asUintN(64, offset) + BigInt.asUintN(64, length) > maxFile ? codes.ERRNO_FBIG : call('fd_allocate', fd, offset, length),
    fd_filestat_set_size: (fd: number, size: bigint) => BigInt.asUintN(64, size) > maxFile ? codes.ERRNO_FBIG : call('fd_filestat_set_size', fd, size),
    fd_write: (fd: number, at: number, count: number, written: number) => sizeOf(fd) + totalOf(at, count) > maxFile ? codes.ERRNO_FBIG : call('fd_write', fd, at, count, written),
    fd_pwrite: (fd: number, at: number, count: number, offset: bigint, written: number) => BigInt.asUintN(64, offset) + BigInt(totalOf(at, count)) > maxFile ? codes.ERRNO_FBIG : call('fd_pwrite', fd, at, count, offset, written),
    path_open: (...values: unknown[]) => filesOf(folder.dir, wasi.fds).size > mostFiles ? codes.ERRNO_NFILE : call('path_open', ...values)
  }
  const call = (name: string, ...values: unknown[]): unknown => {
    const result = wasi.wasiImport[name]?.(...values)
    const total = [...filesOf(folder.dir, wasi.fds)].reduce((sum, { data }) => sum + data.length, 0)
    if (total > 2 * maxFile) throw new Error(`The files of the module are larger than ${2 * maxFile} bytes together.`)
    return result
  }
  const totalOf = (at: number, count: number): number => {
    const vectors = slice(at, Math.min(count >>> 0, 0xffff) * 8)
    let total = 0
    for (let index = 0; index < vectors.length; index += 8) total += vectors.readUInt32LE(index + 4)
    return total
  }

  const imports: Record<string, Record<string, (...values: never[]) => unknown>> = {}
  for (const [name, functions] of Object.entries(interfaces)) {
    imports[name] = Object.fromEntries(functions.flatMap((each): Array<[string, (...values: never[]) => unknown]> => {
      const found = name === wasiModule ? capped[each] ?? wasi.wasiImport[each] : own[`${name}.${each}`]
      return found === undefined ? [] : [[each, found]]
    }))
  }
  const instance = await WebAssembly.instantiate(module, imports)
  wasi.inst = instance as unknown as typeof wasi.inst
  let value: unknown
  try {
    // A reactor is to be initialised before its functions are called; a command, by its only function, `_start`, is not.
    if (instance.exports._initialize instanceof Function && func !== '_initialize') instance.exports._initialize()
    value = (instance.exports[func] as (...values: unknown[]) => unknown)(...args)
  } catch (error) {
    if (!(error instanceof WASIProcExit)) throw error
    if (error.code !== 0) throw new Error(`The module ended with code ${error.code}.`, { cause: error })
  }
  const made = outputs.map((name): [string, Uint8Array] => {
    const found = folder.dir.contents.get(name)
    if (!(found instanceof File)) throw new Error(`The module has not written its output ${name}.`)
    return [name, found.data]
  })
  return { value: typeof value === 'bigint' || typeof value === 'number' ? value : undefined, files: made, printed }
}

parentPort?.on('message', (request: RunRequest) => {
  run(request).then(
    outcome => parentPort?.postMessage({ outcome }),
    (failure: unknown) => parentPort?.postMessage({ failure: failure instanceof Error ? failure.message : String(failure) })
  )
})

// Only now does the time of a call begin: loading this file is none of the module's doing.
parentPort?.postMessage({ isReady: true })
