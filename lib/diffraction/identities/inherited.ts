// Descriptors that a process has from whoever started the server: a worker process and what it starts have no business with them.
import { closeSync, readFileSync, readdirSync } from 'node:fs'

/** The flag of descriptors that end with the program that opened them; all that Node opens itself has it. */
const closesOnExec = 0o2000000

/**
 * Closes descriptors that were open already when this process began, but standard input, output and error and the one given. Node marks none beyond the first few, so that they
 * would be passed on from process to process. Linux alone can say which these are; elsewhere nothing is closed.
 * @param kept - its number
 */
export function closeInherited (kept: number): void {
  for (const name of namesOf('/proc/self/fd')) {
    const descriptor = Number(name)
    if (!(descriptor > 2) || descriptor === kept) continue
    try {
      const [, flags = ''] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1')) ?? []
      if (flags !== '' && (Number.parseInt(flags, 8) & closesOnExec) === 0) closeSync(descriptor)
    } catch {
      // That of the listing itself has gone.
    }
  }
}

function namesOf (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
