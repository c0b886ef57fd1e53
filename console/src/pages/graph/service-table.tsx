// A plan as a table: one row for each service.
import { useMemo } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { language } from '../../lib/texts.ts'
import { ServiceLink, ServiceLinks } from './service-link.tsx'
import type { GraphStore } from './store.ts'
import { texts } from './texts.ts'
import type { Plan, Service, Topology } from './topology.ts'
import { LiveState, roleWords, standingWords } from './words.tsx'

interface Row { readonly stage: number, readonly role: string, readonly after: readonly string[], readonly name: string, readonly service: Service | undefined }

/** The table. */
export function ServiceTable ({ plan, topology, store }: { plan: Plan, topology: Topology, store: GraphStore }) {
  const rows = useMemo(() => {
    const services = new Map(topology.services.map(service => [service.name, service]))
    return plan.stages.flatMap(({ steps }, stage) => steps.map(({ service, role, after }): Row => ({ stage: stage + 1, role, after, name: service, service: services.get(service) })))
  }, [plan, topology])
  const wanted = (dependencies: Service['required'] = []) => dependencies.map(({ service, runs }) => runs ? service : `${service} (${texts.notThere})`).join(', ')
  const columns: Array<Column<Row>> = [
    { key: 'service', header: texts.service, cell: row => <ServiceLink name={row.name} />, sortBy: row => row.name },
    { key: 'stage', header: texts.stageShort, cell: row => row.stage, sortBy: row => row.stage, isNumeric: true },
    { key: 'role', header: texts.role, cell: row => roleWords(row.role), sortBy: row => roleWords(row.role) },
    { key: 'state', header: texts.state, cell: row => <LiveState standing={store.standing(row.name)} />, sortBy: row => standingWords(store.standing(row.name).peek()).words },
    { key: 'replicas', header: texts.replicas, cell: row => row.service?.replicas.length ?? 0, sortBy: row => row.service?.replicas.length ?? 0, isNumeric: true },
    { key: 'after', header: texts.startsAfter, cell: row => <ServiceLinks names={row.after} none='–' /> },
    { key: 'needs', header: texts.needs, cell: row => wanted(row.service?.required) || '–' },
    { key: 'uses', header: texts.canUse, cell: row => wanted(row.service?.optional) || '–' }
  ]
  return <DataTable key={language.value} caption={texts.stageTable} columns={columns} rows={rows} rowKey={row => `${row.stage} ${row.name} ${row.role}`} />
}
