// A field for a number that counts once it has been finished: what is being typed stays, whatever happens around it.
import { useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'

/** The field. @param onChange - is given numbers only */
export function NumberField ({ label, value, min, max, step = 1, isDisabled = false, onChange }: { label: string, value: number, min: number, max?: number | undefined, step?: number | 'any', isDisabled?: boolean, onChange: (value: number) => void }) {
  const [draft, setDraft] = useState<string>()
  const finish = (given: number) => {
    setDraft(undefined)
    if (Number.isFinite(given)) onChange(given)
  }
  return (
    <Field label={label}>
      {control => <input {...control} type='number' min={min} max={max} step={step} disabled={isDisabled} value={draft ?? value} onInput={event => setDraft(event.currentTarget.value)} onChange={event => finish(event.currentTarget.valueAsNumber)} />}
    </Field>
  )
}
