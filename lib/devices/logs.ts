// Lines that devices log: kept, and told to those who follow.
import type { LogEntry, Registry } from './registry.ts'

/** Keeps lines, and pushes them. */
export interface Logs {
  /** Keeps a line, and tells those who follow in this process. @throws DevicesError UNAVAILABLE */
  keep (entry: LogEntry): Promise<void>
  /** Follows lines from now on. @returns stops it */
  follow (listener: (entry: LogEntry) => void): () => void
}

/** Lines that may come before those beyond the bound are forgotten. */
const between = 1000

/** Makes what keeps lines. @param options - `most` lines, about; `onKept` is told of each */
export function createLogs ({ registry, most, onKept = () => {} }: { registry: Pick<Registry, 'logs'>, most: number, onKept?: () => void }): Logs {
  const followers = new Set<(entry: LogEntry) => void>()
  let kept = 0
  return {
    async keep (entry) {
      await registry.logs.insert(entry)
      onKept()
      for (const listener of followers) listener(entry)
      kept += 1
      // A device that logs without end fills no disk.
      if (kept % between === 0) await registry.logs.removeAll({ newestFirst: true, skip: most })
    },
    follow (listener) {
      followers.add(listener)
      return () => { followers.delete(listener) }
    }
  }
}
