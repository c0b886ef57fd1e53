// Enrolment tokens, by which devices take part. A new one is shown once.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { DataTable } from '../../../components/data-table.tsx'
import { Confirm } from '../../../components/dialog.tsx'
import { Field, Select } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Copy, Time } from '../../../components/state.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { texts } from './texts.ts'

const day = 86_400_000

/** The list, and the form that makes one. */
export function Tokens () {
  const tokens = useResource(async signal => (await ask(api.GET('/api/v1/device-tokens', { signal }))).items, [])
  const [asked, setAsked] = useState<{ id: string, name: string }>()
  const [failure, setFailure] = useState<ApiFailure>()
  const revoke = async (id: string, name: string) => {
    setFailure(undefined)
    try {
      await ask(api.DELETE('/api/v1/device-tokens/{id}', { params: { path: { id } } }))
      announce(texts.revoked(name))
      tokens.reload()
    } catch (error) {
      setFailure(failureFrom(error))
    }
  }
  return (
    <>
      <h3>{texts.tokens}</h3>
      <p>{texts.tokensLead}</p>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <Loaded resource={tokens}>
        {items => (
          <DataTable
            caption={texts.tokens} isCaptionHeardOnly rows={items} rowKey={({ id }) => id} empty={<p class='empty'>{texts.noTokens}</p>}
            columns={[
              { key: 'name', header: texts.tokenName, cell: ({ name }) => name, sortBy: ({ name }) => name },
              { key: 'made', header: texts.made, cell: ({ createdAt }) => <Time at={createdAt} />, sortBy: ({ createdAt }) => createdAt },
              { key: 'ends', header: texts.ends, cell: ({ expiresAt }) => expiresAt === undefined ? texts.never : <Time at={expiresAt} />, sortBy: ({ expiresAt }) => expiresAt ?? 0 },
              { key: 'actions', header: texts.actions, cell: ({ id, name }) => <button type='button' class='dangerous' onClick={() => setAsked({ id, name })}>{texts.revoke(name)}</button> }
            ]}
          />
        )}
      </Loaded>
      <NewToken onMade={() => tokens.reload()} />
      <Confirm title={texts.revokeTitle(asked?.name ?? '')} action={texts.revokeIt} isOpen={asked !== undefined} onClose={() => setAsked(undefined)} onConfirm={() => { if (asked !== undefined) void revoke(asked.id, asked.name) }}>
        <p>{texts.revokeText}</p>
      </Confirm>
    </>
  )
}

function NewToken ({ onMade }: { onMade: () => void }) {
  const [name, setName] = useState('')
  const [life, setLife] = useState('0')
  const [isTried, setTried] = useState(false)
  const [made, setMade] = useState<{ name: string, token: string }>()
  const [failure, setFailure] = useState<ApiFailure>()
  const field = useRef<HTMLInputElement>(null)
  const shown = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => { if (made !== undefined) shown.current?.focus() }, [made])
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    setFailure(undefined)
    if (name.trim() === '') return field.current?.focus()
    try {
      const { token = '' } = await ask(api.POST('/api/v1/device-tokens', { body: { name: name.trim(), ...life === '0' ? {} : { expiresAt: Date.now() + Number(life) * day } } }))
      setMade({ name: name.trim(), token })
      setName('')
      setTried(false)
      announce(texts.isMade(name.trim()))
      onMade()
    } catch (error) {
      setFailure(failureFrom(error))
    }
  }
  return (
    <form onSubmit={event => { void submit(event) }} noValidate>
      <h4>{texts.newToken}</h4>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <div class='field-row'>
        <Field label={texts.tokenFor} error={isTried && name.trim() === '' ? texts.nameMissing : undefined}>{control => <input {...control} ref={field} type='text' autoComplete='off' maxLength={100} value={name} onInput={event => setName(event.currentTarget.value)} />}</Field>
        <Select label={texts.endsAfter} value={life} onChange={chosen => setLife(chosen)} options={[{ value: '0', label: texts.neverEnds }, { value: '1', label: texts.oneDay }, { value: '30', label: texts.thirtyDays }, { value: '365', label: texts.oneYear }]} />
      </div>
      <div class='actions'><button type='submit' class='main'>{texts.makeToken}</button></div>
      {made === undefined
        ? null
        : (
          <div class='card'>
            <Field label={texts.theToken(made.name)} hint={texts.shownOnce}>{control => <input {...control} ref={shown} type='text' readOnly class='wide' value={made.token} />}</Field>
            <div class='actions'><Copy text={made.token} label={texts.copyToken} /><button type='button' onClick={() => { setMade(undefined); field.current?.focus() }}>{texts.hide}</button></div>
          </div>
          )}
    </form>
  )
}
