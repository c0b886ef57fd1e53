// Settings and health: how the console looks, whether the server is well, what it runs with, what it counts.
import type { ComponentChildren } from 'preact'
import { Route, Switch } from 'wouter-preact'
import { Page } from '../../components/page.tsx'
import { Tabs } from '../../components/state.tsx'
import { texts as frame } from '../../texts.ts'
import { Appearance } from './appearance.tsx'
import { Configuration } from './configuration.tsx'
import { Health } from './health.tsx'
import { Keys } from './keys.tsx'
import { Metrics } from './metrics.tsx'
import { texts } from './texts.ts'

const parts = [
  { path: '/', name: () => frame.settings, tab: () => texts.appearance, lead: () => texts.appearanceLead, Content: Appearance },
  { path: '/health', name: () => texts.health, tab: () => texts.health, lead: () => texts.healthLead, Content: Health },
  { path: '/configuration', name: () => texts.configuration, tab: () => texts.configuration, lead: () => texts.configurationLead, Content: Configuration },
  { path: '/metrics', name: () => texts.metrics, tab: () => texts.metrics, lead: () => texts.metricsLead, Content: Metrics },
  { path: '/keys', name: () => texts.keys, tab: () => texts.keys, lead: () => texts.keysLead, Content: Keys }
]

/** The page and its sub-pages. */
export default function Settings () {
  return (
    <Switch>
      {parts.map(({ path, name, lead, Content }) => (
        <Route key={path} path={path}><Part key={path} title={name()} lead={lead()}><Content /></Part></Route>
      ))}
      <Route><Part key='none' title={frame.noPage} lead={frame.noPageLead}>{null}</Part></Route>
    </Switch>
  )
}

function Part ({ title, lead, children }: { title: string, lead: string, children: ComponentChildren }) {
  return (
    <Page title={title} lead={lead}>
      <Tabs label={texts.parts} links={parts.map(({ path, tab }) => ({ path, name: tab() }))} />
      {children}
    </Page>
  )
}
