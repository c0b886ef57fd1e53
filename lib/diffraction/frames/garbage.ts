// Memory that is shared between threads. It is free once no thread refers to it; but V8 counts it for none of them, so that each would let references lie about for as long as
// it has room for small things. Hence it is counted here, and threads are told when it is worth looking.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Counts shared memory that was let go. */
export interface Garbage {
  /** To be told of each piece of shared memory that nobody needs any more. */
  add (bytes: number): void
  /** How often there was so much that each thread should have looked for it. */
  readonly rounds: number
}

/** Bytes that may lie about. */
const most = 24 * 1024 ** 2

/** Makes a count, and has this thread look whenever there is too much: not before it has sent others to work, whom it would only wait for. */
export function createGarbage (): Garbage {
  let bytes = 0
  let rounds = 0
  let collect: (() => void) | undefined
  let coming: NodeJS.Immediate | undefined
  return {
    add (more) {
      bytes += more
      if (bytes < most) return
      bytes = 0
      rounds += 1
      coming ??= setImmediate(() => {
        coming = undefined
        collect ??= createCollector()
        collect()
      })
    },
    get rounds () { return rounds }
  }
}

/** Gives a function that looks for what the thread that calls it no longer refers to, which takes ten milliseconds or more. */
export function createCollector (): () => void {
  // The option of Node would have to be given by whoever starts the process.
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return () => { if (typeof collect === 'function') collect() }
}
