// One device: what it is, how it does, its labels, and whether it is used.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { DataTable } from '../../components/data-table.tsx'
import { Confirm } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Failed, Loaded } from '../../components/loaded.tsx'
import { Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { ApiFailure, api, ask, unlessMissing } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { formatNumber } from '../../lib/texts.ts'
import { DeviceState } from './device-state.tsx'
import { pace, readLabels } from './known.ts'
import type { Device } from './known.ts'
import { texts } from './texts.ts'

/** A device by its id. */
export function DevicePage ({ id }: { id: string }) {
  const device = useResource(async signal => await unlessMissing(ask(api.GET('/api/v1/devices/{id}', { params: { path: { id } }, signal }))) ?? null, [id], { every: pace })
  return (
    <>
      <p><Link href='/'>{texts.all}</Link></p>
      <Loaded resource={device} isEmpty={found => found === null} empty={<p class='empty'>{texts.missing}</p>}>
        {found => found === null ? null : <Shown device={found} onChanged={() => device.reload()} />}
      </Loaded>
    </>
  )
}

function Shown ({ device, onChanged }: { device: Device, onChanged: () => void }) {
  const { id, name, reason, since, addresses, port, origin, lastSeen, health, description, blacklisted, statusLog } = device
  const [, navigate] = useLocation()
  const [asked, setAsked] = useState<'blacklist' | 'forget'>()
  const [why, setWhy] = useState('')
  const [failure, setFailure] = useState<ApiFailure>()
  const act = (work: () => Promise<unknown>, said: string) => {
    setFailure(undefined)
    work().then(() => {
      announce(said)
      onChanged()
    }, error => setFailure(error instanceof ApiFailure ? error : new ApiFailure(500, String(error))))
  }
  const path = { id }
  const interfaces = (description as { supervisorInterfaces?: unknown[] } | undefined)?.supervisorInterfaces
  const cpu = health?.report.cpuUsage
  const memory = health?.report.memoryUsage
  return (
    <>
      <h2>{name}</h2>
      {failure === undefined ? null : <Failed failure={failure} />}
      <dl class='facts'>
        <dt>{texts.state}</dt><dd><DeviceState device={device} /></dd>
        <dt>{texts.since}</dt><dd><Time at={since} /></dd>
        {reason === undefined ? null : <><dt>{texts.reason}</dt><dd>{reason}</dd></>}
        {blacklisted?.reason === undefined ? null : <><dt>{texts.blacklisted}</dt><dd>{blacklisted.reason}</dd></>}
        <dt>{texts.addresses}</dt><dd>{addresses.map(each => `${each}:${port}`).join(', ')}</dd>
        <dt>{texts.origin}</dt><dd>{origin}</dd>
        <dt>{texts.lastSeen}</dt><dd>{lastSeen === undefined ? texts.never : <Time at={lastSeen} />}</dd>
        <dt>{texts.load}</dt><dd>{cpu === undefined || memory === undefined ? texts.unknown : texts.loadOf(`${formatNumber(cpu)} %`, `${formatNumber(100 * memory)} %`)}</dd>
        <dt>{texts.functions}</dt><dd>{Array.isArray(interfaces) ? texts.interfaces(interfaces.length) : texts.unknown}</dd>
      </dl>
      <div class='actions'>
        {blacklisted === undefined
          ? <button type='button' onClick={() => setAsked('blacklist')}>{texts.blacklist}</button>
          : <button type='button' onClick={() => act(async () => await ask(api.DELETE('/api/v1/devices/{id}/blacklist', { params: { path } })), texts.done)}>{texts.unblacklist}</button>}
        <button type='button' class='dangerous' onClick={() => setAsked('forget')}>{texts.forget}</button>
      </div>
      <Labels key={JSON.stringify(device.labels)} device={device} onSave={labels => act(async () => await ask(api.PUT('/api/v1/devices/{id}/labels', { params: { path }, body: labels })), texts.done)} />
      <DataTable
        caption={texts.history} rows={statusLog.map((entry, index) => ({ ...entry, index }))} rowKey={({ index }) => String(index)}
        columns={[
          { key: 'when', header: texts.when, cell: ({ time }) => <Time at={time} /> },
          { key: 'state', header: texts.state, cell: ({ status }) => <DeviceState device={{ state: status }} /> },
          { key: 'reason', header: texts.reason, cell: entry => entry.reason ?? '' }
        ]}
      />
      <Confirm
        title={texts.blacklistTitle(name)} action={texts.blacklist} isOpen={asked === 'blacklist'} onClose={() => setAsked(undefined)}
        onConfirm={() => act(async () => await ask(api.PUT('/api/v1/devices/{id}/blacklist', { params: { path }, body: why === '' ? {} : { reason: why } })), texts.done)}
      >
        <p>{texts.blacklistText}</p>
        <Field label={texts.blacklistReason}>{control => <input {...control} type='text' maxLength={256} value={why} onInput={event => setWhy(event.currentTarget.value)} />}</Field>
      </Confirm>
      <Confirm
        title={texts.forgetTitle(name)} action={texts.forget} isOpen={asked === 'forget'} onClose={() => setAsked(undefined)}
        onConfirm={() => act(async () => {
          await ask(api.DELETE('/api/v1/devices/{id}', { params: { path } }))
          navigate('/')
        }, texts.forgotten(name))}
      >
        <p>{texts.forgetText}</p>
      </Confirm>
    </>
  )
}

function Labels ({ device: { labels }, onSave }: { device: Device, onSave: (labels: Record<string, string>) => void }) {
  const [text, setText] = useState(Object.entries(labels).map(([name, value]) => `${name}=${value}`).join('\n'))
  const [wrong, setWrong] = useState<string>()
  const submit = (event: Event) => {
    event.preventDefault()
    const read = readLabels(text)
    setWrong('wrong' in read ? read.wrong : undefined)
    if ('labels' in read) onSave(read.labels)
  }
  return (
    <form onSubmit={submit}>
      <Field label={texts.editLabels} hint={texts.labelsHint} error={wrong === undefined ? undefined : texts.labelsWrong(wrong)}>
        {control => <textarea {...control} rows={3} value={text} onInput={event => setText(event.currentTarget.value)} />}
      </Field>
      <div class='actions'><button type='submit'>{texts.save}</button></div>
    </form>
  )
}
