// What the form asks of one function.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Field, Select, Toggle } from '../../../components/field.tsx'
import { announce } from '../../../lib/announce.ts'
import { file, newMount } from './draft.ts'
import type { DraftErrors, FunctionDraft, MountDraft, ParameterDraft } from './draft.ts'
import { texts } from './texts.ts'

/** The fields. @param kept - names of mounts whose files the server has */
export function FunctionFields ({ draft, errors, kept, onChange }: { draft: FunctionDraft, errors: DraftErrors, kept: ReadonlySet<string>, onChange: (changed: Partial<FunctionDraft>) => void }) {
  const { name, signature, isOffered, method, parameters, output } = draft
  const setParameter = (index: number, changed: Partial<ParameterDraft>) => onChange({ parameters: parameters.map((each, at) => at === index ? { ...each, ...changed } : each) })
  const outputs = [{ value: 'integer', label: texts.integer }, { value: 'float', label: texts.float }, { value: file, label: texts.aFile }, ...['integer', 'float', file].includes(output) ? [] : [{ value: output, label: output }]]
  return (
    <fieldset class='card'>
      <legend>{name} {signature === '' ? null : <code>{signature}</code>}</legend>
      <Toggle label={texts.offer(name)} isOn={isOffered} onChange={on => onChange({ isOffered: on })} />
      {isOffered
        ? (
          <>
            <div class='field-row'>
              <Select label={texts.method} hint={texts.methodHint} value={method} onChange={method => onChange({ method })} options={['GET', 'POST', ...['GET', 'POST'].includes(method) ? [] : [method]].map(value => ({ value, label: value }))} />
              <Select label={texts.output} value={output} onChange={output => onChange({ output })} options={outputs} {...errors.has(`${name} output`) ? { error: errors.get(`${name} output`) ?? '' } : {}} />
            </div>
            {parameters.map((parameter, index) => (
              <div class='field-row' key={index}>
                <Field label={texts.parameter(index + 1)} error={errors.get(`${name} parameter ${index}`)}>{control => <input {...control} type='text' autoComplete='off' maxLength={100} value={parameter.name} onInput={event => setParameter(index, { name: event.currentTarget.value })} />}</Field>
                <Select label={texts.typeOf(index + 1)} value={parameter.type} onChange={type => setParameter(index, { type: type as ParameterDraft['type'] })} options={[{ value: 'integer', label: texts.integer }, { value: 'float', label: texts.float }]} />
              </div>
            ))}
            <Mounts draft={draft} errors={errors} kept={kept} onChange={onChange} />
          </>
          )
        : null}
    </fieldset>
  )
}

function Mounts ({ draft: { name, mounts }, errors, kept, onChange }: { draft: FunctionDraft, errors: DraftErrors, kept: ReadonlySet<string>, onChange: (changed: Partial<FunctionDraft>) => void }) {
  const place = useRef<HTMLDivElement>(null)
  // The key of a mount whose name takes the focus once it is there; 0 for the button that adds one.
  const [wanted, setWanted] = useState<number>()
  useEffect(() => {
    if (wanted === undefined) return
    place.current?.querySelector<HTMLElement>(wanted === 0 ? '[data-add]' : `[data-mount="${wanted}"] input`)?.focus()
    setWanted(undefined)
  }, [wanted])
  const set = (key: number, changed: Partial<MountDraft>) => onChange({ mounts: mounts.map(each => each.key === key ? { ...each, ...changed } : each) })
  const add = () => {
    const mount = newMount()
    onChange({ mounts: [...mounts, mount] })
    setWanted(mount.key)
    announce(texts.mountAdded)
  }
  const remove = (key: number, index: number) => {
    onChange({ mounts: mounts.filter(each => each.key !== key) })
    setWanted(mounts[index + 1]?.key ?? mounts[index - 1]?.key ?? 0)
    announce(texts.mountRemoved)
  }
  const stages = [{ value: 'deployment', label: texts.stageDeployment }, { value: 'execution', label: texts.stageExecution }, { value: 'output', label: texts.stageOutput }]
  return (
    <div ref={place}>
      {mounts.map(({ key, name: mount, stage, mediaType, file }, index) => (
        <fieldset key={key} data-mount={key}>
          <legend>{texts.mountOf(index + 1, name)}</legend>
          <div class='field-row'>
            <Field label={texts.mountName} error={errors.get(`${name} mount ${key}`)}>{control => <input {...control} type='text' autoComplete='off' maxLength={100} value={mount} onInput={event => set(key, { name: event.currentTarget.value })} />}</Field>
            <Select label={texts.stage} value={stage} onChange={stage => set(key, { stage: stage as MountDraft['stage'] })} options={stages} />
            {stage === 'output' ? <Field label={texts.mediaType} hint={texts.mediaTypeHint} error={errors.get(`${name} type ${key}`)}>{control => <input {...control} type='text' autoComplete='off' maxLength={255} value={mediaType} onInput={event => set(key, { mediaType: event.currentTarget.value })} />}</Field> : null}
            {stage === 'deployment'
              ? <Field label={texts.mountFile} hint={file === undefined && kept.has(mount.trim()) ? texts.fileKept : undefined} error={errors.get(`${name} file ${key}`)}>{control => <input {...control} type='file' onChange={event => set(key, { file: event.currentTarget.files?.[0] })} />}</Field>
              : null}
          </div>
          <div class='actions'><button type='button' onClick={() => remove(key, index)}>{texts.removeMount(index + 1)}</button></div>
        </fieldset>
      ))}
      <div class='actions'><button type='button' data-add onClick={() => add()}>{texts.addMount(name)}</button></div>
    </div>
  )
}
