// The form that runs a deployment, made of what its first step takes.
import { useRef, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Field } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask, unlessMissing } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { pace } from '../known.ts'
import { loadRunnable, run } from './known.ts'
import type { Parameter, Runnable } from './known.ts'
import { texts } from './texts.ts'

/** The form for a deployment by its id. @param like - an execution whose parameters it begins with */
export function RunPage ({ id, like }: { id: string, like?: string }) {
  const runnable = useResource(async signal => await unlessMissing(loadRunnable(id, signal)) ?? null, [id], { every: pace })
  const before = useResource(async signal => like === undefined ? {} : (await unlessMissing(ask(api.GET('/api/v1/executions/{id}', { params: { path: { id: like } }, signal }))))?.parameters ?? {}, [like])
  return (
    <>
      <p><Link href={`/deployments/${id}`}>{texts.toDeployment}</Link></p>
      <Loaded resource={before}>
        {given => (
          <Loaded resource={runnable} isEmpty={found => found === null} empty={<p class='empty'>{texts.noDeployment}</p>}>
            {found => found === null ? null : <><Heading title={texts.runTitle(found.name)} /><RunForm runnable={found} given={given} /></>}
          </Loaded>
        )}
      </Loaded>
    </>
  )
}

function RunForm ({ runnable: { id, isReady, asks }, given }: { runnable: Runnable, given: Readonly<Record<string, string>> }) {
  const [, navigate] = useLocation()
  const form = useRef<HTMLFormElement>(null)
  const [values, setValues] = useState(given)
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map())
  const [isTried, setTried] = useState(false)
  const [isSending, setSending] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  if (asks === undefined) return <p class='empty'>{texts.noStep}</p>
  const errors = new Map<string, string | undefined>([
    ...asks.parameters.map(parameter => [`parameter ${parameter.name}`, faultOf(parameter, values[parameter.name] ?? '')] as const),
    ...asks.files.map(({ name }) => [`file ${name}`, files.has(name) ? undefined : texts.fileMissing] as const)
  ])
  const wrong = [...errors.values()].filter(each => each !== undefined)
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isSending) return
    setTried(true)
    setFailure(undefined)
    if (wrong.length > 0) {
      announce(texts.hasErrors(wrong.length), { urgent: true })
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
      return
    }
    setSending(true)
    try {
      const taken = Object.fromEntries(asks.parameters.map(({ name }) => [name, (values[name] ?? '').trim()]))
      navigate(`/executions/${(await run(id, taken, files)).id}`)
    } catch (error) {
      setSending(false)
      setFailure(failureFrom(error))
    }
  }
  const shown = (key: string) => isTried ? errors.get(key) : undefined
  return (
    <form ref={form} onSubmit={event => { void submit(event) }} noValidate>
      {isReady ? null : <p class='stale'>{texts.notReady}</p>}
      {asks.parameters.length + asks.files.length === 0 ? <p>{texts.asksNothing}</p> : null}
      {asks.parameters.map(({ name, type }) => (
        <Field key={name} label={name} hint={type === 'integer' ? texts.integer : type === 'number' || type === 'float' ? texts.float : texts.text} error={shown(`parameter ${name}`)}>
          {control => <input {...control} type='text' autoComplete='off' spellcheck={false} value={values[name] ?? ''} onInput={event => setValues({ ...values, [name]: event.currentTarget.value })} />}
        </Field>
      ))}
      {asks.files.map(({ name, mediaType }) => (
        <Field key={name} label={texts.inputFile(name)} hint={mediaType === 'application/octet-stream' ? texts.anyFile : texts.fileOf(mediaType)} error={shown(`file ${name}`)}>
          {control => <input {...control} type='file' onChange={event => setFiles(withFile(files, name, event.currentTarget.files?.[0]))} />}
        </Field>
      ))}
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <div class='actions'><button type='submit' class='main' aria-disabled={isSending}>{isSending ? texts.sending : texts.run}</button></div>
    </form>
  )
}

function withFile (files: ReadonlyMap<string, File>, name: string, file: File | undefined): ReadonlyMap<string, File> {
  const next = new Map(files)
  next.delete(name)
  if (file !== undefined) next.set(name, file)
  return next
}

/** What is wrong with a value; the same as the server looks at, so that it is said beside the field. Numbers stay texts: an i64 is exact. */
function faultOf ({ type }: Parameter, given: string): string | undefined {
  const value = given.trim()
  if (type === 'integer') {
    if (!/^[+-]?\d{1,400}$/.test(value)) return texts.notInteger
    const integer = BigInt(value.replace(/^\+/, ''))
    return integer < -(2n ** 63n) || integer >= 2n ** 64n ? texts.tooLarge : undefined
  }
  if (type === 'number' || type === 'float') return /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?|inf|nan)$/.test(value) ? undefined : texts.notNumber
  return undefined
}
