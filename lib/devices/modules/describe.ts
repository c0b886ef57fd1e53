// Reads how the functions of a module are called: as JSON, or as fields of a form such as `add1[mounts][0][name]`; and checks it against what the module exports.
import { Ajv } from 'ajv'
import { FunctionInput } from '../../../schemas/devices/module-description.ts'
import { DevicesError } from '../devices-error.ts'
import type { ExportedFunction, FunctionDescription, Mount, StoredFile } from '../wasm-module.ts'
import { cleanMediaType, cleanMountName, cleanName, isMediaType } from './names.ts'

/** Functions by name, as they are kept. */
export type Functions = Readonly<Record<string, FunctionDescription>>

/** What a description is checked against. */
export interface DescribedModule {
  readonly exports: readonly ExportedFunction[]
  /** Files that came with the description, by name of mount. */
  readonly files: ReadonlyMap<string, StoredFile>
}

/** Runs before any other function where a module has it; only its mounts count, and it need not be exported. */
export const initFunction = '_wasmiot_init'

/** How much a description may have. */
const most = { functions: 1000, fields: 20_000, depth: 6, text: 1024 * 1024 }

const validate = new Ajv().compile<FunctionInput>(FunctionInput)

/** Fields of a form by name. */
interface Tree { [name: string]: Tree | string }

/**
 * Puts text fields of a form together: the field `functions` where there is one, which is JSON, or fields in brackets.
 * @param fields - names and values in the order in which they came
 * @returns functions by name, as they came
 * @throws DevicesError REQUEST where they are neither, TOO_LARGE
 */
export function functionsOfForm (fields: Iterable<readonly [name: string, value: string]>): unknown {
  const tree: Tree = Object.create(null)
  let count = 0
  let length = 0
  for (const [name, value] of fields) {
    length += name.length + value.length
    if (++count > most.fields || length > most.text) throw new DevicesError('TOO_LARGE', 'The description is too long.')
    if (name === 'functions') return parse(value)
    place(tree, name, value)
  }
  return tree
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DevicesError('REQUEST', 'The field functions is not JSON.')
  }
}

/** Puts a field where its name says: `a[b][c]`. What says nothing of a function is dropped. */
function place (tree: Tree, name: string, value: string): void {
  const [, first = '', rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name) ?? []
  if (first === '') return
  const steps = [first, ...rest.slice(1, -1).split('][')]
  if (steps.length > most.depth) throw new DevicesError('REQUEST', 'A field of the description has too many brackets in its name.')
  const last = steps.pop()!
  let within = tree
  for (const step of steps) {
    const next = within[step] ??= Object.create(null) as Tree
    if (typeof next === 'string') throw new DevicesError('REQUEST', 'A field of the description has both a value and parts.')
    within = next
  }
  // `list[]` means the next place of a list.
  within[last === '' ? String(Object.keys(within).length) : last] = value
}

/**
 * Reads a description.
 * @param functions - functions by name, from whoever sent them
 * @returns functions as they are kept
 * @throws DevicesError REQUEST with what is wrong; with `Functions missing mounts: …`, as the reference says it, where files of stage `deployment` have not come
 */
export function readFunctions (functions: unknown, { exports, files }: DescribedModule): Functions {
  if (!isRecord(functions) || Object.keys(functions).length === 0) throw new DevicesError('REQUEST', 'The description has no functions. Send the field functions, or fields such as add1[method].')
  const entries = Object.entries(functions)
  if (entries.length > most.functions) throw new DevicesError('TOO_LARGE', `The description has more than ${most.functions} functions.`)
  const described = entries.map(([name, given]) => [name, readFunction(checkFunctionName(name), given, files)] as const)
  const read = Object.fromEntries(described)
  checkFunctions(read, exports)
  checkFiles(described, files)
  return read
}

/** Checks that a module has the functions that are described. @throws DevicesError REQUEST */
export function checkFunctions (functions: Functions, exports: readonly ExportedFunction[]): void {
  const byName = new Map(exports.map(each => [each.name, each]))
  for (const [name, func] of Object.entries(functions)) if (name !== initFunction) checkFit(name, func, byName.get(name))
}

/** Files of mounts of stage `deployment`, by name of mount. */
export function deploymentFiles (functions: Functions, files: ReadonlyMap<string, StoredFile>): Record<string, StoredFile> {
  const names = new Set(Object.values(functions).flatMap(({ mounts }) => Object.keys(mounts).filter(name => mounts[name]?.stage === 'deployment')))
  return Object.fromEntries([...files].filter(([name]) => names.has(name)))
}

