// One deployment: what is wanted and what is there, where its steps are and why, what devices answer, what happens, and what one can do with it.
import { useMemo, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { Loaded } from '../../../components/loaded.tsx'
import { Problem } from '../../../components/problem.tsx'
import { Time } from '../../../components/state.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask, unlessMissing } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { listDevices, pace } from '../known.ts'
import type { Device } from '../known.ts'
import { Actions } from './actions.tsx'
import { EventsTable, mostEvents, useEvents } from './events.tsx'
import type { Told } from './events.tsx'
import { failureFrom, FocusedFailure } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { getDeployment, listModules, plan, wantedOf } from './known.ts'
import type { Deployment, Plan } from './known.ts'
import { Conditions, Rollouts } from './observed.tsx'
import { PlanShown } from './plan.tsx'
import { useSpokenChanges } from './spoken.ts'
import { DeploymentState } from './state.tsx'
import { StepsTable } from './steps-table.tsx'
import { texts } from './texts.ts'

/** A deployment by its id. */
export function DeploymentPage ({ id }: { id: string }) {
  const known = useResource(async signal => {
    const [deployment, devices, modules] = await Promise.all([unlessMissing(getDeployment(id, signal)), listDevices(signal), listModules(signal)])
    return { deployment, devices, modules: new Map(modules.map(each => [each.id, each.name])) }
  }, [id], { every: pace })
  const load = async (signal: AbortSignal) => (await ask(api.GET('/api/v1/deployments/{id}/events', { params: { path: { id }, query: { limit: mostEvents, order: 'newest' } }, signal }))).items
  const events = useEvents(`/api/v1/device-events/live?subject=deployment&subjectId=${encodeURIComponent(id)}`, load, () => known.reload())
  const deployment = known.data?.deployment
  const names = new Map((known.data?.devices ?? []).map(device => [device.id, device.name]))
  useSpokenChanges(useMemo(() => deployment === undefined ? undefined : [deployment], [deployment]), names)
  return (
    <>
      <p><Link href='/deployments'>{texts.allDeployments}</Link></p>
      <Heading title={deployment?.name ?? texts.deployment} />
      <Loaded resource={known} isEmpty={data => data.deployment === undefined} empty={<p class='empty'>{texts.missing}</p>}>
        {data => data.deployment === undefined ? null : <Shown deployment={data.deployment} devices={data.devices} modules={data.modules} names={names} events={events} onChanged={() => known.reload()} />}
      </Loaded>
    </>
  )
}

interface ShownProps { readonly deployment: Deployment, readonly devices: readonly Device[], readonly modules: ReadonlyMap<string, string>, readonly names: ReadonlyMap<string, string>, readonly events: readonly Told[], readonly onChanged: () => void }

function Shown ({ deployment, devices, modules, names, events, onChanged }: ShownProps) {
  const [failure, setFailure] = useState<ApiFailure>()
  const [planned, setPlanned] = useState<{ plan: Plan, generation: number }>()
  const { generation, isWanted, rollouts, validationError, createdAt, updatedAt } = deployment
  const failed = Object.entries(rollouts).flatMap(([device, { state }]) => state === 'failed' ? [names.get(device) ?? device] : [])
  /** Does something, and says that it is done or why it is not. */
  const act = (work: () => Promise<unknown>, said?: string) => {
    setFailure(undefined)
    work().then(() => {
      if (said !== undefined) announce(said)
      onChanged()
    }, (error: unknown) => setFailure(failureFrom(error)))
  }
  const explain = () => act(async () => setPlanned({ plan: await plan(wantedOf(deployment)), generation }))
  return (
    <>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <dl class='facts'>
        <dt>{texts.desired}</dt><dd>{isWanted ? texts.desiredOn : texts.desiredOff}</dd>
        <dt>{texts.observed}</dt><dd><DeploymentState deployment={deployment} /></dd>
        {validationError === undefined ? null : <><dt>{texts.risks}</dt><dd>{texts.reasonDoesNotPass}</dd></>}
        <dt>{texts.made}</dt><dd><Time at={createdAt} /></dd>
        <dt>{texts.changed}</dt><dd><Time at={updatedAt} /></dd>
      </dl>
      {failed.length === 0 ? null : <Problem title={texts.notTakenBy(failed.join(', '))}><p>{texts.askedAgain}</p></Problem>}
      <Actions deployment={deployment} onAct={act} onExplain={explain} />
      {planned === undefined ? null : <PlanShown plan={planned.plan} isOutdated={planned.generation !== generation} />}
      <h3>{texts.steps}</h3>
      <StepsTable deployment={deployment} devices={devices} modules={modules} />
      <h3>{texts.rollouts}</h3>
      <Rollouts deployment={deployment} names={names} />
      <h3>{texts.conditions}</h3>
      <Conditions deployment={deployment} names={names} />
      <h3>{texts.events}</h3>
      <EventsTable events={events} names={names} />
    </>
  )
}
