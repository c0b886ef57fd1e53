// The services that work on a request, as they come and go.
import { DataTable } from '../../components/data-table.tsx'
import { State } from '../../components/state.tsx'
import { formatDuration } from '../../lib/texts.ts'
import { texts } from './texts.ts'
import type { ServiceState } from './trial.ts'

const kinds = { waiting: 'off', started: 'busy', done: 'good', cached: 'good', 'not-applicable': 'off', failed: 'bad', late: 'warning' } as const
const words: Record<ServiceState['state'], () => string> = {
  waiting: () => texts.isWaiting, started: () => texts.isStarted, done: () => texts.isDone, cached: () => texts.isCached, 'not-applicable': () => texts.isNotApplicable, failed: () => texts.isFailed, late: () => texts.isLate
}
const roles: Record<string, () => string> = { modifier: () => texts.modifier, preprocessor: () => texts.preprocessor, handler: () => texts.handler }

/** The table; nothing where no service is known yet. */
export function Services ({ services }: { services: readonly ServiceState[] }) {
  if (services.length === 0) return null
  return (
    <section aria-labelledby='try-services'>
      <h2 id='try-services'>{texts.services}</h2>
      <DataTable
        caption={texts.servicesCaption}
        isCaptionHeardOnly
        rows={services}
        rowKey={({ service, role }) => `${role} ${service}`}
        columns={[
          { key: 'service', header: texts.service, cell: ({ service }) => service },
          { key: 'state', header: texts.state, cell: ({ state, reason }) => <State kind={kinds[state]}>{words[state]()}{reason === undefined ? '' : ` (${reason})`}</State> },
          { key: 'time', header: texts.time, cell: ({ milliseconds }) => milliseconds === undefined ? '' : formatDuration(milliseconds), isNumeric: true },
          { key: 'role', header: texts.role, cell: ({ role }) => roles[role]?.() ?? role }
        ]}
      />
    </section>
  )
}
