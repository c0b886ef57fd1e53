// What the short form measured when it was last recorded, and what has become worse since.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import { compare } from './ratio.ts'
import type { ScenarioResult } from './rounds.ts'

/** Where it is kept. */
export const baselineFile = fileURLToPath(new URL('baseline.json', import.meta.url))

/** How much worse than recorded on the same kind of processor a ratio may be before that is a failure. */
export const tolerance = 1.5

/** The ratios of one scenario to the lower bound: medians. */
export interface RecordedRatios { latency: number, throughput: number, processor?: number }

/** A recording: where and when it was made, and the ratios of each scenario by name. */
export interface Baseline { machine: Machine, scenarios: Record<string, RecordedRatios> }

/** A ratio that is worse than it may be. */
export interface Worsening { scenario: string, ratio: keyof RecordedRatios, recorded: number, measured: number }

/** Makes a recording. */
export function createBaseline (results: readonly ScenarioResult[], machine: Machine): Baseline {
  const rounded = (value: number) => Number(value.toFixed(3))
  return {
    machine,
    scenarios: Object.fromEntries(results.flatMap(result => {
      const ratios = compare(result)
      if (ratios === undefined) return []
      const { latency, throughput, processor } = ratios
      return [[result.scenario.name, {
        latency: rounded(latency.median), throughput: rounded(throughput.median), ...processor === undefined ? {} : { processor: rounded(processor.median) }
      }]]
    }))
  }
}

/** Everything that is worse than recorded by more than is allowed. A scenario that was not recorded cannot be worse. */
export function findWorsenings (results: readonly ScenarioResult[], { scenarios }: Baseline, allowed = tolerance): Worsening[] {
  return results.flatMap(result => {
    const recorded = scenarios[result.scenario.name]
    const ratios = compare(result)
    if (recorded === undefined || ratios === undefined) return []
    const look = (ratio: keyof RecordedRatios, isWorse: (measured: number, recorded: number) => boolean): Worsening[] => {
      const [before, measured] = [recorded[ratio], ratios[ratio]?.median]
      return before !== undefined && measured !== undefined && isWorse(measured, before) ? [{ scenario: result.scenario.name, ratio, recorded: before, measured }] : []
    }
    const more = (measured: number, recorded: number) => measured > recorded * allowed
    return [...look('latency', more), ...look('throughput', (measured, recorded) => measured < recorded / allowed), ...look('processor', more)]
  })
}

/** Reads the recordings, one for each kind of processor, the newest first. */
export function readBaselines (file = baselineFile): Baseline[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Baseline[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * What a machine is to be compared with: what was recorded on its kind of processor; where nothing was, the newest recording, and twice the worsening is allowed: a processor
 * with other caches runs the lower bound, which is small, quicker beside the server, which is not. Undefined without any recording.
 */
export function baselineFor ({ processor }: Machine, baselines: readonly Baseline[]): { baseline: Baseline, tolerance: number } | undefined {
  const own = baselines.find(({ machine }) => machine.processor === processor)
  if (own !== undefined) return { baseline: own, tolerance }
  return baselines[0] && { baseline: baselines[0], tolerance: 2 * tolerance }
}

/** Writes a recording in place of the one of its kind of processor. */
export function writeBaseline (baseline: Baseline, file = baselineFile): void {
  const others = readBaselines(file).filter(({ machine }) => machine.processor !== baseline.machine.processor)
  writeFileSync(file, `${JSON.stringify([baseline, ...others], null, 2)}\n`)
}
