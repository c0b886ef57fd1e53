// One request: how it ended, what happened moment by moment on the drawing, and the times of its services.
import { signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { Page } from '../../components/page.tsx'
import { Copy, Time } from '../../components/state.tsx'
import type { Resource } from '../../lib/resource.ts'
import { formatDuration, formatTime } from '../../lib/texts.ts'
import { drawingOf } from './drawing.ts'
import { DrawingView } from './drawing-view.tsx'
import { Known } from './known.tsx'
import type { Layouter } from './layouter.ts'
import { Player } from './player.tsx'
import { momentsOf, standingAt } from './requests.ts'
import type { RecentRequest } from './requests.ts'
import type { GraphStore, Standing } from './store.ts'
import { texts } from './texts.ts'
import { planOf } from './topology.ts'
import { Waterfall } from './waterfall.tsx'
import { RequestState } from './words.tsx'

/** The page of a request. */
export function RequestPage ({ number, store, layouter, resource }: { number: number, store: GraphStore, layouter: Layouter, resource: Resource<readonly RecentRequest[]> }) {
  // It stays when newer ones have pushed it out.
  const [known, setKnown] = useState<RecentRequest>()
  const found = resource.data?.find(each => each.number === number)
  useEffect(() => { if (found !== undefined) setKnown(found) }, [found])
  const request = found ?? known
  const isGone = resource.data !== undefined && request === undefined
  const title = request === undefined ? isGone ? texts.noRequest : texts.request : texts.aRequest(formatTime(request.when))
  return (
    <Page title={title} {...isGone ? { lead: texts.noRequestLead } : {}}>
      <p><Link href='/requests' class='target'>{texts.backToRequests}</Link></p>
      <Known resource={resource}>{() => request === undefined ? null : <Details request={request} store={store} layouter={layouter} />}</Known>
    </Page>
  )
}

function Details ({ request, store, layouter }: { request: RecentRequest, store: GraphStore, layouter: Layouter }) {
  const { id, path, route, when, ms, status, code, steps } = request
  const moments = useMemo(() => momentsOf(request), [request])
  const [position, setPosition] = useState(moments.length - 1)
  const standing = useStandings(request)
  useEffect(() => standing.move(standingAt(moments, position)), [moments, position])
  const topology = store.topology.value
  const plan = topology === undefined ? undefined : planOf(topology, route ?? 'default', path === '/render' ? 'render' : 'preprocess')
  const planned = new Set(plan?.stages.flatMap(stage => stage.steps.map(step => step.service)))
  const drawing = useMemo(() => plan === undefined || topology === undefined ? undefined : drawingOf(plan, topology.services), [plan, topology])
  return (
    <>
      <dl class='facts'>
        <dt>{texts.outcome}</dt><dd><RequestState request={request} /></dd>
        {code === undefined ? null : <><dt>{texts.code}</dt><dd><code>{code}</code></dd></>}
        <dt>{texts.httpStatus}</dt><dd>{status === 499 ? texts.status499 : status}</dd>
        <dt>{texts.came}</dt><dd><Time at={when} /></dd>
        <dt>{texts.took}</dt><dd>{formatDuration(ms)}</dd>
        <dt>{texts.path}</dt><dd><code>{path}</code></dd>
        {route === undefined ? null : <><dt>{texts.route}</dt><dd>{route}</dd></>}
        {id === undefined ? null : <><dt>{texts.id}</dt><dd><code>{id}</code> <Copy text={id} label={texts.copyId} /></dd></>}
      </dl>
      {steps.length === 0
        ? <p class='empty'>{texts.noSteps}</p>
        : (
          <>
            <section>
              <h2>{texts.played}</h2>
              <Player request={request} moments={moments} position={position} onMove={setPosition} />
              {drawing === undefined || plan === undefined || plan.stages.length === 0
                ? null
                : <DrawingView layouter={layouter} drawing={drawing} route={route ?? 'default'} stages={plan.stages.length} standing={standing.of} />}
              {plan !== undefined && steps.some(({ service }) => !planned.has(service)) ? <p>{texts.planChanged}</p> : null}
            </section>
            <section>
              <h2>{texts.waterfall}</h2>
              <Waterfall request={request} at={moments[position]?.at ?? ms} />
            </section>
          </>
          )}
    </>
  )
}

/** How services stand at the moment that is looked at. */
function useStandings (request: RecentRequest): { of: (name: string) => ReadonlySignal<Standing>, move: (standing: Map<string, string>) => void } {
  return useMemo(() => {
    const signals = new Map<string, Signal<Standing>>()
    const of = (name: string): Signal<Standing> => {
      const known = signals.get(name) ?? signal<Standing>(current.get(name) as Standing)
      signals.set(name, known)
      return known
    }
    let current = new Map<string, string>()
    return {
      of,
      move: standing => {
        current = standing
        for (const [name, one] of signals) one.value = standing.get(name) as Standing
      }
    }
  }, [request])
}
