// A description of a module while it is being written: what the form holds, what is wrong with it, and what is sent.
import { fetchBytes, placeOf } from './module.ts'
import type { FunctionDescription, ModuleVersion, MountDescription } from './module.ts'
import { texts } from './texts.ts'

/** A mount as it is being written. */
export interface MountDraft {
  /** Its own among all of a form. */
  readonly key: number
  readonly name: string
  readonly stage: MountDescription['stage']
  readonly mediaType: string
  /** The file of a mount of stage `deployment`, where one has been chosen. */
  readonly file: File | undefined
}

/** A parameter as it is being written. */
export interface ParameterDraft { readonly name: string, readonly type: 'integer' | 'float' }

/** A function as it is being written. */
export interface FunctionDraft {
  readonly name: string
  /** How the module has it, such as `(i32) → i32`. */
  readonly signature: string
  /** Whether it can be called at all. */
  readonly isOffered: boolean
  readonly method: string
  readonly parameters: readonly ParameterDraft[]
  /** `integer`, `float`, `file`, or a media type. */
  readonly output: string
  readonly mounts: readonly MountDraft[]
}

/** What comes out where a mount is written. */
export const file = 'file'

/** Functions that are shown at most; a module has some that nobody calls. */
export const mostShown = 200

/** A media type without parameters, as RFC 6838 has it. */
const mediaTypePattern = /^[a-z\d][\w!#$&^.+-]{0,126}\/[a-z\d][\w!#$&^.+-]{0,126}$/i

let keys = 0

/** A mount that says nothing yet. */
export function newMount (given: Partial<MountDraft> = {}): MountDraft {
  return { key: ++keys, name: '', stage: 'execution', mediaType: '', file: undefined, ...given }
}

/** The form as it begins: as the version is described, or else as its signatures suggest. */
export function draftOf ({ analysis: { exports }, functions = {} }: ModuleVersion, signatureOf: (signature: ModuleVersion['analysis']['exports'][number]) => string): FunctionDraft[] {
  const known = new Map(exports.map(each => [each.name, each]))
  const others = Object.keys(functions).filter(name => !known.has(name))
  const ordered = [...exports.filter(({ name }) => name in functions), ...exports.filter(({ name }) => !(name in functions))]
  return [
    ...others.map(name => functionDraft(name, '', [], functions[name])),
    ...ordered.slice(0, mostShown).map(each => functionDraft(each.name, signatureOf(each), each.parameters, functions[each.name]))
  ]
}

function functionDraft (name: string, signature: string, types: readonly string[], described: FunctionDescription | undefined): FunctionDraft {
  const mounts = Object.entries(described?.mounts ?? {}).map(([name, mount]) => newMount({ name, ...mount }))
  const hasFile = mounts.some(({ stage }) => stage === 'output')
  return {
    name,
    signature,
    isOffered: described !== undefined,
    method: described?.method.toUpperCase() ?? 'GET',
    parameters: described?.parameters ?? types.map((type, index) => ({ name: `param${index}`, type: type.startsWith('f') ? 'float' as const : 'integer' as const })),
    output: hasFile ? file : described?.output ?? (signature.endsWith('f32') || signature.endsWith('f64') ? 'float' : 'integer'),
    mounts
  }
}

/** Where in a form something is wrong, such as `add1 parameter 0`, and what. */
export type DraftErrors = ReadonlyMap<string, string>

/** Files that have been chosen, by name of mount: functions that name one alike share it. */
function filesOf (offered: readonly FunctionDraft[]): Map<string, File> {
  return new Map(offered.flatMap(({ mounts }) => mounts.flatMap(({ name, stage, file }) => stage === 'deployment' && file !== undefined ? [[name.trim(), file] as const] : [])))
}

/** What is wrong with a draft. @param kept - names of mounts whose files the server has */
export function errorsOf (drafts: readonly FunctionDraft[], kept: ReadonlySet<string>): DraftErrors {
  const errors = new Map<string, string>()
  const offered = drafts.filter(({ isOffered }) => isOffered)
  const chosen = filesOf(offered)
  for (const { name, parameters, output, mounts } of offered) {
    parameters.forEach((parameter, index) => {
      const given = parameter.name.trim()
      if (given === '') errors.set(`${name} parameter ${index}`, texts.parameterMissing)
      else if (parameters.findIndex(each => each.name.trim() === given) < index) errors.set(`${name} parameter ${index}`, texts.nameTaken(given))
    })
    const writes = mounts.some(({ stage }) => stage === 'output')
    if (output === file && !writes) errors.set(`${name} output`, texts.mountMissing)
    // The server would take the file for what it gives, whatever is said here.
    if (output !== file && writes) errors.set(`${name} output`, texts.writesFile)
    mounts.forEach((mount, index) => {
      const given = mount.name.trim()
      if (given === '') errors.set(`${name} mount ${mount.key}`, texts.mountNameMissing)
      else if (mounts.findIndex(each => each.name.trim() === given) < index) errors.set(`${name} mount ${mount.key}`, texts.nameTaken(given))
      if (mount.stage === 'deployment' && mount.file === undefined && !chosen.has(given) && !kept.has(given)) errors.set(`${name} file ${mount.key}`, texts.mountFileMissing)
      if (mount.stage === 'output' && !mediaTypePattern.test(mount.mediaType.trim())) errors.set(`${name} type ${mount.key}`, texts.mediaTypeMissing)
    })
  }
  return errors
}

/** A draft as the server takes it: a form, with the files that come with the deployment. Files that the server has already are given to it again. @throws ApiFailure where they cannot be had */
export async function formOf (drafts: readonly FunctionDraft[], { id, dataFiles }: { id: string, dataFiles: ModuleVersion['dataFiles'] }): Promise<FormData> {
  const offered = drafts.filter(({ isOffered }) => isOffered)
  const form = new FormData()
  form.append('functions', JSON.stringify(Object.fromEntries(offered.map(({ name, method, parameters, output, mounts }) => [name, {
    method,
    parameters: parameters.map(each => ({ name: each.name.trim(), type: each.type })),
    ...output === file ? {} : { output },
    mounts: mounts.map(({ name, stage, mediaType }) => ({ name: name.trim(), stage, ...stage === 'output' ? { mediaType: mediaType.trim() } : {} }))
  }]))))
  const chosen = filesOf(offered)
  const names = new Set(offered.flatMap(({ mounts }) => mounts.filter(({ stage }) => stage === 'deployment').map(({ name }) => name.trim())))
  for (const name of names) {
    const given = chosen.get(name)
    const kept = Object.hasOwn(dataFiles, name) ? dataFiles[name] : undefined
    if (given !== undefined) form.append(name, given, given.name)
    else if (kept !== undefined) form.append(name, new Blob([await fetchBytes(`${placeOf(id)}/files/${encodeURIComponent(name)}`)], { type: kept.mediaType }), kept.originalName)
  }
  return form
}
