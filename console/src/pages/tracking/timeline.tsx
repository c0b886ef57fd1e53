// When an object was seen: a chart with a lane for each camera, and a table that says the same.
import { useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Select } from '../../components/field.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { Time } from '../../components/state.tsx'
import { fetchFromServer, failureOf } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { formatTime } from '../../lib/texts.ts'
import { staysOf } from './stays.ts'
import type { Sighting, Stay } from './stays.ts'
import { texts } from './texts.ts'

/** Most sightings that are asked for. */
const mostSightings = 10_000

async function readData<T> (path: string, token: string, signal: AbortSignal): Promise<T> {
  const response = await fetchFromServer(path, { signal, headers: { accept: 'application/json', ...token === '' ? {} : { authorization: `Bearer ${token}` } } })
  const text = await response.text()
  if (!response.ok) throw failureOf(response.status, text)
  return JSON.parse(text) as T
}

/** Timelines. @param asked - the object that is asked for from elsewhere on the page @param token - of a client, where the server asks for one */
export function Timelines ({ asked, token, onChoose }: { asked: string, token: string, onChoose: (object: string) => void }) {
  const ids = useResource(async signal => (await readData<{ data: number[] }>('/objectIds', token, signal)).data, [token, asked])
  return (
    <section class='timelines'>
      <h2 id='timelines' tabIndex={-1}>{texts.timelines}</h2>
      <p>{texts.timelinesLead}</p>
      <Loaded resource={ids} isEmpty={list => list.length === 0} empty={<p class='empty'>{texts.noTimelines}</p>}>
        {list => <Select label={texts.choose} value={asked} options={[{ value: '', label: texts.chooseNone }, ...list.toReversed().slice(0, 1000).map(id => ({ value: String(id), label: String(id) }))]} onChange={onChoose} />}
      </Loaded>
      {asked === '' ? null : <Timeline key={asked} object={asked} token={token} />}
    </section>
  )
}

function Timeline ({ object, token }: { object: string, token: string }) {
  const [isCut, setCut] = useState(false)
  const sightings = useResource(async signal => {
    try {
      const { data, next } = await readData<{ data: Sighting[], next?: string }>(`/timelines?objectId=${encodeURIComponent(object)}&times=iso&limit=${mostSightings}`, token, signal)
      setCut(next !== undefined)
      return data
    } catch (error) {
      // 400 means that there is nothing.
      if (error instanceof Error && 'status' in error && error.status === 400) return []
      throw error
    }
  }, [object, token])
  return (
    <Loaded resource={sightings} isEmpty={list => list.length === 0} empty={<p class='empty'>{texts.noSightings}</p>}>
      {list => {
        const stays = staysOf(list)
        return (
          <>
            {isCut ? <p>{texts.moreThan(mostSightings)}</p> : null}
            <Chart object={object} stays={stays} count={list.length} />
            <DataTable
              caption={texts.stays(object)} rows={stays} rowKey={({ from, camera }) => `${from} ${camera}`}
              columns={[
                { key: 'camera', header: texts.camera, cell: ({ camera }) => camera, sortBy: ({ camera }) => camera },
                { key: 'from', header: texts.from, cell: ({ from }) => <Time at={from} />, sortBy: ({ from }) => from },
                { key: 'until', header: texts.until, cell: ({ until }) => <Time at={until} />, sortBy: ({ until }) => until },
                { key: 'sightings', header: texts.frames, cell: stay => stay.sightings, sortBy: stay => stay.sightings, isNumeric: true }
              ]}
            />
          </>
        )
      }}
    </Loaded>
  )
}

const lane = 28
const left = 130
const width = 900

function Chart ({ object, stays, count }: { object: string, stays: readonly Stay[], count: number }) {
  const cameras = [...new Set(stays.map(({ camera }) => camera))].slice(0, 50)
  const first = stays[0]?.from ?? 0
  const last = Math.max(first + 1, ...stays.map(({ until }) => until))
  const x = (at: number) => left + (at - first) / (last - first) * (width - left - 10)
  const height = cameras.length * lane
  return (
    <svg class='timeline' role='img' aria-label={texts.chartOf(object, count, cameras.length)} viewBox={`0 0 ${width} ${height + 24}`}>
      {cameras.map((camera, index) => (
        <g key={camera}>
          <line x1={left} x2={width - 10} y1={index * lane + lane / 2} y2={index * lane + lane / 2} class='timeline-lane' />
          <text x={left - 8} y={index * lane + lane / 2 + 5} text-anchor='end'>{camera.length > 14 ? `${camera.slice(0, 13)}…` : camera}</text>
        </g>
      ))}
      {stays.filter(({ camera }) => cameras.includes(camera)).slice(0, 2000).map(({ camera, from, until }) => <rect key={`${from} ${camera}`} x={x(from)} y={cameras.indexOf(camera) * lane + 6} width={Math.max(3, x(until) - x(from))} height={lane - 12} class='timeline-stay' />)}
      <text x={left} y={height + 18}>{formatTime(first)}</text>
      <text x={width - 10} y={height + 18} text-anchor='end'>{formatTime(last)}</text>
    </svg>
  )
}
