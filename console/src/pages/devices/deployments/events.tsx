// What happens to deployments and devices, as it happens.
import { useEffect, useRef, useState } from 'preact/hooks'
import { DataTable } from '../../../components/data-table.tsx'
import { Time } from '../../../components/state.tsx'
import { followEvents } from '../../../lib/events.ts'
import { named } from './known.ts'
import { texts } from './texts.ts'

/** What happened. */
export interface Told { readonly id: string, readonly time: number, readonly reason: string, readonly message: string }

/** Events that are shown. */
export const mostEvents = 100

/**
 * What has happened, newest first, and happens.
 * @param live - where it is followed
 * @param load - gives what has happened before
 * @param onEvent - hears of each event as it comes
 */
export function useEvents (live: string, load: (signal: AbortSignal) => Promise<readonly Told[]>, onEvent: (told: Told) => void): readonly Told[] {
  const [events, setEvents] = useState<readonly Told[]>([])
  const heard = useRef(onEvent)
  heard.current = onEvent
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const add = (told: readonly Told[]) => setEvents(before => [...told, ...before.filter(({ id }) => !told.some(each => each.id === id))].toSorted((a, b) => b.time - a.time).slice(0, mostEvents))
    const catchUp = () => { load(signal).then(add, () => {}) }
    setEvents([])
    catchUp()
    followEvents(live, {
      signal,
      // What happened while nobody listened.
      onState (state) { if (state === 'open') catchUp() },
      onEvent (name, data) {
        if (name !== 'event') return
        const told = data as Told
        add([told])
        heard.current(told)
      }
    }).catch(() => {})
    return () => controller.abort()
  }, [live])
  return events
}

/** The events as a table. @param names - of devices, by id */
export function EventsTable ({ events, names }: { events: readonly Told[], names: ReadonlyMap<string, string> }) {
  return (
    <DataTable
      caption={texts.events} isCaptionHeardOnly rows={events} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noEvents}</p>}
      columns={[{ key: 'when', header: texts.when, cell: ({ time }) => <Time at={time} /> }, { key: 'event', header: texts.event, cell: ({ message }) => <span lang='en'>{named(message, names)}</span> }]}
    />
  )
}
