// One of several processes that answer requests, as it sees the others: what all of them together have counted, by way of the primary process.
import cluster from 'node:cluster'
import { openChannel } from './channel.ts'
import type { CountQuestion, RequestCount } from '../request-counts.ts'
import type { Numbers } from '../metrics/sum.ts'
import type { PrimarySkills } from './primary.ts'
import type { SharedSeats } from './shared-replicas.ts'

/** The other processes of this server. */
export interface Siblings extends SharedSeats {
  /** Gives the count of a limit over all processes, and counts where that is wanted. */
  count (question: CountQuestion): Promise<RequestCount>
  /** Whether an operator has come from this address, to any process. */
  isOperator (address: string): Promise<boolean>
  /** Says that an operator has come from this address. */
  addOperator (address: string): Promise<void>
  /** The metrics of all processes, in the Prometheus text format. */
  metrics (): Promise<string>
  /** Says how to measure this process, whenever any is asked for metrics. */
  measure (numbers: () => Promise<Numbers>): void
}

/** A process that answers requests, as it sees the primary one. */
export interface WorkerProcess {
  siblings: Siblings
  /** Says that this process listens, and where. */
  listening (addresses: string[]): Promise<void>
  /** Says why this process cannot start. */
  failed (error: unknown): Promise<void>
  /** Says what to do when this process is to stop; until then it ends at once. */
  onStop (stop: () => void): void
}

/** What the primary process can ask of a worker. */
export type WorkerSkills = {
  /** Begins to stop. */
  stop: () => void
  /** What this process has counted and measured by now. */
  numbers: () => Promise<Numbers>
}

/** Whether this process was started by a primary one. */
export function isWorker (): boolean {
  return cluster.isWorker
}

/** Opens the way to the primary process. Should that one die, Node ends this process. */
export function joinPrimary (): WorkerProcess {
  let stop = (): void => process.exit(0)
  let numbers = async (): Promise<Numbers> => []
  const skills: WorkerSkills = { stop: () => stop(), numbers: () => numbers() }
  const { ask } = openChannel<PrimarySkills>(process, skills)
  return {
    siblings: {
      count: question => ask('count', question),
      isOperator: address => ask('isOperator', address),
      addOperator: address => ask('addOperator', address),
      metrics: () => ask('metrics', undefined),
      takeSeat: question => ask('takeSeat', question),
      leaveSeat: of => ask('leaveSeat', of),
      measure (read) { numbers = read }
    },
    listening: addresses => ask('listening', addresses),
    failed: error => {
      const { message, code } = error as NodeJS.ErrnoException
      return ask('failed', { message, code })
    },
    onStop (begin) { stop = begin }
  }
}
