// All devices, and how one becomes known.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { DataTable } from '../../components/data-table.tsx'
import { Field } from '../../components/field.tsx'
import { Failed, Loaded } from '../../components/loaded.tsx'
import { Empty } from '../../components/problem.tsx'
import { Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { ApiFailure, api, ask } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { DeviceState } from './device-state.tsx'
import { listDevices, pace } from './known.ts'
import { texts } from './texts.ts'

/** The list. */
export function Devices () {
  const devices = useResource(listDevices, [], { every: pace })
  const scan = async () => {
    await ask(api.POST('/api/v1/devices/scan', {}))
    announce(texts.scanning)
    devices.reload()
  }
  return (
    <>
      <Loaded resource={devices} isEmpty={list => list.every(({ origin }) => origin === 'self')} empty={<Empty title={texts.noDevices}><p>{texts.noDevicesCure}</p></Empty>}>
        {list => (
          <DataTable
            caption={texts.devices} rows={list} rowKey={({ id }) => id}
            columns={[
              { key: 'name', header: texts.name, cell: ({ id, name }) => <Link href={`/of/${id}`}>{name}</Link>, sortBy: ({ name }) => name },
              { key: 'state', header: texts.state, cell: device => <DeviceState device={device} />, sortBy: ({ state }) => state },
              { key: 'since', header: texts.since, cell: ({ since }) => <Time at={since} />, sortBy: ({ since }) => since },
              { key: 'addresses', header: texts.addresses, cell: ({ addresses, port }) => addresses.map(each => `${each}:${port}`).join(', ') },
              { key: 'labels', header: texts.labels, cell: ({ labels }) => Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(', ') },
              { key: 'seen', header: texts.lastSeen, cell: ({ lastSeen }) => lastSeen === undefined ? texts.never : <Time at={lastSeen} />, sortBy: ({ lastSeen }) => lastSeen ?? 0 }
            ]}
          />
        )}
      </Loaded>
      <div class='actions'><button type='button' onClick={() => { void scan().catch(() => devices.reload()) }}>{texts.scan}</button></div>
      <Register onRegistered={() => devices.reload()} />
    </>
  )
}

function Register ({ onRegistered }: { onRegistered: () => void }) {
  const [name, setName] = useState('')
  const [addressGiven, setAddress] = useState('')
  const [port, setPort] = useState('5000')
  const [isTried, setTried] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const errors = {
    name: name.trim() === '' ? texts.nameMissing : undefined,
    address: addressGiven.trim() === '' ? texts.addressMissing : undefined,
    port: /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535 ? undefined : texts.portWrong
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    setFailure(undefined)
    if (errors.name !== undefined || errors.address !== undefined || errors.port !== undefined) return
    try {
      await ask(api.POST('/api/v1/devices', { body: { name: name.trim(), addresses: [addressGiven.trim()], port: Number(port) } }))
      announce(texts.registered(name.trim()))
      setName('')
      setTried(false)
      onRegistered()
    } catch (error) {
      setFailure(error instanceof ApiFailure ? error : new ApiFailure(500, String(error)))
    }
  }
  const shown = (error: string | undefined) => isTried ? error : undefined
  return (
    <form onSubmit={event => { void submit(event) }} noValidate>
      <h2>{texts.register}</h2>
      {failure === undefined ? null : <Failed failure={failure} />}
      <div class='field-row'>
        <Field label={texts.name} error={shown(errors.name)}>{control => <input {...control} type='text' autoComplete='off' value={name} onInput={event => setName(event.currentTarget.value)} />}</Field>
        <Field label={texts.address} error={shown(errors.address)}>{control => <input {...control} type='text' autoComplete='off' value={addressGiven} onInput={event => setAddress(event.currentTarget.value)} />}</Field>
        <Field label={texts.port} error={shown(errors.port)}>{control => <input {...control} type='text' inputMode='numeric' autoComplete='off' value={port} onInput={event => setPort(event.currentTarget.value)} />}</Field>
      </div>
      <div class='actions'><button type='submit' class='main'>{texts.register}</button></div>
    </form>
  )
}
