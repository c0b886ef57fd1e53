// Whether a device gives what a module imports.
import type { DeviceDescription } from '../device.ts'
import type { Requirement } from '../wasm-module.ts'

/** The module that WASI preview 1 is imported from: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md */
const wasi = 'wasi_snapshot_preview1'

/** Who gives one of these is a host of WASI, and gives all of it, although lists of supervisors name some functions only (decision 26). */
const signsOfWasi = ['fd_write', 'proc_exit']

/**
 * What a device lacks of what a module imports, as `module.name`. A device that says `sys.millis` means that and nothing else; one that says `millis`, as supervisors of
 * Wasm-IoT do, means it of any module. Either may be followed by a signature, as in `sys.delay(i32)->` or `sys.millis()->i64`: then it is that function and none of other types.
 */
export function missingInterfaces ({ supervisorInterfaces }: Pick<DeviceDescription, 'supervisorInterfaces'>, requirements: readonly Requirement[]): string[] {
  if (requirements.length === 0) return []
  const given = new Set(supervisorInterfaces)
  const names = supervisorInterfaces.map(each => each.split('(', 1)[0] ?? '')
  const qualified = new Set(names.filter(each => each.includes('.')).map(each => each.slice(each.lastIndexOf('.') + 1)))
  const signed = new Set(names.filter((name, index) => name !== supervisorInterfaces[index]))
  const isWasiHost = signsOfWasi.some(name => names.includes(name) || names.includes(`${wasi}.${name}`)) || given.has(wasi)
  const gives = (name: string, signature: string) => signed.has(name) ? given.has(name + signature) : given.has(name)
  return requirements
    .filter(({ module, name, signature }) => {
      const types = signature === undefined ? '' : `(${signature.parameters.join()})->${signature.results.join()}`
      return !gives(`${module}.${name}`, types) && !(!qualified.has(name) && gives(name, types)) && !(isWasiHost && module === wasi)
    })
    .map(({ module, name }) => `${module}.${name}`)
}
