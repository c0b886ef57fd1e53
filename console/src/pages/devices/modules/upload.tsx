// The form that uploads a module, or another version of one.
import { useState } from 'preact/hooks'
import { Field } from '../../../components/field.tsx'
import { announce } from '../../../lib/announce.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { sendForm } from './module.ts'
import type { Module } from './module.ts'
import { texts } from './texts.ts'

/** The form. @param isNew - asks for a name too @param path - where it is sent */
export function Upload ({ title, path, isNew = false, onUploaded }: { title: string, path: string, isNew?: boolean, onUploaded: (module: Module) => void }) {
  const [name, setName] = useState('')
  const [proposed, setProposed] = useState('')
  const [file, setFile] = useState<File>()
  const [functions, setFunctions] = useState('')
  const [isTried, setTried] = useState(false)
  const [isSending, setSending] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const errors = {
    file: file === undefined ? texts.fileMissing : file.size === 0 ? texts.fileEmpty : undefined,
    name: isNew && name.trim() === '' ? texts.nameMissing : undefined,
    functions: functions.trim() === '' || isJson(functions) ? undefined : texts.notJson
  }
  const choose = (chosen: File | undefined) => {
    setFile(chosen)
    // A name that somebody has written stays.
    if (chosen === undefined || ![proposed, ''].includes(name.trim())) return
    const proposal = chosen.name.replace(/\.wasm$/i, '').slice(0, 100).trim()
    setProposed(proposal)
    setName(proposal)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (isSending) return
    setTried(true)
    setFailure(undefined)
    if (file === undefined || errors.file !== undefined || errors.name !== undefined || errors.functions !== undefined) {
      // Once the errors stand beside their fields.
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid]')?.focus())
      return
    }
    const body = new FormData()
    // Before the file: the server reads a form from its beginning.
    if (isNew) body.append('name', name.trim())
    if (functions.trim() !== '') body.append('functions', functions)
    body.append('wasm', file, file.name)
    setSending(true)
    announce(texts.uploading)
    try {
      const module = await sendForm('POST', path, body)
      announce(texts.isUploaded(module.name, module.version))
      // What was sent once is not sent again by the same button.
      form.reset()
      setFile(undefined)
      setFunctions('')
      setTried(false)
      onUploaded(module)
    } catch (error) {
      announce(texts.notUploaded, { urgent: true })
      setFailure(failureFrom(error))
    } finally {
      setSending(false)
    }
  }
  const shown = (error: string | undefined) => isTried ? error : undefined
  return (
    <form onSubmit={event => { void submit(event) }} noValidate>
      <h2>{title}</h2>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <div class='field-row'>
        <Field label={texts.file} hint={texts.fileHint} error={shown(errors.file)}>{control => <input {...control} type='file' accept='.wasm,application/wasm' onChange={event => choose(event.currentTarget.files?.[0])} />}</Field>
        {isNew ? <Field label={texts.name} hint={texts.nameHint} error={shown(errors.name)}>{control => <input {...control} type='text' autoComplete='off' maxLength={100} value={name} onInput={event => setName(event.currentTarget.value)} />}</Field> : null}
      </div>
      {isNew
        ? null
        : (
          <Field label={texts.changedFunctions} hint={texts.changedFunctionsHint} error={shown(errors.functions)}>
            {control => <textarea {...control} rows={3} spellcheck={false} value={functions} onInput={event => setFunctions(event.currentTarget.value)} />}
          </Field>
          )}
      <div class='actions'><button type='submit' class='main' aria-disabled={isSending}>{isSending ? texts.uploading : texts.upload}</button></div>
    </form>
  )
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
