// Fields of forms: a label, a hint, an error, and the control that they belong to.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** What a control is given so that its label, hint and error belong to it. */
export interface ControlProps {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

/** A field. @param children - draws the control with the given properties */
export function Field ({ label, hint, error, children }: { label: string, hint?: string | undefined, error?: string | undefined, children: (control: ControlProps) => ComponentChildren }) {
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`].filter(each => each !== '').join(' ')
  const control: ControlProps = { id, ...described === '' ? {} : { 'aria-describedby': described }, ...error === undefined ? {} : { 'aria-invalid': true } }
  return (
    <div class='field'>
      <label for={id}>{label}</label>
      {hint === undefined ? null : <p class='hint' id={`${id}-hint`}>{hint}</p>}
      {children(control)}
      {error === undefined ? null : <p class='error' id={`${id}-error`}>{error}</p>}
    </div>
  )
}

/** One choice of a list. */
export interface Choice { readonly value: string, readonly label: string, readonly lang?: string }

/** A list to choose one of. */
export function Select ({ label, value, options, onChange, hint, error }: { label: string, value: string, options: readonly Choice[], onChange: (value: string) => void, hint?: string, error?: string }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {control => (
        <select {...control} value={value} onChange={event => onChange(event.currentTarget.value)}>
          {options.map(option => <option key={option.value} value={option.value} lang={option.lang} selected={option.value === value}>{option.label}</option>)}
        </select>
      )}
    </Field>
  )
}

/** Something that is on or off. */
export function Toggle ({ label, isOn, onChange, hint }: { label: string, isOn: boolean, onChange: (isOn: boolean) => void, hint?: string }) {
  const id = useId()
  return (
    <div class='field toggle'>
      <input type='checkbox' id={id} checked={isOn} aria-describedby={hint === undefined ? undefined : `${id}-hint`} onChange={event => onChange(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {hint === undefined ? null : <p class='hint' id={`${id}-hint`}>{hint}</p>}
    </div>
  )
}
