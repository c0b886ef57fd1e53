// Cards: what modules risk, which zones devices are in, and what data risk.
import { useState } from 'preact/hooks'
import { DataTable } from '../../../components/data-table.tsx'
import { Confirm } from '../../../components/dialog.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { CardForm } from './card-form.tsx'
import { listCards } from './known.ts'
import type { Names } from './known.ts'
import { texts } from './texts.ts'

type Kind = 'modules' | 'nodes' | 'data-sources'

/** All cards, and the forms that add some. */
export function Cards ({ names: { devices, modules } }: { names: Names }) {
  const cards = useResource(listCards, [])
  const [asked, setAsked] = useState<{ kind: Kind, id: string, name: string }>()
  const [failure, setFailure] = useState<ApiFailure>()
  const added = (name: string) => {
    announce(texts.cardAdded(name))
    cards.reload()
  }
  const remove = async ({ kind, id, name }: NonNullable<typeof asked>) => {
    setFailure(undefined)
    const params = { path: { id } }
    try {
      await (kind === 'modules' ? ask(api.DELETE('/api/v1/cards/modules/{id}', { params })) : kind === 'nodes' ? ask(api.DELETE('/api/v1/cards/nodes/{id}', { params })) : ask(api.DELETE('/api/v1/cards/data-sources/{id}', { params })))
      announce(texts.cardRemoved(name))
      cards.reload()
    } catch (error) {
      setFailure(failureFrom(error))
    }
  }
  const actions = (kind: Kind) => ({ key: 'actions', header: texts.actions, cell: ({ id, name }: { id: string, name: string }) => <button type='button' class='dangerous' onClick={() => setAsked({ kind, id, name })}>{texts.removeCard(name)}</button> })
  const nameColumn = { key: 'name', header: texts.card, cell: ({ name }: { name: string }) => name, sortBy: ({ name }: { name: string }) => name }
  return (
    <>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <Loaded resource={cards}>
        {known => (
          <>
            <DataTable
              caption={texts.moduleCards} rows={known.modules} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noModuleCards}</p>}
              columns={[
                nameColumn,
                { key: 'module', header: texts.module, cell: ({ moduleid }) => modules.get(moduleid) ?? moduleid },
                { key: 'risk', header: texts.risk, cell: card => card['risk-level'] },
                { key: 'input', header: texts.input, cell: card => card['input-type'] },
                { key: 'output', header: texts.outputRisk, cell: card => card['output-risk'] },
                actions('modules')
              ]}
            />
            <CardForm
              title={texts.addModuleCard} what={{ label: texts.module, choices: modules, none: texts.noModules }}
              fields={[{ key: 'risk-level', label: texts.risk, hint: texts.riskHint }, { key: 'input-type', label: texts.input, hint: texts.inputHint }, { key: 'output-risk', label: texts.outputRisk, hint: texts.outputHint }]}
              onSend={async (moduleid, name, values) => {
                await ask(api.POST('/api/v1/cards/modules', { body: { moduleid, name, 'risk-level': values['risk-level'] ?? '', 'input-type': values['input-type'] ?? '', 'output-risk': values['output-risk'] ?? '' } }))
                added(name)
              }}
            />
            <DataTable
              caption={texts.nodeCards} rows={known.nodes} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noNodeCards}</p>}
              columns={[nameColumn, { key: 'device', header: texts.device, cell: ({ nodeid }) => devices.get(nodeid) ?? nodeid }, { key: 'zone', header: texts.zone, cell: ({ zone }) => zone }, actions('nodes')]}
            />
            <CardForm
              title={texts.addNodeCard} what={{ label: texts.device, choices: devices, none: texts.noDevices }} fields={[{ key: 'zone', label: texts.zone, hint: texts.zoneHint }]}
              onSend={async (nodeid, name, { zone = '' }) => {
                await ask(api.POST('/api/v1/cards/nodes', { body: { nodeid, name, zone } }))
                added(name)
              }}
            />
            <DataTable
              caption={texts.dataCards} rows={known.dataSources} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noDataCards}</p>}
              columns={[
                nameColumn,
                { key: 'device', header: texts.device, cell: ({ nodeid }) => devices.get(nodeid) ?? nodeid },
                { key: 'type', header: texts.dataType, cell: ({ type }) => type },
                { key: 'risk', header: texts.risk, cell: card => card['risk-level'] },
                actions('data-sources')
              ]}
            />
            <CardForm
              title={texts.addDataCard} what={{ label: texts.device, choices: devices, none: texts.noDevices }}
              fields={[{ key: 'type', label: texts.dataType, hint: texts.dataTypeHint }, { key: 'risk-level', label: texts.risk, hint: texts.riskHint }]}
              onSend={async (nodeid, name, values) => {
                await ask(api.POST('/api/v1/cards/data-sources', { body: { nodeid, name, type: values.type ?? '', 'risk-level': values['risk-level'] ?? '' } }))
                added(name)
              }}
            />
          </>
        )}
      </Loaded>
      <Confirm title={texts.removeCardTitle(asked?.name ?? '')} action={texts.removeIt} isOpen={asked !== undefined} onClose={() => setAsked(undefined)} onConfirm={() => { if (asked !== undefined) void remove(asked) }}>
        <p>{texts.removeCardText}</p>
      </Confirm>
    </>
  )
}
