// Deployments as they are wanted and as they are, and what happens to them and their devices.
import { Link } from 'wouter-preact'
import { DataTable } from '../../../components/data-table.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Empty } from '../../../components/problem.tsx'
import { Time } from '../../../components/state.tsx'
import { api, ask } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { Heading } from '../heading.tsx'
import { listDevices, pace } from '../known.ts'
import { EventsTable, mostEvents, useEvents } from './events.tsx'
import { readDeployment } from './known.ts'
import { useSpokenChanges } from './spoken.ts'
import { DeploymentState } from './state.tsx'
import { texts } from './texts.ts'

/** The list. */
export function Deployments () {
  const known = useResource(async signal => {
    const [{ items }, devices] = await Promise.all([ask(api.GET('/api/v1/deployments', { params: { query: { limit: 1000, order: 'oldest' } }, signal })), listDevices(signal)])
    return { items: items.map(readDeployment), names: new Map(devices.map(({ id, name }) => [id, name])) }
  }, [], { every: pace })
  const names = known.data?.names ?? new Map<string, string>()
  const load = async (signal: AbortSignal) => (await ask(api.GET('/api/v1/device-events', { params: { query: { limit: mostEvents, order: 'newest' } }, signal }))).items
  const events = useEvents('/api/v1/device-events/live', load, () => known.reload())
  useSpokenChanges(known.data?.items, names, { areNamed: true })
  return (
    <>
      <Heading title={texts.deployments} />
      <p><Link href='/deployments/new'>{texts.compose}</Link></p>
      <Loaded resource={known} isEmpty={({ items }) => items.length === 0} empty={<Empty title={texts.noDeployments}><p>{texts.noDeploymentsCure}</p></Empty>}>
        {({ items }) => (
          <DataTable
            caption={texts.allDeployments} isCaptionHeardOnly rows={items} rowKey={({ id }) => id}
            columns={[
              { key: 'name', header: texts.name, cell: ({ id, name }) => <Link href={`/deployments/${id}`}>{name}</Link>, sortBy: ({ name }) => name },
              { key: 'state', header: texts.state, cell: deployment => <DeploymentState deployment={deployment} />, sortBy: ({ isReady }) => Number(isReady) },
              {
                key: 'steps',
                header: texts.steps,
                cell: ({ sequence }) => <ol>{sequence.map(({ device, func }, index) => <li key={index}>{texts.step(func, names.get(device) ?? device)}</li>)}</ol>
              },
              { key: 'changed', header: texts.changed, cell: ({ updatedAt }) => <Time at={updatedAt} />, sortBy: ({ updatedAt }) => updatedAt }
            ]}
          />
        )}
      </Loaded>
      <h2>{texts.events}</h2>
      <EventsTable events={events} names={names} />
    </>
  )
}
