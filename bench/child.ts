// Processes of the benchmark that do what they are told.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openChannel } from '../lib/cluster/channel.ts'
import type { Channel, Skills } from '../lib/cluster/channel.ts'

/** A process and its skills. */
export interface Child<S extends Skills> {
  readonly pid: number
  readonly process: ChildProcess
  /** Lets it do something. @throws Error with what the process says went wrong, or where it has ended */
  readonly call: Channel<S>['ask']
  /** Lets it end. */
  end (): void
}

/**
 * Starts a module of this folder as a process.
 * @param file - its name; it calls obey()
 * @param imports - modules of this folder that are loaded before it
 */
export function startChild<S extends Skills> (file: string, imports: string[] = []): Child<S> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: imports.flatMap(name => ['--import', new URL(name, import.meta.url).href])
  })
  return {
    pid: child.pid ?? 0,
    process: child,
    call: openChannel<S>(child, {}).ask,
    end: () => { if (child.connected) child.disconnect() }
  }
}

/** Makes this process do what its parent says, until that one has gone. */
export function obey (skills: Skills): void {
  openChannel(process, skills)
  process.on('disconnect', () => process.exit(0))
  // The probe lets go of the channel, because a server has better reasons to stay.
  process.channel?.ref()
}
