// The graph: services and recent requests, both live.
import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Route, Switch } from 'wouter-preact'
import { Page } from '../../components/page.tsx'
import { Tabs } from '../../components/state.tsx'
import type { ApiFailure } from '../../lib/api.ts'
import type { Resource } from '../../lib/resource.ts'
import { operatorToken } from '../../lib/session.ts'
import './graph.css'
import { Known } from './known.tsx'
import { createLayouter } from './layouter.ts'
import type { Layouter } from './layouter.ts'
import { RequestPage } from './request-page.tsx'
import { RequestsPage } from './requests-page.tsx'
import { ServicePage } from './service-page.tsx'
import { ServicesPage } from './services-page.tsx'
import { createGraphStore } from './store.ts'
import type { GraphStore } from './store.ts'
import { texts } from './texts.ts'

/** The page and its sub-pages. */
export default function Graph () {
  const store = useMemo(createGraphStore, [])
  const layouter = useMemo(createLayouter, [])
  useEffect(() => () => layouter.close(), [layouter])
  const [round, setRound] = useState(0)
  const token = operatorToken.value
  useEffect(() => {
    const ending = new AbortController()
    store.follow(ending.signal)
    return () => ending.abort()
  }, [token, round])
  const again = () => setRound(before => before + 1)
  const known = { store, layouter, again }
  return (
    <Switch>
      <Route path='/'><Services {...known} /></Route>
      <Route path='/requests'><Requests {...known} /></Route>
      <Route path='/requests/:number'>{({ number }) => <OneRequest key={number} number={Number(number)} {...known} />}</Route>
      <Route path='/services/:name'>{({ name }) => <OneService key={name} name={decoded(name)} {...known} />}</Route>
    </Switch>
  )
}

/** What every sub-page is given. Each looks only at what it shows: a request that ends is no reason to draw all services anew. */
interface Given { readonly store: GraphStore, readonly layouter: Layouter, readonly again: () => void }

function Services ({ store, layouter, again }: Given) {
  const resource = resourceOf(store.topology, store.topologyFailure, again)
  return (
    <Page title={texts.graph} lead={texts.graphLead}>
      <Parts />
      <Known resource={resource}>{known => <ServicesPage store={store} layouter={layouter} topology={known} />}</Known>
    </Page>
  )
}

function Requests ({ store, again }: Given) {
  const resource = resourceOf(store.requests, store.requestsFailure, again)
  return (
    <Page title={texts.requests} lead={texts.requestsLead}>
      <Parts />
      <Known resource={resource}>{known => <RequestsPage store={store} requests={known} />}</Known>
    </Page>
  )
}

function OneRequest ({ number, store, layouter, again }: Given & { number: number }) {
  return <RequestPage number={number} store={store} layouter={layouter} resource={resourceOf(store.requests, store.requestsFailure, again)} />
}

function OneService ({ name, store, again }: Given & { name: string }) {
  return <ServicePage name={name} store={store} resource={resourceOf(store.topology, store.topologyFailure, again)} />
}

function Parts () {
  return <Tabs label={texts.parts} links={[{ path: '/', name: texts.services }, { path: '/requests', name: texts.requests }]} />
}

function resourceOf<T> (data: ReadonlySignal<T | undefined>, failure: ReadonlySignal<ApiFailure | undefined>, reload: () => void): Resource<T> {
  const [known, failed] = [data.value, failure.value]
  return { state: failed !== undefined ? 'failed' : known === undefined ? 'loading' : 'ready', data: known, failure: failed, isStale: known !== undefined && failed !== undefined, reload }
}

/** The name in an address. One that was never encoded stands for itself. */
function decoded (name: string): string {
  try { return decodeURIComponent(name) } catch { return name }
}
