// Two ways to put a server under load: as fast as so many clients get answers, which finds what it can do, and at a rate of its own,
// whatever the answers do, which is what the world does.
import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'
import type { Random } from '../fixtures/json/random-text.ts'
import type { Mixture } from './mixture.ts'

/** What came of a load. */
export interface LoadResult {
  /** Visits that were made. */
  visits: number
  /** Those that were answered rightly, left by their client, refused for want of room, and wrong. */
  answered: number
  left: number
  refused: number
  wrong: number
  /** What was wrong, the first twenty times. */
  wrongs: string[]
  /** Visits that were not made because too many were under way. */
  skipped: number
  /** How long answers took, in microseconds. */
  durations: RecordableHistogram
  /** How long it all took, in seconds. */
  seconds: number
}

/** Most visits under way at one time. */
const mostAtOnce = 1000

function createResult (): LoadResult {
  return { visits: 0, answered: 0, left: 0, refused: 0, wrong: 0, wrongs: [], skipped: 0, durations: createHistogram(), seconds: 0 }
}

async function count (result: LoadResult, mixture: Mixture): Promise<void> {
  const start = performance.now()
  result.visits += 1
  try {
    const end = await mixture.visit()
    result[end] += 1
    if (end === 'answered') result.durations.record(Math.max(1, Math.round((performance.now() - start) * 1000)))
  } catch (error) {
    result.wrong += 1
    if (result.wrongs.length < 20) result.wrongs.push((error as Error).message)
  }
}

/** So many clients that ask again as soon as they are answered. */
export async function closedLoad (mixture: Mixture, clients: number, seconds: number): Promise<LoadResult> {
  const result = createResult()
  const start = performance.now()
  const isOver = () => performance.now() - start > seconds * 1000
  await Promise.all(Array.from({ length: clients }, async () => {
    while (!isOver()) await count(result, mixture)
  }))
  return { ...result, seconds: (performance.now() - start) / 1000 }
}

/** Clients that come at a rate, at moments that know nothing of one another. Resolves when the last has its answer. */
export async function openLoad (mixture: Mixture, rate: number, seconds: number, random: Random): Promise<LoadResult> {
  const result = createResult()
  const underWay = new Set<Promise<void>>()
  const start = performance.now()
  const end = start + seconds * 1000
  // Pauses between the arrivals of a Poisson process.
  const pause = () => -Math.log((random(1_000_000) + 1) / 1_000_001) / rate * 1000
  for (let next = start + pause(); next < end; next += pause()) {
    const early = next - performance.now()
    if (early > 0) await new Promise(resolve => setTimeout(resolve, early))
    if (underWay.size >= mostAtOnce) {
      result.skipped += 1
      continue
    }
    const visit = count(result, mixture).finally(() => underWay.delete(visit))
    underWay.add(visit)
  }
  result.seconds = (performance.now() - start) / 1000
  await Promise.all(underWay)
  return result
}

/** Answers a second that the server gives at its best, tried with more and more clients for so many seconds in all. */
export async function findCapacity (mixture: Mixture, seconds: number): Promise<{ rate: number, wrongs: string[] }> {
  const steps = [8, 8, 16, 32, 64]
  const tries: LoadResult[] = []
  for (const clients of steps) tries.push(await closedLoad(mixture, clients, seconds / steps.length))
  // The first one warms up.
  const rate = Math.max(...tries.slice(1).map(({ answered, seconds }) => answered / seconds))
  return { rate, wrongs: tries.flatMap(({ wrongs }) => wrongs) }
}
