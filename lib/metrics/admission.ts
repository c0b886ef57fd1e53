// Metrics of what is taken in at one time.
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Admission } from '../admission.ts'
import { measure } from './registry.ts'

/**
 * Adds the metrics of an admission to a registry.
 * @returns a function that counts a request refused because the event loop is behind
 */
export function addAdmissionMetrics (registry: Registry, admission: Admission): () => void {
  measure(registry, { name: 'tutti_requests_in_flight', help: 'Graphics requests that have a place.', read: () => admission.state().requests })
  measure(registry, { name: 'tutti_body_bytes_in_flight', help: 'Bytes of their bodies, read or announced.', read: () => admission.state().bytes })
  const refused = new Counter({
    name: 'tutti_requests_refused_total',
    help: 'Graphics requests refused because there was no place.',
    registers: [registry],
    collect () {
      this.reset()
      this.inc(admission.state().refused)
    }
  })
  refused.inc(0)
  const shed = new Counter({
    name: 'tutti_requests_shed_total',
    help: 'Graphics requests refused because the event loop was behind.',
    registers: [registry]
  })
  return () => shed.inc()
}
