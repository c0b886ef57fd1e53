// Certificates: what the check of risks said of deployments, step by step.
import { DataTable } from '../../../components/data-table.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { State, Time } from '../../../components/state.tsx'
import { useResource } from '../../../lib/resource.ts'
import { listCertificates } from './known.ts'
import type { Names } from './known.ts'
import { texts } from './texts.ts'

/** Certificates whose steps are listed. */
const mostOpen = 50

/** The list, the newest first. */
export function Certificates ({ names: { devices, modules, deployments } }: { names: Names }) {
  const certificates = useResource(listCertificates, [])
  return (
    <Loaded resource={certificates}>
      {items => (
        <DataTable
          caption={texts.certificates} rows={items.slice(0, mostOpen).flatMap(certificate => certificate.validationLogs.map((log, step) => ({ ...log, certificate, step })))} rowKey={({ certificate, step }) => `${certificate.id} ${step}`}
          empty={<p class='empty'>{texts.noCertificates}</p>}
          columns={[
            { key: 'deployment', header: texts.deployment, cell: ({ certificate: { deploymentId } }) => deployments.get(deploymentId) ?? deploymentId, sortBy: ({ certificate: { deploymentId } }) => deployments.get(deploymentId) ?? deploymentId },
            { key: 'date', header: texts.date, cell: ({ certificate: { date } }) => <Time at={date} />, sortBy: ({ certificate: { date } }) => date },
            { key: 'step', header: texts.step, cell: ({ step, module, func, device }) => texts.stepIs(step + 1, `${modules.get(module) ?? module}.${func}`, devices.get(device) ?? device) },
            { key: 'verdict', header: texts.verdict, cell: ({ valid }) => valid ? <State kind='good'>{texts.allowed}</State> : <State kind='bad'>{texts.notAllowed}</State>, sortBy: ({ valid }) => Number(valid) },
            { key: 'zone', header: texts.zone, cell: log => log.node_zone },
            { key: 'risks', header: texts.risksOf, cell: log => texts.risksAre(log.module_risk, log.input_risk, log.output_risk) },
            { key: 'reasons', header: texts.reasons, cell: ({ reasons }) => <span lang='en'>{reasons.join(' ')}</span> }
          ]}
        />
      )}
    </Loaded>
  )
}
