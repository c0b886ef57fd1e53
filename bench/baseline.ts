// What the short form measured when it was last recorded, and what has become worse since.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import { compare } from './ratio.ts'
import type { ScenarioResult } from './rounds.ts'

/** Where it is kept. */
export const baselineFile = fileURLToPath(new URL('baseline.json', import.meta.url))

/** How much worse than recorded a ratio may be before that is a failure. */
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

/** Everything that is worse than recorded by more than the tolerance. A scenario that was not recorded cannot be worse. */
export function findWorsenings (results: readonly ScenarioResult[], { scenarios }: Baseline): Worsening[] {
  return results.flatMap(result => {
    const recorded = scenarios[result.scenario.name]
    const ratios = compare(result)
    if (recorded === undefined || ratios === undefined) return []
    const look = (ratio: keyof RecordedRatios, isWorse: (measured: number, recorded: number) => boolean): Worsening[] => {
      const [before, measured] = [recorded[ratio], ratios[ratio]?.median]
      return before !== undefined && measured !== undefined && isWorse(measured, before) ? [{ scenario: result.scenario.name, ratio, recorded: before, measured }] : []
    }
    const more = (measured: number, recorded: number) => measured > recorded * tolerance
    return [...look('latency', more), ...look('throughput', (measured, recorded) => measured < recorded / tolerance), ...look('processor', more)]
  })
}

/** Reads the recording; undefined where there is none. */
export function readBaseline (file = baselineFile): Baseline | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Baseline
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes the recording. */
export function writeBaseline (baseline: Baseline, file = baselineFile): void {
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`)
}
