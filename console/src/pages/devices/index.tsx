// The page of devices: its sub-pages, or that this server has none.
import { Route, Switch } from 'wouter-preact'
import { Loaded } from '../../components/loaded.tsx'
import { Page } from '../../components/page.tsx'
import { Empty } from '../../components/problem.tsx'
import { Tabs } from '../../components/state.tsx'
import { unlessMissing } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { Compose } from './deployments/compose.tsx'
import { Deployments } from './deployments/index.tsx'
import { DeploymentPage } from './deployments/page.tsx'
import { DevicePage } from './device-page.tsx'
import { Devices } from './devices.tsx'
import { ExecutionPage } from './executions/execution-page.tsx'
import { Executions } from './executions/index.tsx'
import { RunPage } from './executions/run-page.tsx'
import { listDevices } from './known.ts'
import { Logs } from './logs.tsx'
import { DescribePage } from './modules/describe.tsx'
import { Modules } from './modules/index.tsx'
import { ModulePage } from './modules/module-page.tsx'
import { texts } from './texts.ts'
import { Trust } from './trust/index.tsx'

/** The page. */
export default function DevicesPage () {
  const module = useResource(async signal => await unlessMissing(listDevices(signal)) !== undefined, [])
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded resource={module} isEmpty={has => !has} empty={<Empty title={texts.off}><p>{texts.offCure}</p></Empty>}>
        {() => (
          <>
            <Tabs label={texts.pages} links={[{ path: '/', name: texts.devices }, { path: '/modules', name: texts.modules }, { path: '/deployments', name: texts.deployments }, { path: '/executions', name: texts.executions }, { path: '/trust', name: texts.trust }, { path: '/logs', name: texts.logs }]} />
            <Switch>
              <Route path='/'><Devices /></Route>
              <Route path='/modules'><Modules /></Route>
              <Route path='/modules/:id'>{({ id = '' }) => <ModulePage key={id} id={id} />}</Route>
              <Route path='/modules/:id/describe'>{({ id = '' }) => <DescribePage key={id} id={id} />}</Route>
              <Route path='/deployments'><Deployments /></Route>
              <Route path='/deployments/new'><Compose key='new' /></Route>
              <Route path='/deployments/:id'>{({ id = '' }) => <DeploymentPage key={id} id={id} />}</Route>
              <Route path='/deployments/:id/change'>{({ id = '' }) => <Compose key={id} id={id} />}</Route>
              <Route path='/executions'><Executions /></Route>
              <Route path='/executions/of/:id'>{({ id = '' }) => <Executions key={id} of={id} />}</Route>
              <Route path='/executions/:id'>{({ id = '' }) => <ExecutionPage key={id} id={id} />}</Route>
              <Route path='/run/:id'>{({ id = '' }) => <RunPage key={id} id={id} />}</Route>
              <Route path='/run/:id/like/:execution'>{({ id = '', execution = '' }) => <RunPage key={execution} id={id} like={execution} />}</Route>
              <Route path='/trust'><Trust /></Route>
              <Route path='/logs'><Logs /></Route>
              <Route path='/of/:id'>{({ id = '' }) => <DevicePage key={id} id={id} />}</Route>
            </Switch>
          </>
        )}
      </Loaded>
    </Page>
  )
}
