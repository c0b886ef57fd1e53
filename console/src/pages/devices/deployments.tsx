// Deployments as they are wanted and as they are, and what happens to them and their devices.
import { useEffect, useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { Empty } from '../../components/problem.tsx'
import { State, Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { api, ask } from '../../lib/api.ts'
import { followEvents } from '../../lib/events.ts'
import { useResource } from '../../lib/resource.ts'
import { listDevices, pace } from './known.ts'
import { texts } from './texts.ts'

/** What happened. */
interface Told { readonly id: string, readonly time: number, readonly message: string }

/** Events that are shown. */
const mostEvents = 100

/** The list. */
export function Deployments () {
  const known = useResource(async signal => {
    const [{ items }, devices] = await Promise.all([ask(api.GET('/api/v1/deployments', { params: { query: { limit: 1000, order: 'oldest' } }, signal })), listDevices(signal)])
    return { items, names: new Map(devices.map(({ id, name }) => [id, name])) }
  }, [], { every: pace })
  const events = useEvents(known.reload)
  return (
    <>
      <Loaded resource={known} isEmpty={({ items }) => items.length === 0} empty={<Empty title={texts.noDeployments}><p>{texts.noDeploymentsCure}</p></Empty>}>
        {({ items, names }) => (
          <DataTable
            caption={texts.deployments} rows={items} rowKey={({ id }) => id}
            columns={[
              { key: 'name', header: texts.name, cell: ({ name }) => name, sortBy: ({ name }) => name },
              { key: 'state', header: texts.state, cell: deployment => <DeploymentState {...deployment} />, sortBy: ({ isReady }) => Number(isReady) },
              {
                key: 'steps',
                header: texts.steps,
                cell: ({ sequence }) => <ol>{(sequence as Array<{ device?: string, func?: string }>).map(({ device, func }, index) => <li key={index}>{texts.step(String(func), names.get(device ?? '') ?? device ?? texts.nowhere)}</li>)}</ol>
              },
              { key: 'changed', header: texts.changed, cell: ({ updatedAt }) => <Time at={updatedAt} />, sortBy: ({ updatedAt }) => updatedAt }
            ]}
          />
        )}
      </Loaded>
      <h2>{texts.events}</h2>
      <DataTable
        caption={texts.events} isCaptionHeardOnly rows={events} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noEvents}</p>}
        columns={[{ key: 'when', header: texts.when, cell: ({ time }) => <Time at={time} /> }, { key: 'event', header: texts.event, cell: ({ message }) => <span lang='en'>{message}</span> }]}
      />
    </>
  )
}

function DeploymentState ({ isWanted, isReady, isInFailover }: { isWanted: boolean, isReady: boolean, isInFailover: boolean }) {
  return (
    <>
      {isWanted ? isReady ? <State kind='good'>{texts.ready}</State> : <State kind='busy'>{texts.waiting}</State> : <State kind='off'>{texts.notWanted}</State>}
      {isInFailover ? <> <State kind='warning'>{texts.inFailover}</State></> : null}
    </>
  )
}

/** What has happened, newest first, and happens; failovers and returns are said. */
function useEvents (onEvent: () => void): readonly Told[] {
  const [events, setEvents] = useState<readonly Told[]>([])
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const add = (told: readonly Told[]) => setEvents(before => [...told, ...before.filter(({ id }) => !told.some(each => each.id === id))].toSorted((a, b) => b.time - a.time).slice(0, mostEvents))
    ask(api.GET('/api/v1/device-events', { params: { query: { limit: mostEvents, order: 'newest' } }, signal })).then(({ items }) => add(items), () => {})
    followEvents('/api/v1/device-events/live', {
      signal,
      onEvent (name, data) {
        if (name !== 'event') return
        const told = data as Told & { reason: string }
        add([told])
        if (told.reason === 'FailedOver' || told.reason === 'Returned') announce(told.message)
        onEvent()
      }
    }).catch(() => {})
    return () => controller.abort()
  }, [])
  return events
}
