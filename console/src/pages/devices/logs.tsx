// Lines that devices log, as they come.
import { useEffect, useRef, useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Toggle } from '../../components/field.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { Time } from '../../components/state.tsx'
import type { paths } from '../../api/schema.d.ts'
import { api, ask } from '../../lib/api.ts'
import { followEvents } from '../../lib/events.ts'
import { useResource } from '../../lib/resource.ts'
import { texts } from './texts.ts'

type Line = paths['/api/v1/device-logs']['get']['responses']['200']['content']['application/json']['items'][number]

/** Lines that are shown. */
const mostLines = 500

/** The lines, newest first. */
export function Logs () {
  const before = useResource(async signal => (await ask(api.GET('/api/v1/device-logs', { params: { query: { limit: mostLines, order: 'newest' } }, signal }))).items, [])
  const [lines, setLines] = useState<readonly Line[]>([])
  const [isHeld, setHeld] = useState(false)
  const held = useRef(false)
  held.current = isHeld
  const waiting = useRef<Line[]>([])
  const take = () => setLines(known => [...waiting.current.splice(0).reverse(), ...known].slice(0, mostLines))
  useEffect(() => {
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    followEvents('/api/v1/device-logs/live', {
      signal: controller.signal,
      // What came between the list and the stream, or while the stream was lost, is in neither.
      onState (state) { if (state === 'open') before.reload() },
      onEvent (name, data) {
        if (name !== 'line') return
        waiting.current = [...waiting.current, data as Line].slice(-mostLines)
        timer ??= setTimeout(() => {
          timer = undefined
          if (!held.current) take()
        }, 500)
      }
    }).catch(() => {})
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [])
  return (
    <>
      <p>{texts.live}</p>
      <Toggle label={texts.hold} isOn={isHeld} onChange={on => { setHeld(on); if (!on) take() }} />
      <Loaded resource={before}>
        {known => (
          <DataTable
            caption={texts.logs} rows={[...lines, ...known.filter(({ id }) => !lines.some(each => each.id === id))].slice(0, mostLines)} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noLogs}</p>}
            columns={[
              { key: 'when', header: texts.when, cell: ({ dateReceived }) => <Time at={dateReceived} /> },
              { key: 'device', header: texts.device, cell: ({ deviceName }) => deviceName ?? '' },
              { key: 'line', header: texts.line, cell: ({ line }) => <code>{textOf(line)}</code> }
            ]}
          />
        )}
      </Loaded>
    </>
  )
}

/** The words of a line: its message where it has one, otherwise all of it. */
function textOf (line: unknown): string {
  if (typeof line !== 'object' || line === null) return String(line)
  const { message } = line as { message?: unknown }
  return typeof message === 'string' ? message : JSON.stringify(line)
}
