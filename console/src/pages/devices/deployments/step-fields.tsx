// The fields of one step: what runs, where, and what takes over.
import { Field, Select } from '../../../components/field.tsx'
import type { Choice } from '../../../components/field.tsx'
import type { Device } from '../known.ts'
import { texts as common } from '../texts.ts'
import type { StepDraft, StepErrors } from './drafts.ts'
import { functionsOf, isServer } from './known.ts'
import type { Module } from './known.ts'
import { texts } from './texts.ts'

/** What can be chosen. */
export interface Stock { readonly modules: readonly Module[], readonly devices: readonly Device[] }

/** What a step is drawn with. */
export interface StepFieldsProps {
  readonly step: StepDraft
  readonly index: number
  readonly count: number
  readonly stock: Stock
  readonly errors: StepErrors
  readonly onChange: (step: StepDraft) => void
  readonly onMove: (by: -1 | 1) => void
  readonly onRemove: () => void
}

const states: Record<string, () => string> = { online: () => common.online, suspect: () => common.suspect, offline: () => common.offline }

/** The fields. */
export function StepFields ({ step, index, count, stock, errors, onChange, onMove, onRemove }: StepFieldsProps) {
  const { module, func, device, failovers, labels } = step
  const { modules } = stock
  const chooseModule = (id: string) => {
    const functions = functionsOf(modules.find(each => each.id === id) ?? { version: 0, versions: [] })
    onChange({ ...step, module: id, func: functions.includes(func) ? func : functions.length === 1 ? functions[0] ?? '' : '' })
  }
  const chooseDevice = (id: string) => onChange({ ...step, device: id, failovers: id === '' ? [] : failovers.filter(each => each !== id) })
  return (
    <fieldset data-step={step.key}>
      <legend>{texts.stepNumber(index + 1)}</legend>
      <div class='field-row'>
        <Select label={texts.module} value={module} options={moduleChoices(modules, module)} onChange={chooseModule} {...some('error', errors.module)} />
        <Select label={texts.func} value={func} options={functionChoices(modules.find(({ id }) => id === module), func)} onChange={value => onChange({ ...step, func: value })} {...some('error', errors.func)} />
      </div>
      <Select label={texts.where} value={device} options={[{ value: '', label: texts.fitsBest }, ...deviceChoices(stock.devices, device)]} onChange={chooseDevice} />
      {device === '' && failovers.length === 0 ? null : <Failovers {...{ device, failovers, stock }} onChange={chosen => onChange({ ...step, failovers: chosen })} />}
      <Field label={texts.labels} hint={texts.labelsHint} error={errors.labels}>
        {control => <textarea {...control} rows={2} value={labels} onInput={event => onChange({ ...step, labels: event.currentTarget.value })} />}
      </Field>
      <div class='actions'>
        <button type='button' data-move='up' aria-disabled={index === 0} onClick={() => onMove(-1)}>{texts.moveUp(index + 1)}</button>
        <button type='button' data-move='down' aria-disabled={index === count - 1} onClick={() => onMove(1)}>{texts.moveDown(index + 1)}</button>
        {count === 1 ? null : <button type='button' onClick={onRemove}>{texts.removeStep(index + 1)}</button>}
      </div>
    </fieldset>
  )
}

/** One list for each device that takes over, and one more for the next: their order is the order of the lists. */
function Failovers ({ device, failovers, stock: { devices }, onChange }: { device: string, failovers: readonly string[], stock: Stock, onChange: (failovers: readonly string[]) => void }) {
  const rest = deviceChoices(devices, '').filter(({ value }) => value !== device)
  const lists = [...failovers, ...failovers.length < rest.length ? [''] : []]
  if (lists.length === 0) return <p class='hint'>{texts.noOtherDevice}</p>
  const choose = (index: number, id: string) => onChange(lists.with(index, id).filter(each => each !== ''))
  return (
    <div class='field-row'>
      {lists.map((chosen, index) => (
        <Select
          key={index} label={index === 0 ? texts.takesOver : texts.takesOverThen(index + 1)} value={chosen} onChange={id => choose(index, id)}
          options={[{ value: '', label: texts.nobody }, ...deviceChoices(devices, chosen).filter(({ value }) => value === chosen || (value !== device && !failovers.includes(value)))]}
        />
      ))}
    </div>
  )
}

/** A property that is left out where it has no value. */
function some (name: 'error', value: string | undefined): { error?: string } {
  return value === undefined ? {} : { [name]: value }
}

/** Modules with described functions; also the chosen one, where it has none or is gone. Modules of one name are told apart by their ids. */
function moduleChoices (modules: readonly Module[], chosen: string): readonly Choice[] {
  const usable = modules.filter(module => module.id === chosen || functionsOf(module).length > 0)
  const label = ({ id, name, isCore }: Module) => {
    const words = modules.some(each => each.id !== id && each.name === name) ? `${name} (${id.slice(-6)})` : name
    return isCore ? texts.service(words) : words
  }
  const known = usable.map(module => ({ value: module.id, label: label(module) }))
  return [{ value: '', label: texts.choose }, ...known, ...chosen === '' || known.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: texts.gone(chosen) }]]
}

function functionChoices (module: Module | undefined, chosen: string): readonly Choice[] {
  const names = module === undefined ? [] : functionsOf(module)
  return [{ value: '', label: texts.choose }, ...[...names, ...chosen === '' || names.includes(chosen) ? [] : [chosen]].map(name => ({ value: name, label: name }))]
}

/** Devices with their states. Those that are not to be used are left out, unless one is the chosen one. */
function deviceChoices (devices: readonly Device[], chosen: string): readonly Choice[] {
  const known = devices.filter(device => device.id === chosen || (!isServer(device) && device.blacklisted === undefined))
    .map(({ id, name, state, blacklisted }) => ({ value: id, label: texts.deviceIs(name, blacklisted === undefined ? states[state]?.() ?? state : common.blacklisted) }))
  return chosen === '' || known.some(({ value }) => value === chosen) ? known : [...known, { value: chosen, label: texts.gone(chosen) }]
}
