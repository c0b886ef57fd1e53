// Recent requests as a table: filtered, and new ones as they come, for as long as one wants them to.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { Field, Select, Toggle } from '../../components/field.tsx'
import { Empty } from '../../components/problem.tsx'
import { Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { formatDuration, language } from '../../lib/texts.ts'
import { filterRequests, isLost } from './requests.ts'
import type { RecentRequest } from './requests.ts'
import type { GraphStore } from './store.ts'
import { texts } from './texts.ts'
import { RequestState, requestWords } from './words.tsx'

/** Rows that are shown at first, and how many more with each press. */
const portion = 50
/** The table changes this often at most, and new requests are said so often at most, in milliseconds. */
const pace = { table: 500, speech: 8000 }

/** Recent requests. */
export function RequestsPage ({ store, requests }: { store: GraphStore, requests: readonly RecentRequest[] }) {
  const [text, setText] = useState('')
  const [end, setEnd] = useState('')
  const [isFollowing, setFollowing] = useState(true)
  const [most, setMost] = useState(portion)
  const shown = usePaced(requests, isFollowing)
  useSpoken(requests, isFollowing)
  const found = useMemo(() => filterRequests(shown, { text, end }), [shown, text, end])
  const rows = useMemo(() => found.slice(0, most), [found, most])
  const newest = shown[0]?.number ?? 0
  const held = isFollowing ? 0 : requests.filter(({ number }) => number > newest).length

  if (store.limit.value === 0) return <Empty title={texts.keptNone}><p>{texts.keptNoneCure}</p></Empty>
  return (
    <>
      <p><UnderWay store={store} /></p>
      <div class='field-row' role='search'>
        <Field label={texts.search} hint={texts.searchHint}>{control => <input {...control} type='search' value={text} onInput={event => setText(event.currentTarget.value)} />}</Field>
        <Select label={texts.ended} value={end} onChange={setEnd} options={[{ value: '', label: texts.all }, { value: 'answered', label: texts.answered }, { value: 'incomplete', label: texts.answeredIncomplete }, { value: 'refused', label: texts.refusedRequest }, { value: 'cancelled', label: texts.cancelledRequest }, { value: 'failed', label: texts.failedRequest }]} />
        <Toggle label={texts.follow} hint={texts.followHint} isOn={isFollowing} onChange={setFollowing} />
      </div>
      {requests.length === 0
        ? <Empty title={texts.noRequests}><p>{texts.noRequestsCure}</p></Empty>
        : (
          <>
            <p>{texts.shown(found.length, shown.length)} {held === 0 ? null : texts.held(held)}</p>
            <Table rows={rows} />
            {found.length > most ? <button type='button' onClick={() => setMost(most + portion)}>{texts.more(Math.min(portion, found.length - most))}</button> : null}
          </>
          )}
    </>
  )
}

function UnderWay ({ store }: { store: GraphStore }) {
  return <>{texts.underWay(store.underWay.value)}</>
}

function Table ({ rows }: { rows: readonly RecentRequest[] }) {
  const columns: Array<Column<RecentRequest>> = [
    { key: 'when', header: texts.came, cell: each => <Link href={`/requests/${each.number}`} class='target'><Time at={each.when} /></Link>, sortBy: each => each.number },
    { key: 'outcome', header: texts.outcome, cell: each => <><RequestState request={each} />{each.code === undefined ? null : <> <code>{each.code}</code></>}</>, sortBy: each => requestWords(each).words },
    { key: 'took', header: texts.took, cell: each => formatDuration(each.ms), sortBy: each => each.ms, isNumeric: true },
    { key: 'services', header: texts.asked, cell: each => texts.askedOf(each.steps.length, each.steps.filter(isLost).length), sortBy: each => each.steps.length },
    { key: 'path', header: texts.path, cell: each => <code>{each.path}</code>, sortBy: each => each.path },
    { key: 'route', header: texts.route, cell: each => each.route ?? '–', sortBy: each => each.route ?? '' },
    { key: 'id', header: texts.id, cell: each => each.id === undefined ? '–' : <code>{each.id.slice(0, 8)}</code>, sortBy: each => each.id ?? '' }
  ]
  return useMemo(() => <DataTable caption={texts.requests} isCaptionHeardOnly columns={columns} rows={rows} rowKey={each => String(each.number)} empty={<p class='empty'>{texts.noneMatches}</p>} />, [rows, language.value])
}

/** The newest, at most so often, and only while they are followed. */
function usePaced (requests: readonly RecentRequest[], isFollowing: boolean): readonly RecentRequest[] {
  const [shown, setShown] = useState(requests)
  const newest = useRef(requests)
  const timer = useRef<ReturnType<typeof setTimeout>>()
  newest.current = requests
  useEffect(() => {
    if (!isFollowing || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      setShown(newest.current)
    }, pace.table)
  }, [requests, isFollowing])
  useEffect(() => () => {
    clearTimeout(timer.current)
    timer.current = undefined
  }, [isFollowing])
  return shown
}

/** Says how many have come since it was last said. */
function useSpoken (requests: readonly RecentRequest[], isFollowing: boolean): void {
  const said = useRef(requests[0]?.number ?? 0)
  const newest = useRef(requests)
  newest.current = requests
  useEffect(() => {
    if (!isFollowing) return
    said.current = newest.current[0]?.number ?? 0
    const timer = setInterval(() => {
      const fresh = newest.current.filter(({ number }) => number > said.current)
      if (fresh.length === 0) return
      said.current = Math.max(...fresh.map(each => each.number))
      announce(texts.newRequests(fresh.length, fresh.filter(each => requestWords(each).kind !== 'good').length))
    }, pace.speech)
    return () => clearInterval(timer)
  }, [isFollowing])
}
