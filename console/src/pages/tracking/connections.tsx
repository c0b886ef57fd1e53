// Who is connected, for operators: processors and clients, how fast things go, and who is slow.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { paths } from '../../api/schema.d.ts'
import { DataTable } from '../../components/data-table.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { State, Time } from '../../components/state.tsx'
import { ApiFailure } from '../../lib/api.ts'
import { followEvents } from '../../lib/events.ts'
import type { Resource } from '../../lib/resource.ts'
import { askForSignIn, operatorToken } from '../../lib/session.ts'
import { formatBytes, formatNumber } from '../../lib/texts.ts'
import { useKeptFocus } from './kept-focus.ts'
import { texts } from './texts.ts'

type Connected = paths['/tracking/state']['get']['responses']['200']['content']['application/json']

/** Who is connected, as the server tells of it each second; held still where the page is. */
function useConnected (isHeld: boolean): Resource<Connected> {
  const [known, setKnown] = useState<{ data?: Connected | undefined, failure?: ApiFailure | undefined }>({})
  const [round, setRound] = useState(0)
  const held = useRef(isHeld)
  held.current = isHeld
  const token = operatorToken.value
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const fail = (failure: ApiFailure) => setKnown(({ data }) => ({ data, failure }))
    followEvents('/tracking/state', {
      signal,
      onEvent (name, data) { if (name === 'state' && !held.current) setKnown({ data: data as Connected }) },
      onState (state) { if (state === 'lost') fail(new ApiFailure(0, '')) }
    }).catch((error: unknown) => {
      if (!signal.aborted) fail(error instanceof ApiFailure ? error : new ApiFailure(500, String(error)))
    })
    return () => {
      controller.abort()
      // What another operator may see is not what this one may.
      setKnown({})
    }
  }, [token, round])
  const { data, failure } = known
  return {
    state: failure === undefined ? data === undefined ? 'loading' : 'ready' : 'failed',
    data,
    failure,
    isStale: data !== undefined && failure !== undefined,
    reload: () => setRound(before => before + 1)
  }
}

/** The part of the page. */
export function Connections ({ isHeld }: { isHeld: boolean }) {
  const connected = useConnected(isHeld)
  const part = useRef<HTMLElement>(null)
  useKeptFocus(part, 'connections')
  return (
    <section class='connections' ref={part}>
      <h2 id='connections' tabIndex={-1}>{texts.connections}</h2>
      {connected.failure?.kind === 'unauthorised'
        ? <><p>{texts.operatorsOnly}</p><div class='actions'><button type='button' onClick={askForSignIn}>{texts.signIn}</button></div></>
        : <Loaded resource={connected}>{state => <Tables state={state} />}</Loaded>}
    </section>
  )
}

const perSecond = (rate: number) => formatNumber(rate, 1)

function Tables ({ state: { totals, processors, omittedProcessors, clients, omittedClients } }: { state: Connected }) {
  return (
    <>
      <p>{texts.connectionsLead}</p>
      <ul>
        <li>{texts.comes(perSecond(totals.messagesInPerSecond), perSecond(totals.boxesPerSecond))}</li>
        <li>{texts.goes(perSecond(totals.messagesOutPerSecond))}</li>
        <li>{texts.waits(formatBytes(totals.unread), formatNumber(totals.dropped))}</li>
      </ul>
      <h3>{texts.processors(totals.processors)}</h3>
      <DataTable
        caption={texts.processorTable} isCaptionHeardOnly rows={processors} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noProcessors}</p>}
        columns={[
          { key: 'camera', header: texts.camera, cell: ({ name }) => name ?? texts.unnamed, sortBy: ({ name }) => name ?? '' },
          { key: 'state', header: texts.answers, cell: ({ isRegistered }) => isRegistered ? <State kind='good'>{texts.yes}</State> : <State kind='warning'>{texts.no}</State>, sortBy: ({ isRegistered }) => Number(isRegistered) },
          { key: 'since', header: texts.since, cell: ({ since }) => <Time at={since} />, sortBy: ({ since }) => since },
          { key: 'messages', header: texts.messagesPerSecond, isNumeric: true, cell: ({ messagesPerSecond }) => perSecond(messagesPerSecond), sortBy: ({ messagesPerSecond }) => messagesPerSecond },
          { key: 'boxes', header: texts.boxesPerSecond, isNumeric: true, cell: ({ boxesPerSecond }) => perSecond(boxesPerSecond), sortBy: ({ boxesPerSecond }) => boxesPerSecond },
          { key: 'last', header: texts.lastMessage, cell: ({ last }) => last === undefined ? texts.never : <Time at={last} />, sortBy: ({ last }) => last ?? 0 },
          { key: 'id', header: texts.logName, cell: ({ id }) => <code>{id}</code> }
        ]}
      />
      {omittedProcessors === 0 ? null : <p>{texts.more(omittedProcessors)}</p>}
      <h3>{texts.clients(totals.clients)}</h3>
      <DataTable
        caption={texts.clientTable} isCaptionHeardOnly rows={clients} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noClients}</p>}
        columns={[
          { key: 'id', header: texts.logName, cell: ({ id }) => <code>{id}</code>, sortBy: ({ id }) => id },
          { key: 'since', header: texts.since, cell: ({ since }) => <Time at={since} />, sortBy: ({ since }) => since },
          { key: 'cameras', header: texts.cameras, cell: ({ cameras, omittedCameras }) => listOf(cameras, omittedCameras) },
          { key: 'objects', header: texts.wanted, cell: ({ objects, omittedObjects }) => listOf(objects, omittedObjects) },
          { key: 'images', header: texts.usesImages, cell: ({ usesImages }) => usesImages ? texts.yes : texts.no, sortBy: ({ usesImages }) => Number(usesImages) },
          { key: 'unread', header: texts.unread, isNumeric: true, cell: ({ unread }) => formatBytes(unread), sortBy: ({ unread }) => unread },
          { key: 'dropped', header: texts.dropped, isNumeric: true, cell: ({ dropped }) => formatNumber(dropped), sortBy: ({ dropped }) => dropped },
          { key: 'messages', header: texts.messagesPerSecond, isNumeric: true, cell: ({ messagesPerSecond }) => perSecond(messagesPerSecond), sortBy: ({ messagesPerSecond }) => messagesPerSecond }
        ]}
      />
      {omittedClients === 0 ? null : <p>{texts.more(omittedClients)}</p>}
    </>
  )
}

/** What a client follows: some of them by their names, or all. */
function listOf (names: ReadonlyArray<string | number> | undefined, omitted: number): string {
  if (names === undefined) return texts.all
  if (names.length === 0) return texts.none
  return omitted === 0 ? names.join(', ') : texts.andMore(names.join(', '), omitted)
}
