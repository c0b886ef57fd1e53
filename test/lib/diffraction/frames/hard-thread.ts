// The module of the threads, and files that are hard on it, by their names: `hang` never ends, `die` ends the thread, and `slow` waits until the first of the pipes beside it
// has been opened for writing and closed again.
import { closeSync, existsSync, openSync, readSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Errand, ErrandOutcome } from '../../../../lib/diffraction/frames/errand.ts'
import real from '../../../../lib/diffraction/frames/thread.ts'

/** Paths of the pipes of a file. Each keeps one thread waiting, once. */
export function pipesOf (file: string): string[] {
  return Array.from({ length: 4 }, (_, index) => `${file}.pipe${index}`)
}

/** Does one errand. */
export default async function run (errand: Errand): Promise<ErrandOutcome> {
  if (errand.kind === 'warm') return { kind: 'done', result: undefined }
  const file = errand.kind === 'decode' ? errand.ask.file.path : ''
  const name = path.basename(file)
  if (name.startsWith('hang')) for (;;) Math.random()
  if (name.startsWith('die')) process.exit(1)
  if (name.startsWith('slow')) waitFor(pipesOf(file).find(existsSync))
  return await real(errand)
}

function waitFor (path: string | undefined): void {
  if (path === undefined) return
  const pipe = openSync(path, 'r')
  rmSync(path)
  readSync(pipe, Buffer.alloc(1))
  closeSync(pipe)
}
