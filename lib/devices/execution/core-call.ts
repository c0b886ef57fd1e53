// An execution whose first step is a service of Tutti itself: done here, without HTTP.
import { datalistName } from '../datalist.ts'
import type { Datalists } from '../datalist.ts'
import type { DevicePart } from '../device-client.ts'
import { DevicesError } from '../devices-error.ts'
import type { Call } from './call.ts'
import type { Performed } from './perform.ts'

/** Longest entry of a list, in bytes. */
const longestEntry = 64 * 1024

/** Whether the first step is one of Tutti's own. Uploaded modules cannot have such a name. */
export function isCoreCall ({ module }: Call): boolean {
  return module === datalistName
}

/** Parameters of a call; for `push` either `param0` or the file `entry` will do. @throws DevicesError REQUEST */
export function checkCore ({ deployment, step, endpoint }: Call, given: Readonly<Record<string, string>>, files: readonly DevicePart[]): Array<[string, string]> {
  const value = Object.hasOwn(given, 'param0') ? given.param0 : undefined
  if (step.func !== 'push') return []
  if (value !== undefined) {
    if (Buffer.byteLength(value) > longestEntry) throw new DevicesError('REQUEST', `The parameter param0 has more than ${longestEntry} bytes.`)
    return [['param0', value]]
  }
  const entry = files.find(({ name }) => name === 'entry')
  if (entry === undefined) {
    throw new DevicesError('REQUEST', 'The parameter param0 is missing, and so is the file entry.', { name: 'ParameterMissing', deployment: { id: deployment.id }, execPath: endpoint.path, param: 'param0' })
  }
  if (entry.size > longestEntry) throw new DevicesError('TOO_LARGE', `The file entry has more than ${longestEntry} bytes.`)
  return []
}

/** Does it. What comes back is the list as it then is. @throws DevicesError TOO_LARGE where the list is full, CONFLICT where there is no such function */
export async function callCore ({ deployment, step }: Call, datalists: Datalists, parameters: ReadonlyArray<readonly [string, string]>, files: readonly DevicePart[], tell: (what: string) => void): Promise<Performed> {
  const { id, isInFailover } = deployment
  if (step.func === 'push') await datalists.push(id, parameters[0]?.[1] ?? await textOf(files.find(({ name }) => name === 'entry')))
  else if (step.func === 'delete') await datalists.clear(id)
  else if (step.func !== 'get') throw new DevicesError('CONFLICT', `${datalistName} has no function ${step.func} that can be called.`)
  const result = await datalists.get(id)
  tell(`The list has ${result.length} values.`)
  return { result, resultText: undefined, resultUrl: undefined, outputs: {}, isInFailover }
}

async function textOf (file: DevicePart | undefined): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of file?.open() ?? []) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