/** The module exports it by exactly this name: nothing can be cleaned away. */
function checkFunctionName (name: string): string {
  if (cleanName('A function', name) !== name) throw new DevicesError('REQUEST', 'A function has blanks around its name, or letters that are not composed.')
  return name
}

function readFunction (name: string, given: unknown, files: ReadonlyMap<string, StoredFile>): FunctionDescription {
  const input = isRecord(given)
    ? {
        method: typeof given.method === 'string' ? given.method.toLowerCase() : given.method,
        parameters: given.parameters === undefined ? shorthand(given) : list(given.parameters),
        ...given.output === undefined || given.output === '' ? {} : { output: given.output },
        mounts: list(given.mounts)
      }
    : given
  if (!validate(input)) throw wrong(name, validate.errors?.[0])

  const parameters = input.parameters.map(({ name, type }) => ({ name: cleanName('A parameter', name), type }))
  if (new Set(parameters.map(({ name }) => name)).size < parameters.length) throw new DevicesError('REQUEST', `The function ${name} has two parameters of one name.`)
  const mounts = new Map<string, Mount>()
  for (const { name: given, stage, mediaType = input.output ?? '' } of input.mounts) {
    const mount = cleanMountName(given)
    if (mounts.has(mount)) throw new DevicesError('REQUEST', `The function ${name} has two mounts of the name ${mount}.`)
    mounts.set(mount, { mediaType: stage === 'output' ? cleanMediaType(mediaType) : files.get(mount)?.mediaType ?? 'application/octet-stream', stage })
  }
  const written = [...mounts.values()].find(({ stage }) => stage === 'output')
  const output = written?.mediaType ?? readOutput(name, input.output)
  return { method: input.method, parameters, output, mounts: Object.fromEntries(mounts) }
}

function readOutput (name: string, output: string | undefined): string {
  if (output === 'integer' || output === 'float') return output
  if (output !== undefined && isMediaType(output.toLowerCase())) return output.toLowerCase()
  throw new DevicesError('REQUEST', `The function ${name} needs an output: integer, float, or a media type.`)
}

/** Parameters as `param0: "integer", param1: "float"`. */
function shorthand (given: Readonly<Record<string, unknown>>): Array<{ name: string, type: unknown }> {
  return Object.keys(given)
    .filter(key => /^param\d{1,4}$/.test(key))
    .sort((one, other) => Number(one.slice(5)) - Number(other.slice(5)))
    .map(name => ({ name, type: given[name] }))
}

/** A list that may have come as a map of indices, as forms have them. */
function list (given: unknown): unknown {
  if (given === undefined || given === '') return []
  if (!isRecord(given)) return given
  const keys = Object.keys(given)
  if (!keys.every(key => /^\d{1,5}$/.test(key))) return given
  return keys.sort((one, other) => Number(one) - Number(other)).map(key => given[key])
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Devices call a function with as many parameters as it takes; what is given beyond them they leave out, and so it may be there. */
function checkFit (name: string, { parameters }: FunctionDescription, exported: ExportedFunction | undefined): void {
  if (exported === undefined) throw new DevicesError('REQUEST', `The module does not export a function ${name}.`)
  const unable = exported.parameters.find(type => !['i32', 'i64', 'f32', 'f64'].includes(type))
  if (unable !== undefined) throw new DevicesError('REQUEST', `The function ${name} takes a parameter of type ${unable}, which no device can give.`)
  if (parameters.length < exported.parameters.length) {
    throw new DevicesError('REQUEST', `The function ${name} takes ${exported.parameters.length} parameters (${exported.parameters.join(', ')}), and ${parameters.length} are described.`)
  }
}

function checkFiles (functions: ReadonlyArray<readonly [string, FunctionDescription]>, files: ReadonlyMap<string, StoredFile>): void {
  const initial = new Set(functions.filter(([name]) => name === initFunction).flatMap(([, { mounts }]) => Object.keys(mounts)))
  const missing = functions.flatMap(([name, { mounts }]) => Object.keys(mounts)
    .filter(mount => name !== initFunction && mounts[mount]?.stage === 'deployment' && !files.has(mount) && !initial.has(mount))
    .map(mount => [name, mount]))
  if (missing.length > 0) throw new DevicesError('REQUEST', `Functions missing mounts: ${JSON.stringify(missing)}`)
}

function wrong (name: string, error: { instancePath: string, message?: string | undefined, params?: Record<string, unknown> } | undefined): DevicesError {
  const allowed = error?.params?.allowedValues
  const where = error?.instancePath.slice(1).replaceAll('/', '.')
  const why = Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : error?.message ?? 'is not what it must be'
  return new DevicesError('REQUEST', `The function ${name}${where === undefined || where === '' ? '' : `: ${where}`} ${why}.`)
}
