// The clients of the benchmark: so many of them, each asking again as soon as it has its answer, over connections that stay.
import type { Readable } from 'node:stream'
import { Agent } from 'undici'
import { obey } from './child.ts'
import { createRequests } from './graphic-request.ts'
import type { RequestForm } from './graphic-request.ts'
import { percentile } from './statistics.ts'

/** How to put a server under load. */
export interface LoadOrder {
  /** Where requests are sent. */
  url: string
  /** Clients at one time. */
  concurrency: number
  /** Time after which nobody asks again. */
  milliseconds: number
  /** Requests that are made at least, however long it takes. */
  least: number
  form: RequestForm
  /** Bytes that a right answer has; any will do where undefined. */
  answerBytes: number | undefined
}

/** What came of it. Times in milliseconds, from the first byte of the request to the last one of the answer. */
export interface LoadResult {
  requests: number
  /** Those that were not answered as they should be, and what was wrong with the first of them. */
  failures: number
  failure?: string
  seconds: number
  p50: number
  p99: number
  mean: number
}

/** What the load can be told. */
export type LoadSkills = ReturnType<typeof createLoad>

/** Makes clients that do nothing yet. */
export function createLoad () {
  const agents = new Map<string, Agent>()
  const sources = new Map<string, () => Buffer[]>()
  const sourceOf = (form: RequestForm) => {
    const key = JSON.stringify(form)
    const source = sources.get(key) ?? createRequests(form)
    sources.set(key, source)
    return source
  }

  return {
    /** Puts a server under load, and resolves when the last answer has come. */
    async run ({ url, concurrency, milliseconds, least, form, answerBytes }: LoadOrder): Promise<LoadResult> {
      const { origin, pathname } = new URL(url)
      const key = `${origin} ${concurrency}`
      const agent = agents.get(key) ?? new Agent({ connections: concurrency, headersTimeout: 120_000, bodyTimeout: 120_000 })
      agents.set(key, agent)
      const next = sourceOf(form)
      const headers = { 'content-type': 'application/json', 'content-length': String(form.bytes) }
      const times: number[] = []
      const failures: string[] = []

      const ask = async () => {
        const begun = performance.now()
        try {
          // undici writes any iterable of buffers; its types leave that out.
          const reply = await agent.request({ origin, path: pathname, method: 'POST', headers, body: next() as unknown as Readable })
          const { byteLength } = await reply.body.arrayBuffer()
          times.push(performance.now() - begun)
          if (reply.statusCode !== 200 || (answerBytes !== undefined && byteLength !== answerBytes)) failures.push(`status ${reply.statusCode}, ${byteLength} bytes instead of ${answerBytes}`)
        } catch (error) {
          times.push(performance.now() - begun)
          failures.push(String(error))
        }
      }

      const start = performance.now()
      let asked = 0
      await Promise.all(Array.from({ length: concurrency }, async () => {
        while (asked < least || performance.now() - start < milliseconds) {
          asked += 1
          await ask()
        }
      }))
      return {
        requests: times.length,
        failures: failures.length,
        ...failures[0] === undefined ? {} : { failure: failures[0] },
        seconds: (performance.now() - start) / 1000,
        p50: percentile(times, 0.5),
        p99: percentile(times, 0.99),
        mean: times.reduce((sum, time) => sum + time, 0) / times.length
      }
    },
    /** Closes all connections and forgets all graphics. */
    async rest (_: undefined): Promise<void> {
      sources.clear()
      await Promise.all([...agents.values()].map(agent => agent.destroy()))
      agents.clear()
    }
  }
}

if (import.meta.main) obey(createLoad())
