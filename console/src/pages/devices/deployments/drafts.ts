// A deployment while it is composed: what stands in its fields, what is wrong with that, and what is sent of it.
import { readLabels } from '../known.ts'
import type { Deployment, Wanted } from './known.ts'
import { texts } from './texts.ts'

/** A step while it is composed. */
export interface StepDraft {
  /** Tells steps apart that say the same. */
  readonly key: number
  readonly module: string
  readonly func: string
  /** Id of a device; empty for where it fits best. */
  readonly device: string
  /** Devices that take over, best first. */
  readonly failovers: readonly string[]
  /** Lines such as `zone=hall`. */
  readonly labels: string
}

/** A deployment while it is composed. */
export interface Draft { readonly name: string, readonly steps: readonly StepDraft[] }

/** What is wrong with a step, by field. */
export interface StepErrors { readonly module?: string | undefined, readonly func?: string | undefined, readonly labels?: string | undefined }

/** Longest name. */
export const longestName = 128

/** Most steps. */
export const mostSteps = 64

/** A step with nothing in it. */
export function blankStep (key: number): StepDraft {
  return { key, module: '', func: '', device: '', failovers: [], labels: '' }
}

/** What stands in the fields for a deployment that is there; one blank step for none. */
export function draftOf (deployment?: Deployment): Draft {
  if (deployment === undefined) return { name: '', steps: [blankStep(0)] }
  const steps = deployment.steps.map(({ device, failovers, func, labels, module }, key): StepDraft => ({
    key, module, func, failovers, device: device ?? '', labels: Object.entries(labels).map(([name, value]) => `${name}=${value}`).join('\n')
  }))
  return { name: deployment.name, steps }
}

/** What is wrong with a name; nothing where it will do. */
export function errorOfName (name: string): string | undefined {
  return name.trim() === '' ? texts.nameMissing : undefined
}

/** What is wrong with a step. */
export function errorsOf ({ module, func, labels }: StepDraft): StepErrors {
  const read = readLabels(labels)
  return {
    module: module === '' ? texts.moduleMissing : undefined,
    func: func === '' ? texts.funcMissing : undefined,
    labels: 'wrong' in read ? texts.labelsWrong(read.wrong) : undefined
  }
}

/** Whether all of it can be sent. */
export function isSound ({ name, steps }: Draft): boolean {
  return errorOfName(name) === undefined && steps.every(step => Object.values(errorsOf(step)).every(error => error === undefined))
}

/** What is sent. */
export function bodyOf ({ name, steps }: Draft): Wanted {
  return {
    name: name.trim(),
    sequence: steps.map(({ device, failovers, func, labels, module }) => {
      const read = readLabels(labels)
      return { module, func, device: device === '' ? null : device, failovers: [...failovers], labels: 'labels' in read ? read.labels : {} }
    })
  }
}

/** The steps with one of them moved. @param by - −1 for earlier, 1 for later */
export function moved (steps: readonly StepDraft[], index: number, by: -1 | 1): readonly StepDraft[] {
  const step = steps[index]
  const other = steps[index + by]
  if (step === undefined || other === undefined) return steps
  return steps.with(index, other).with(index + by, step)
}
