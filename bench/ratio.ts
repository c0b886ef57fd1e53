// How one server does beside another: ratios of what was measured in the same round, so that a machine which is slow for a while is slow for both.
import type { ScenarioResult, SubjectName, Turn } from './rounds.ts'
import { estimate } from './statistics.ts'
import type { Estimate } from './statistics.ts'

/** One server beside another. */
export interface Ratios {
  /** Of the median latencies: above 1 where the first is slower. */
  latency: Estimate
  /** Of the requests a second: below 1 where the first is slower. */
  throughput: Estimate
  /** Of the processor time for a request; undefined where it is not known of both. */
  processor: Estimate | undefined
}

/** Compares two servers in one scenario; undefined where one of them was not measured. */
export function compare ({ subjects }: Pick<ScenarioResult, 'subjects'>, one: SubjectName = 'ours', other: SubjectName = 'bound'): Ratios | undefined {
  const [turns, others] = [subjects[one]?.turns, subjects[other]?.turns]
  if (turns === undefined || others === undefined) return undefined
  const ratio = (measure: (turn: Turn) => number | undefined): Estimate | undefined => {
    const ratios = turns.flatMap((turn, round) => {
      const beside = others[round]
      const [first, second] = [measure(turn), beside && measure(beside)]
      // Of what took less time than the system can count nothing can be said.
      return first === undefined || second === undefined || second === 0 ? [] : [first / second]
    })
    return ratios.length === 0 ? undefined : estimate(ratios)
  }
  const latency = ratio(turn => turn.p50)
  const throughput = ratio(turn => turn.throughput)
  return latency && throughput && { latency, throughput, processor: ratio(turn => turn.processor) }
}
