// What the server counts, with what each number means.
import { useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { failureOf, fetchFromServer } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { formatNumber } from '../../lib/texts.ts'
import { readExposition } from './exposition.ts'
import type { Metric } from './exposition.ts'
import { Filter } from './filter.tsx'
import { Marked } from './marked.tsx'
import { texts } from './texts.ts'

/** The metrics as a table. */
export function Metrics () {
  const resource = useResource(askMetrics, [])
  const { reload } = resource
  return (
    <>
      <div class='actions'><button type='button' onClick={reload}>{texts.countAgain}</button></div>
      <Loaded resource={resource}>{metrics => <MetricTable metrics={metrics} />}</Loaded>
      <p>{texts.forPrometheus} <code>/metrics</code></p>
    </>
  )
}

async function askMetrics (signal: AbortSignal): Promise<Metric[]> {
  const response = await fetchFromServer('/metrics', { signal })
  const text = await response.text()
  if (!response.ok) throw failureOf(response.status, text)
  return readExposition(text)
}

function MetricTable ({ metrics }: { metrics: readonly Metric[] }) {
  const [words, setWords] = useState('')
  const wanted = words.trim().toLowerCase()
  const shown = metrics.filter(({ name, help }) => `${name} ${help}`.toLowerCase().includes(wanted))
  return (
    <>
      <Filter label={texts.filterMetrics} hint={texts.filterMetricsHint} value={words} found={texts.foundMetrics(shown.length)} onChange={setWords} />
      <p>{texts.foundMetrics(shown.length)}</p>
      <DataTable caption={texts.metricsCaption} columns={columns()} rows={shown} rowKey={({ name }) => name} />
    </>
  )
}

const kinds: Record<string, () => string> = { counter: () => texts.counter, gauge: () => texts.gauge, histogram: () => texts.histogram }

const columns = (): Array<Column<Metric>> => [
  { key: 'name', header: texts.metric, cell: ({ name }) => <code>{name}</code>, sortBy: ({ name }) => name },
  { key: 'value', header: texts.value, cell: valueOf },
  { key: 'kind', header: texts.kind, cell: ({ kind }) => kinds[kind]?.() ?? kind, sortBy: ({ kind }) => kind },
  { key: 'meaning', header: texts.meaning, cell: ({ help }) => <Marked text={help} /> }
]

function valueOf ({ kind, samples, count, sum }: Metric) {
  if (kind === 'histogram') return count === 0 ? texts.nothingMeasured : texts.measured(count, sum / count)
  const [first] = samples
  if (first === undefined) return texts.nothingCounted
  if (samples.length === 1 && first.labels === '') return formatNumber(first.value, 3)
  return (
    <details>
      <summary>{texts.values(samples.length)}</summary>
      <ul>{samples.map(({ labels, value }) => <li key={labels}><code>{labels}</code> {formatNumber(value, 3)}</li>)}</ul>
    </details>
  )
}
