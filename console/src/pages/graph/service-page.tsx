// One service: what its labels say, its copies, its neighbours, and how it did lately.
import { Link } from 'wouter-preact'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { Page } from '../../components/page.tsx'
import { State, Time } from '../../components/state.tsx'
import type { Resource } from '../../lib/resource.ts'
import { formatDuration, formatNumber } from '../../lib/texts.ts'
import { Known } from './known.tsx'
import { Problems } from './problems.tsx'
import type { RecentRequest, RecentStep } from './requests.ts'
import { ServiceLink, ServiceLinks } from './service-link.tsx'
import type { GraphStore } from './store.ts'
import { texts } from './texts.ts'
import { healthOf, usersOf } from './topology.ts'
import type { Replica, Service, Topology } from './topology.ts'
import { LiveState, roleWords, standingWords, StepState } from './words.tsx'

/** The page of a service. */
export function ServicePage ({ name, store, resource }: { name: string, store: GraphStore, resource: Resource<Topology> }) {
  const service = resource.data?.services.find(each => each.name === name)
  const isGone = resource.data !== undefined && service === undefined
  return (
    <Page title={isGone ? texts.noService : name} lead={isGone ? texts.noServiceLead : texts.serviceLead}>
      <p><Link href='/' class='target'>{texts.backToServices}</Link></p>
      <Known resource={resource}>{topology => service === undefined ? null : <Details service={service} topology={topology} store={store} />}</Known>
    </Page>
  )
}

function Details ({ service, topology, store }: { service: Service, topology: Topology, store: GraphStore }) {
  const { name, roles, routes, priority, required, optional, cacheSeconds, variesByLanguage, timeout, concurrency, retries } = service
  const users = usersOf(topology, name)
  return (
    <>
      <p><LiveState standing={store.standing(name)} /></p>
      <section>
        <h2>{texts.facts}</h2>
        <dl class='facts'>
          <dt>{texts.roles}</dt><dd>{roles.map(roleWords).join(', ')}</dd>
          <dt>{texts.routes}</dt><dd>{routes.join(', ')}</dd>
          {priority === undefined ? null : <><dt>{texts.priority}</dt><dd>{formatNumber(priority, 2)}</dd></>}
          <dt>{texts.keptFor}</dt><dd>{cacheSeconds === 0 ? texts.never : texts.seconds(formatNumber(cacheSeconds))}{variesByLanguage ? `, ${texts.byLanguage}` : ''}</dd>
          <dt>{texts.timeLimit}</dt><dd>{timeout === undefined ? texts.serverDefault : formatDuration(timeout)}</dd>
          <dt>{texts.callsAtOnce}</dt><dd>{concurrency === undefined ? texts.serverDefault : formatNumber(concurrency)}</dd>
          <dt>{texts.triesAgain}</dt><dd>{formatNumber(retries)}</dd>
        </dl>
      </section>
      <section>
        <h2>{texts.neighbours}</h2>
        <dl class='facts'>
          <dt>{texts.needs}</dt><dd><Dependencies dependencies={required} /></dd>
          <dt>{texts.canUse}</dt><dd><Dependencies dependencies={optional} /></dd>
          <dt>{texts.neededBy}</dt><dd><ServiceLinks names={users} none={texts.none} /></dd>
        </dl>
      </section>
      <section>
        <h2>{texts.replicas}</h2>
        <Replicas name={name} store={store} />
      </section>
      <Problems topology={topology} plan={undefined} service={name} />
      <section>
        <h2>{texts.lately}</h2>
        <Lately name={name} store={store} />
      </section>
    </>
  )
}

function Dependencies ({ dependencies }: { dependencies: Service['required'] }) {
  if (dependencies.length === 0) return <>{texts.none}</>
  return <>{dependencies.map(({ service, runs }, index) => <span key={service}>{index === 0 ? '' : ', '}{runs ? <ServiceLink name={service} /> : <>{service} <State kind='bad'>{texts.notThere}</State></>}</span>)}</>
}

function Replicas ({ name, store }: { name: string, store: GraphStore }) {
  const { replicas } = store.live(name).value
  const columns: Array<Column<Replica>> = [
    { key: 'id', header: texts.replica, cell: each => each.id.slice(0, 40) },
    { key: 'origin', header: texts.origin, cell: each => each.origin },
    { key: 'state', header: texts.state, cell: each => <ReplicaState replica={each} /> },
    { key: 'health', header: texts.health, cell: each => <span lang='en'>{each.health}</span> },
    { key: 'inFlight', header: texts.inFlight, cell: each => formatNumber(each.inFlight), isNumeric: true },
    { key: 'failures', header: texts.failures, cell: each => formatNumber(each.failures), isNumeric: true },
    { key: 'aside', header: texts.setAside, cell: each => each.setAsideUntil === undefined ? '–' : <Time at={each.setAsideUntil} /> }
  ]
  return <DataTable caption={texts.replicas} isCaptionHeardOnly columns={columns} rows={replicas} rowKey={each => `${each.id} ${each.origin}`} />
}

function ReplicaState ({ replica }: { replica: Replica }) {
  const { kind, words } = standingWords(healthOf([replica]))
  return <State kind={kind}>{words}</State>
}

function Lately ({ name, store }: { name: string, store: GraphStore }) {
  const asked = (store.requests.value ?? []).flatMap(request => request.steps.filter(step => step.service === name).map(step => ({ request, step }))).slice(0, 20)
  const columns: Array<Column<{ request: RecentRequest, step: RecentStep }>> = [
    { key: 'request', header: texts.request, cell: ({ request }) => <Link href={`/requests/${request.number}`} class='target'><Time at={request.when} /></Link> },
    { key: 'outcome', header: texts.outcome, cell: ({ step }) => <StepState step={step} /> },
    { key: 'took', header: texts.took, cell: ({ step }) => formatDuration(step.ms), sortBy: ({ step }) => step.ms, isNumeric: true }
  ]
  return <DataTable caption={texts.lately} isCaptionHeardOnly columns={columns} rows={asked} rowKey={({ request, step }) => `${request.number} ${step.role}`} empty={<p class='empty'>{texts.notLately}</p>} />
}
