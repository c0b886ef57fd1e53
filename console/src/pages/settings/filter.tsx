// A field that makes a list shorter while one types, and says how much is left.
import { Field } from '../../components/field.tsx'
import { useEffect, useRef } from 'preact/hooks'
import { announce } from '../../lib/announce.ts'

/** The field. @param found - says how much is left; heard when it changes */
export function Filter ({ label, hint, value, found, onChange }: { label: string, hint: string, value: string, found: string, onChange: (value: string) => void }) {
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) isFirst.current = false
    else announce(found)
  }, [found])
  return (
    <Field label={label} hint={hint}>
      {control => <input {...control} type='search' autoComplete='off' spellcheck={false} value={value} onInput={event => onChange(event.currentTarget.value)} />}
    </Field>
  )
}
