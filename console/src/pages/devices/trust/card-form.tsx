// The form that adds a card of one kind.
import { useRef, useState } from 'preact/hooks'
import { Field, Select } from '../../../components/field.tsx'
import type { ApiFailure } from '../../../lib/api.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { texts } from './texts.ts'

/** What a form asks for. */
export interface CardFormProps {
  readonly title: string
  /** What the card is about: one of these, by id. */
  readonly what: { readonly label: string, readonly choices: ReadonlyMap<string, string>, readonly none: string }
  readonly fields: ReadonlyArray<{ readonly key: string, readonly label: string, readonly hint: string }>
  /** Sends it. @throws ApiFailure */
  readonly onSend: (id: string, name: string, values: Readonly<Record<string, string>>) => Promise<void>
}

/** The form, folded until it is wanted. */
export function CardForm ({ title, what: { label, choices, none }, fields, onSend }: CardFormProps) {
  const [chosen, setChosen] = useState('')
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [isTried, setTried] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const form = useRef<HTMLFormElement>(null)
  const all = [{ key: 'name', label: texts.cardName, hint: texts.cardNameHint }, ...fields]
  const valueOf = (key: string) => (values[key] ?? '').trim()
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    setFailure(undefined)
    if (chosen === '' || all.some(({ key }) => valueOf(key) === '')) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
      return
    }
    try {
      await onSend(chosen, valueOf('name'), Object.fromEntries(fields.map(({ key }) => [key, valueOf(key)])))
      setValues({})
      setTried(false)
      form.current?.querySelector('select')?.focus()
    } catch (error) {
      setFailure(failureFrom(error))
    }
  }
  return (
    <details>
      <summary>{title}</summary>
      {choices.size === 0
        ? <p class='empty'>{none}</p>
        : (
          <form ref={form} aria-label={title} onSubmit={event => { void submit(event) }} noValidate>
            {failure === undefined ? null : <FocusedFailure failure={failure} />}
            <div class='field-row'>
              <Select label={label} value={chosen} onChange={value => setChosen(value)} options={[{ value: '', label: texts.choose }, ...[...choices].map(([value, name]) => ({ value, label: name }))]} {...isTried && chosen === '' ? { error: texts.chooseOne } : {}} />
              {all.map(({ key, label, hint }) => (
                <Field key={key} label={label} hint={hint} error={isTried && valueOf(key) === '' ? texts.fieldMissing : undefined}>
                  {control => <input {...control} type='text' autoComplete='off' maxLength={256} value={values[key] ?? ''} onInput={event => setValues({ ...values, [key]: event.currentTarget.value })} />}
                </Field>
              ))}
            </div>
            <div class='actions'><button type='submit'>{title}</button></div>
          </form>
          )}
    </details>
  )
}
