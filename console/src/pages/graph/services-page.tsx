// All services: as a drawing, a table or a list that say the same; and what is wrong with them.
import { useSignal } from '@preact/signals'
import { useMemo, useState } from 'preact/hooks'
import { Select } from '../../components/field.tsx'
import { Empty } from '../../components/problem.tsx'
import { keep, kept } from '../../lib/keep.ts'
import { drawingOf } from './drawing.ts'
import { DrawingView } from './drawing-view.tsx'
import type { Layouter } from './layouter.ts'
import { PlanList } from './plan-list.tsx'
import { Problems } from './problems.tsx'
import { ServiceTable } from './service-table.tsx'
import type { GraphStore } from './store.ts'
import { texts } from './texts.ts'
import { planOf } from './topology.ts'
import type { Plan, Topology, Work } from './topology.ts'

const nothing: Plan = { stages: [], remarks: [] }
const views = ['drawing', 'table', 'list'] as const

/** All services. */
export function ServicesPage ({ store, layouter, topology }: { store: GraphStore, layouter: Layouter, topology: Topology }) {
  const [view, setView] = useState(() => kept('graph-view', views) ?? 'drawing')
  const [wanted, setRoute] = useState('default')
  const [work, setWork] = useState<Work>('render')
  const pointed = useSignal('')
  const routes = topology.plans.map(each => each.route)
  const route = routes.includes(wanted) ? wanted : routes[0] ?? 'default'
  const plan = planOf(topology, route, work)
  const drawing = useMemo(() => drawingOf(plan ?? nothing, topology.services), [plan, topology])
  const choose = (value: string) => {
    const chosen = views.find(each => each === value) ?? 'drawing'
    keep('graph-view', chosen)
    setView(chosen)
  }

  if (topology.services.length === 0 && topology.problems.length === 0) return <><Empty title={texts.noServices}><p>{texts.noServicesCure}</p></Empty><Problems topology={topology} plan={undefined} /></>
  return (
    <>
      <div class='field-row'>
        <Select label={texts.route} value={route} options={routes.map(value => ({ value, label: value }))} onChange={setRoute} />
        <Select label={texts.work} value={work} options={[{ value: 'render', label: texts.workRender }, { value: 'preprocess', label: texts.workPreprocess }]} onChange={value => setWork(value === 'preprocess' ? 'preprocess' : 'render')} />
        <Select label={texts.showAs} value={view} options={[{ value: 'drawing', label: texts.drawing }, { value: 'table', label: texts.table }, { value: 'list', label: texts.list }]} onChange={choose} />
      </div>
      <section>
        <h2>{texts.services}</h2>
        <p>{texts.summary(topology.services.length, topology.services.reduce((sum, { replicas }) => sum + replicas.length, 0), route)} <UnderWay store={store} /></p>
        {plan === undefined || plan.stages.length === 0
          ? <p class='empty'>{texts.noPlan}</p>
          : view === 'drawing'
            ? (
              <>
                <DrawingView layouter={layouter} drawing={drawing} route={route} stages={plan.stages.length} standing={store.standing} pointed={pointed} />
                <h3>{texts.servicesDrawn}</h3>
                <PlanList plan={plan} standing={store.standing} isBrief onPoint={name => { pointed.value = name }} />
              </>
              )
            : view === 'table'
              ? <ServiceTable plan={plan} topology={topology} store={store} />
              : <PlanList plan={plan} standing={store.standing} />}
      </section>
      <Problems topology={topology} plan={plan} />
    </>
  )
}

function UnderWay ({ store }: { store: GraphStore }) {
  return <>{texts.underWay(store.underWay.value)}</>
}
