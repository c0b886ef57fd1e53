// A registry of metrics in the Prometheus text format. The files of this folder are the home of prom-client; its global
// registry is not used.
import { Counter, Gauge, Registry } from 'prom-client'
import type { Numbers } from './sum.ts'

/** Collects metrics and writes them out. */
export interface MetricsRegistry {
  /** Where metrics are added. */
  readonly registry: Registry
  /** Media type of the text. */
  readonly contentType: string
  /** Everything, as of now: the Prometheus text format, version 0.0.4. */
  text (): Promise<string>
  /** Everything, as of now, so that it can be added to that of other processes. */
  numbers (): Promise<Numbers>
}

/** Makes an empty registry. */
export function createMetricsRegistry (): MetricsRegistry {
  const registry = new Registry()
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    numbers: () => registry.getMetricsAsJSON()
  }
}

/** A number that is looked up whenever the metrics are read. */
export interface Measurement {
  name: string
  help: string
  /** Undefined where there is no such number now; the metric is left out then. */
  read: () => number | undefined | Promise<number | undefined>
  /** What the numbers of several processes of one server become; their sum where absent. */
  aggregator?: 'max' | 'min' | 'sum'
}

/** Adds a measurement to a registry. */
export function measure (registry: Registry, { name, help, read, aggregator = 'sum' }: Measurement): void {
  const gauge = new Gauge({
    name,
    help,
    aggregator,
    registers: [registry],
    async collect () {
      const value = await read()
      if (value === undefined) gauge.remove({})
      else gauge.set(value)
    }
  })
}

/** A total that is looked up whenever the metrics are read. */
export type Total = Pick<Measurement, 'name' | 'help'> & { read: () => number }

/** Adds a total that is kept elsewhere to a registry. */
export function total (registry: Registry, { name, help, read }: Total): void {
  const counter = new Counter({
    name,
    help,
    registers: [registry],
    collect () {
      counter.reset()
      counter.inc(read())
    }
  })
}
