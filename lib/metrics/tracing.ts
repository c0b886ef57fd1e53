// Metrics of tracing.
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'

/** Adds the metrics of tracing to a registry. @returns a function that counts what became of spans */
export function addTracingMetrics (registry: Registry): (result: 'sent' | 'failed' | 'dropped', spans: number) => void {
  const counter = new Counter({
    name: 'tutti_trace_spans_total',
    help: 'Spans by what became of them: sent, failed (the receiver did not take them) or dropped (too many were waiting).',
    labelNames: ['result'],
    registers: [registry]
  })
  return (result, spans) => counter.inc({ result }, spans)
}
