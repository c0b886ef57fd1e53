// Zones, and the levels of risk that each takes.
import { useRef, useState } from 'preact/hooks'
import { DataTable } from '../../../components/data-table.tsx'
import { Field } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Time } from '../../../components/state.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { listZones } from './known.ts'
import { texts } from './texts.ts'

/** The list, and the form that sets one. */
export function Zones () {
  const zones = useResource(listZones, [])
  const [name, setName] = useState('')
  const [levels, setLevels] = useState('')
  const [isTried, setTried] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const nameField = useRef<HTMLInputElement>(null)
  const levelsField = useRef<HTMLInputElement>(null)
  const change = (zone: string, allowed: readonly string[]) => {
    setName(zone)
    setLevels(allowed.join(', '))
    levelsField.current?.focus()
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    setFailure(undefined)
    if (name.trim() === '') return nameField.current?.focus()
    try {
      await ask(api.PUT('/api/v1/zones', { body: { [name.trim()]: [...new Set(levels.split(',').map(each => each.trim()).filter(each => each !== ''))] } }))
      announce(texts.zoneKept(name.trim()))
      setName('')
      setLevels('')
      setTried(false)
      nameField.current?.focus()
      zones.reload()
    } catch (error) {
      setFailure(failureFrom(error))
    }
  }
  return (
    <>
      <Loaded resource={zones}>
        {items => (
          <DataTable
            caption={texts.zones} rows={items} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noZones}</p>}
            columns={[
              { key: 'zone', header: texts.zone, cell: ({ zone }) => zone, sortBy: ({ zone }) => zone },
              { key: 'levels', header: texts.levels, cell: ({ allowedRiskLevels }) => allowedRiskLevels.length === 0 ? texts.noLevels : allowedRiskLevels.join(', ') },
              { key: 'changed', header: texts.changed, cell: ({ lastUpdated }) => <Time at={lastUpdated} />, sortBy: ({ lastUpdated }) => lastUpdated },
              { key: 'actions', header: texts.actions, cell: ({ zone, allowedRiskLevels }) => <button type='button' onClick={() => change(zone, allowedRiskLevels)}>{texts.change(zone)}</button> }
            ]}
          />
        )}
      </Loaded>
      <form onSubmit={event => { void submit(event) }} noValidate>
        <h4>{texts.setZone}</h4>
        {failure === undefined ? null : <FocusedFailure failure={failure} />}
        <div class='field-row'>
          <Field label={texts.zoneName} error={isTried && name.trim() === '' ? texts.nameMissing : undefined}>{control => <input {...control} ref={nameField} type='text' autoComplete='off' maxLength={256} value={name} onInput={event => setName(event.currentTarget.value)} />}</Field>
          <Field label={texts.levelsAllowed} hint={texts.levelsHint}>{control => <input {...control} ref={levelsField} type='text' autoComplete='off' value={levels} onInput={event => setLevels(event.currentTarget.value)} />}</Field>
        </div>
        <div class='actions'><button type='submit'>{texts.saveZone}</button></div>
      </form>
    </>
  )
}
