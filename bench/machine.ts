// The machine that something was measured on.
import { availableParallelism, cpus, totalmem } from 'node:os'

/** A machine and a day. */
export interface Machine {
  /** As `2026-11-22`. */
  day: string
  node: string
  processor: string
  cores: number
  /** Memory in gigabytes. */
  memory: number
}

/** This machine, today. */
export function thisMachine (): Machine {
  return {
    day: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1024 ** 3)
  }
}

/** A machine in words. */
export function describeMachine ({ day, node, processor, cores, memory }: Machine): string {
  return `${day}, Node ${node}, ${cores} cores (${processor}), ${memory} GB`
}
