// Executions, newest first.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { DataTable } from '../../../components/data-table.tsx'
import { Select } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Empty } from '../../../components/problem.tsx'
import { Time } from '../../../components/state.tsx'
import { api, ask } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { formatDuration, formatTime } from '../../../lib/texts.ts'
import { pace } from '../known.ts'
import { listNames } from './known.ts'
import { ExecutionState } from './state.tsx'
import { texts } from './texts.ts'

/** Executions that are shown. */
const most = 200

/** The list. @param of - of one deployment alone, by its id */
export function Executions ({ of = '' }: { of?: string }) {
  const [deployment, setDeployment] = useState(of)
  const known = useResource(async signal => {
    const query = { limit: most, order: 'newest' as const }
    const [{ items }, names] = await Promise.all([
      ask(deployment === '' ? api.GET('/api/v1/executions', { params: { query }, signal }) : api.GET('/api/v1/deployments/{id}/executions', { params: { path: { id: deployment }, query }, signal })),
      listNames(signal)
    ])
    return { items, names }
  }, [deployment], { every: pace })
  const choices = [...known.data?.names ?? new Map<string, string>()].map(([value, label]) => ({ value, label }))
  return (
    <>
      <Select label={texts.deployment} value={deployment} onChange={chosen => setDeployment(chosen)} options={[{ value: '', label: texts.allDeployments }, ...choices]} />
      <Loaded resource={known} isEmpty={({ items }) => items.length === 0} empty={<Empty title={texts.none}><p>{texts.noneCure}</p></Empty>}>
        {({ items, names }) => (
          <DataTable
            caption={texts.executions} rows={items} rowKey={({ id }) => id}
            columns={[
              { key: 'when', header: texts.when, cell: ({ id, createdAt }) => <Link href={`/executions/${id}`}>{formatTime(createdAt)}</Link>, sortBy: ({ createdAt }) => createdAt },
              { key: 'deployment', header: texts.deployment, cell: each => names.get(each.deployment) ?? texts.goneDeployment, sortBy: each => names.get(each.deployment) ?? '' },
              { key: 'state', header: texts.state, cell: execution => <ExecutionState execution={execution} />, sortBy: ({ state }) => state },
              { key: 'took', header: texts.took, isNumeric: true, cell: ({ startedAt, endedAt }) => startedAt === undefined || endedAt === undefined ? '' : formatDuration(endedAt - startedAt), sortBy: ({ startedAt = 0, endedAt = 0 }) => endedAt - startedAt },
              { key: 'files', header: texts.files, cell: ({ outputs }) => Object.keys(outputs).join(', ') },
              { key: 'ended', header: texts.ended, cell: ({ endedAt }) => endedAt === undefined ? '' : <Time at={endedAt} /> }
            ]}
          />
        )}
      </Loaded>
    </>
  )
}
