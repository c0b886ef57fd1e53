// Which of the devices that would do does best: shares from 0 to 1, each with its weight.
import type { Device } from '../device.ts'

/** What speaks for a device; each from 0, nothing, to 1, all. */
export interface Scores {
  /** Memory that is free. */
  readonly memory: number
  /** Processor time that is free. */
  readonly processor: number
  /** Few steps that are there already. */
  readonly spread: number
  /** The step before is there too, so that nothing need go over the network. */
  readonly locality: number
  /** Online for long; an hour is all. */
  readonly steadiness: number
}

/**
 * How much each counts. Load comes first, because a device that is overloaded fails; then what keeps one device from getting everything, and chains together; that somebody has been
 * there for long decides between equals.
 */
export const weights: Scores = { memory: 3, processor: 3, spread: 2, locality: 2, steadiness: 1 }

const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)

/** What stands for a load that a device does not tell. */
const half = 0.5

const hour = 3600_000

/** What speaks for a device. @param steps - steps that are there; @param isBefore - whether the step before is; @param now - milliseconds since 1970 */
export function scoresOf ({ health, since, state }: Pick<Device, 'health' | 'since' | 'state'>, { steps, isBefore, now }: { steps: number, isBefore: boolean, now: number }): Scores {
  const { cpuUsage, memoryUsage } = health?.report ?? {}
  return {
    memory: memoryUsage === undefined ? half : 1 - share(memoryUsage),
    processor: cpuUsage === undefined ? half : 1 - share(cpuUsage / 100),
    spread: 1 / (1 + steps),
    locality: isBefore ? 1 : 0,
    steadiness: state === 'online' ? share((now - since) / hour) : 0
  }
}

/** All of it together, from 0 to 1. */
export function scoreOf (scores: Scores): number {
  return (Object.keys(weights) as Array<keyof Scores>).reduce((sum, name) => sum + scores[name] * weights[name], 0) / total
}

function share (number: number): number {
  return Math.min(1, Math.max(0, number))
}
