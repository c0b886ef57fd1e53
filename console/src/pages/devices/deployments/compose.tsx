// Composing a deployment, or changing one: its name and steps, an explanation of where they would go, and saving.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Field } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { announce } from '../../../lib/announce.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { api, ask, unlessMissing } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { listDevices } from '../known.ts'
import { blankStep, bodyOf, draftOf, errorOfName, errorsOf, isSound, longestName, mostSteps, moved } from './drafts.ts'
import type { Draft } from './drafts.ts'
import { failureFrom, FocusedFailure } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { functionsOf, getDeployment, listModules, plan } from './known.ts'
import type { Deployment, Plan } from './known.ts'
import { PlanShown } from './plan.tsx'
import { StepFields } from './step-fields.tsx'
import type { Stock } from './step-fields.tsx'
import { texts } from './texts.ts'
import './deployments.css'

/** The form for a new deployment, or for one that is there. */
export function Compose ({ id }: { id?: string }) {
  const known = useResource(async signal => {
    const [modules, devices, deployment] = await Promise.all([listModules(signal), listDevices(signal), id === undefined ? undefined : unlessMissing(getDeployment(id, signal))])
    return { stock: { modules, devices }, deployment }
  }, [id])
  const { data } = known
  const name = data?.deployment?.name
  return (
    <>
      <p><Link href={id === undefined ? '/deployments' : `/deployments/${id}`}>{id === undefined ? texts.allDeployments : texts.backTo(name ?? texts.deployment)}</Link></p>
      <Heading title={id === undefined ? texts.compose : texts.changeTitle(name ?? texts.deployment)} />
      <Loaded resource={known} isEmpty={({ deployment }) => id !== undefined && deployment === undefined} empty={<p class='empty'>{texts.missing}</p>}>
        {({ stock, deployment }) => <Form stock={stock} deployment={deployment} />}
      </Loaded>
    </>
  )
}

function Form ({ stock, deployment }: { stock: Stock, deployment: Deployment | undefined }) {
  const [, navigate] = useLocation()
  const [draft, setDraft] = useState<Draft>(() => draftOf(deployment))
  const [tries, setTries] = useState(0)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const [planned, setPlanned] = useState<{ plan: Plan, of: string }>()
  const form = useRef<HTMLFormElement>(null)
  const nextKey = useRef(draft.steps.length)
  /** What is to have the focus once what was changed has been drawn. */
  const goal = useRef<string>()
  useEffect(() => {
    if (goal.current === undefined) return
    form.current?.querySelector<HTMLElement>(goal.current)?.focus()
    goal.current = undefined
  })
  const { name, steps } = draft
  const update = (change: Partial<Draft>, focus?: string) => {
    goal.current = focus
    setDraft(before => ({ ...before, ...change }))
  }
  const move = (index: number, by: -1 | 1) => {
    const step = steps[index]
    if (step === undefined) return
    if (steps[index + by] === undefined) return announce(by < 0 ? texts.isFirst : texts.isLast)
    update({ steps: moved(steps, index, by) }, `[data-step="${step.key}"] [data-move=${by < 0 ? 'up' : 'down'}]`)
    announce(texts.stepIsNow(index + 1, index + 1 + by))
  }
  const remove = (index: number) => {
    const next = steps[index + 1] ?? steps[index - 1]
    update({ steps: steps.toSpliced(index, 1) }, next === undefined ? undefined : `[data-step="${next.key}"] select`)
    announce(texts.stepRemoved(index + 1))
  }
  const add = () => {
    if (steps.length >= mostSteps) return announce(texts.tooManySteps(mostSteps))
    const key = nextKey.current++
    update({ steps: [...steps, blankStep(key)] }, `[data-step="${key}"] select`)
    announce(texts.stepAdded(steps.length + 1))
  }
  const explain = async () => {
    const body = bodyOf(draft)
    setPlanned({ plan: await plan(body), of: JSON.stringify(body) })
  }
  const save = async (isDeployed: boolean) => {
    const body = bodyOf(draft)
    try {
      const { id } = deployment === undefined ? await ask(api.POST('/api/v1/deployments', { body })) : await ask(api.PUT('/api/v1/deployments/{id}', { params: { path: { id: deployment.id } }, body }))
      if (isDeployed) {
        // It is saved whatever comes of this, and its page has the button once more.
        await ask(api.POST('/api/v1/deployments/{id}/deploy', { params: { path: { id } } })).then(() => announce(texts.savedAndDeployed(body.name)), () => announce(texts.savedOnly(body.name), { urgent: true }))
      } else {
        announce(texts.saved(body.name))
      }
      navigate(`/deployments/${id}`)
    } catch (error) {
      // The explanation says more than the refusal, step by step and with what is lacking.
      const reason = failureFrom(error)
      if (reason.code !== 'TUTTI_DEVICES_NO_PLACE') throw reason
      await explain()
      announce(texts.notSaved, { urgent: true })
    }
  }
  const attempt = (work: () => Promise<void>) => {
    if (isBusy) return
    setTries(before => before + 1)
    setFailure(undefined)
    if (!isSound(draft)) {
      goal.current = '[aria-invalid]'
      return
    }
    setBusy(true)
    work().catch((error: unknown) => setFailure(failureFrom(error))).finally(() => setBusy(false))
  }
  const undescribed = stock.modules.filter(module => functionsOf(module).length === 0).map(each => each.name)
  return (
    <>
      <form ref={form} noValidate onSubmit={event => { event.preventDefault(); attempt(async () => await save(false)) }}>
        <p>{deployment?.isWanted === true ? texts.changeTold : texts.composeLead}</p>
        {stock.modules.every(module => functionsOf(module).length === 0) ? <p class='empty'>{texts.noModules}</p> : null}
        {undescribed.length === 0 ? null : <p class='hint'>{texts.undescribed(undescribed.join(', '))}</p>}
        <Field label={texts.name} error={tries > 0 ? errorOfName(name) : undefined}>
          {control => <input {...control} type='text' autoComplete='off' maxLength={longestName} value={name} onInput={event => update({ name: event.currentTarget.value })} />}
        </Field>
        <ol class='deployment-steps' role='list'>
          {steps.map((step, index) => (
            <li key={step.key}>
              <StepFields
                step={step} index={index} count={steps.length} stock={stock} errors={tries > 0 ? errorsOf(step) : {}}
                onChange={changed => update({ steps: steps.with(index, changed) })} onMove={by => move(index, by)} onRemove={() => remove(index)}
              />
            </li>
          ))}
        </ol>
        <div class='actions'><button type='button' onClick={add}>{texts.addStep}</button></div>
        {failure === undefined ? null : <FocusedFailure failure={failure} />}
        <div class='actions'>
          <button type='button' aria-disabled={isBusy} onClick={() => attempt(explain)}>{texts.explain}</button>
          <button type='submit' class='main' aria-disabled={isBusy}>{texts.save}</button>
          <button type='button' aria-disabled={isBusy} onClick={() => attempt(async () => await save(true))}>{texts.saveAndDeploy}</button>
        </div>
      </form>
      {planned === undefined ? null : <PlanShown plan={planned.plan} isOutdated={isSound(draft) && JSON.stringify(bodyOf(draft)) !== planned.of} />}
    </>
  )
}
