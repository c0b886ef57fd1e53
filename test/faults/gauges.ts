// The gauges of a server that say what is under way: at rest each is zero.
import assert from 'node:assert/strict'
import { readExposition } from '../lib/fixtures/exposition.ts'

/** Names of gauges of what is under way or waits. */
const underWay = /_(?:in_flight|running|waiting|shared|queued|queued_bytes)$/

/** Those that there must be, so that a gauge which is renamed is not missed. */
const known = ['tutti_requests_in_flight', 'tutti_body_bytes_in_flight', 'tutti_calls_in_flight', 'tutti_calls_running', 'tutti_calls_waiting', 'tutti_calls_shared']

/** The gauges of what is under way that are not zero, as `name{labels}` and value. */
async function busyGauges (origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/metrics`)
  const text = await response.text()
  const { types } = readExposition(text)
  const names = [...types].filter(([name, type]) => type === 'gauge' && underWay.test(name)).map(([name]) => name)
  for (const name of known) assert(names.includes(name), `there is no ${name}`)
  return text.split('\n').filter(line => names.some(name => line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && !line.endsWith(' 0'))
}

/**
 * Reads the gauges again and again until all are zero: the end of a connection takes its time to arrive.
 * @param patience - after so many milliseconds it gives up
 * @returns what is still not zero then
 */
export async function gaugesAtRest (origin: string, patience = 10_000): Promise<string[]> {
  const until = performance.now() + patience
  for (;;) {
    const busy = await busyGauges(origin)
    if (busy.length === 0 || performance.now() > until) return busy
  }
}
