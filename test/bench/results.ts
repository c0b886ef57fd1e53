// Measurements as the benchmark makes them, made up.
import { diamond } from '../../bench/graph.ts'
import type { ScenarioResult, Turn } from '../../bench/rounds.ts'
import { createScenario } from '../../bench/scenario.ts'
import type { Scenario } from '../../bench/scenario.ts'

/** A turn with the given values, everything else 1. */
export function turn (values: Partial<Turn> = {}): Turn {
  return { p50: 1, p99: 1, mean: 1, throughput: 1, processor: 1, delay: 1, connections: 0, calls: 8, busy: 0.5, ...values }
}

/** A result in which the server had these turns, and the lower bound as many of `turn()`. */
export function resultOf (turns: Turn[], scenario: Scenario = createScenario(diamond, '1 MB', 1)): ScenarioResult {
  return { scenario, subjects: { ours: { turns, peak: 1, start: 1 }, bound: { turns: turns.map(() => turn()), peak: 1, start: undefined } } }
}
