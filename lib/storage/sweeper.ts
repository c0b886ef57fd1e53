// Sweeps the storage folder, one sweep at a time, and says when that goes wrong or the disk hangs.
import { atMost } from '../at-most.ts'
import { hanging, patience as usualPatience } from './fault.ts'
import type { StorageFault } from './fault.ts'
import { sweep as sweepFolder } from './reaper.ts'

/** Sweeps. */
export interface Sweeper {
  /** Begins a sweep, unless one is under way. */
  sweep (): void
  /** Folders removed since the start, and what is wrong now. */
  status (): { removed: number, trouble: StorageFault | undefined }
  /** Resolves when no sweep is under way. */
  idle (): Promise<void>
  /** Ends the sweep that is under way after the folder that it is at, but waits no longer than its farewell. */
  close (): Promise<void>
  /** Whether it waits for a disk that hangs. */
  stuck (): boolean
}

/** What a sweeper is made of. */
export interface SweeperOptions {
  /** The storage folder. */
  folder: string
  /** Called when something begins to be wrong, or is wrong in another way, with what was thrown; and, without arguments, when all is well again. */
  onTrouble?: (trouble?: StorageFault, error?: unknown) => void
  /** Time for one folder, in milliseconds, after which the disk is said to hang. */
  patience?: number
  /** Time to wait at the end, in milliseconds. */
  farewell?: number
  /** Sweeps once. */
  sweep?: typeof sweepFolder
}

/** Makes a sweeper; nothing is looked at before the first sweep. */
export function createSweeper ({ folder, onTrouble = () => {}, patience = usualPatience, farewell = 5000, sweep = sweepFolder }: SweeperOptions): Sweeper {
  const ending = new AbortController()
  let removed = 0
  let trouble: StorageFault | undefined
  let work: Promise<void> | undefined

  const report = (fault?: StorageFault, error?: unknown) => {
    const isNews = fault?.cause !== trouble?.cause
    trouble = fault
    if (isNews) onTrouble(fault, error)
  }

  const sweepOnce = async () => {
    const timer = setTimeout(report, patience, hanging)
    const onEntry = () => {
      timer.refresh()
      if (trouble === hanging) report()
    }
    const result = await sweep({ folder, signal: ending.signal, onEntry })
    clearTimeout(timer)
    removed += result.removed
    report(result.trouble, result.error)
    work = undefined
  }

  return {
    sweep () {
      if (!ending.signal.aborted) work ??= sweepOnce()
    },
    status: () => ({ removed, trouble }),
    async idle () {
      await work
    },
    async close () {
      ending.abort()
      await atMost(farewell, work)
    },
    stuck: () => trouble === hanging && work !== undefined
  }
}
