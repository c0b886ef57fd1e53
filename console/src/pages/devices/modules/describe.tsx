// The form that says how the functions of a module are called.
import { useMemo, useRef, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Loaded } from '../../../components/loaded.tsx'
import { Problem } from '../../../components/problem.tsx'
import { announce } from '../../../lib/announce.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { draftOf, errorsOf, formOf, mostShown } from './draft.ts'
import { FunctionFields } from './function-fields.tsx'
import { currentOf, loadModule, placeOf, sendForm, written } from './module.ts'
import type { Module, ModuleVersion } from './module.ts'
import { texts } from './texts.ts'

/** The form for a module by its id. */
export function DescribePage ({ id }: { id: string }) {
  const module = useResource(async signal => await loadModule(id, signal), [id])
  return (
    <Loaded resource={module} isEmpty={found => found === null} empty={<p class='empty'>{texts.missing}</p>}>
      {found => {
        const current = found === null ? undefined : currentOf(found)
        return found === null || current === undefined
          ? null
          : (
            <>
              <p><Link href={`/modules/${id}`}>{texts.backTo(found.name)}</Link></p>
              <Heading title={texts.describeTitle(found.name)} />
              <p>{texts.describeLead}</p>
              <DescribeForm key={current.version} module={found} version={current} />
            </>
            )
      }}
    </Loaded>
  )
}

function DescribeForm ({ module: { id, name }, version }: { module: Module, version: ModuleVersion }) {
  const [, navigate] = useLocation()
  const form = useRef<HTMLFormElement>(null)
  const [drafts, setDrafts] = useState(() => draftOf(version, written))
  const [isTried, setTried] = useState(false)
  const [isSending, setSending] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const kept = useMemo(() => new Set(Object.keys(version.dataFiles)), [version])
  const errors = errorsOf(drafts, kept)
  const isNoneOffered = !drafts.some(({ isOffered }) => isOffered)
  const leftOut = version.analysis.exports.length - mostShown
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isSending) return
    setTried(true)
    setFailure(undefined)
    if (isNoneOffered) {
      announce(texts.noneOffered, { urgent: true })
      form.current?.querySelector<HTMLElement>('input')?.focus()
      return
    }
    if (errors.size > 0) {
      announce(texts.hasErrors(errors.size), { urgent: true })
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
      return
    }
    setSending(true)
    try {
      await sendForm('PUT', `${placeOf(id)}/description`, await formOf(drafts, { id, dataFiles: version.dataFiles }))
      announce(texts.isDescribed(name))
      navigate(`/modules/${id}`)
    } catch (error) {
      announce(texts.notDone, { urgent: true })
      setFailure(failureFrom(error))
      setSending(false)
    }
  }
  if (drafts.length === 0) return <p class='empty'>{texts.noExports}</p>
  return (
    <form ref={form} onSubmit={event => { void submit(event) }} noValidate>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      {isTried && isNoneOffered ? <Problem title={texts.noneOffered} /> : null}
      {drafts.map(draft => (
        <FunctionFields
          key={draft.name} draft={draft} errors={isTried ? errors : new Map()} kept={kept}
          onChange={changed => setDrafts(before => before.map(each => each.name === draft.name ? { ...each, ...changed } : each))}
        />
      ))}
      {leftOut > 0 ? <p>{texts.leftOut(leftOut)}</p> : null}
      <div class='actions'><button type='submit' class='main' aria-disabled={isSending}>{isSending ? texts.saving : texts.saveDescription}</button></div>
    </form>
  )
}
