// Forgets what is old.
import type { Registry } from '../registry.ts'

/** How much is kept. */
export interface ForgetOptions {
  /** Milliseconds since 1970: executions, events and logs from before go. */
  readonly before: number
  /** Most logs, events and certificates that are kept of each. */
  readonly mostLogs: number
}

/** Removes what is too old or too many. Whoever leads calls it now and then. @returns how many things have gone */
export async function forget (registry: Pick<Registry, 'executions' | 'events' | 'logs' | 'certificates'>, { before, mostLogs }: ForgetOptions): Promise<number> {
  let gone = 0
  for (const old of [registry.executions, registry.events, registry.logs]) gone += await old.removeAll({ before })
  for (const many of [registry.events, registry.logs, registry.certificates]) gone += await many.removeAll({ newestFirst: true, skip: mostLogs })
  return gone
}
