// A module in the shape that clients of the reference know from MongoDB.
import { currentVersion } from '../wasm-module.ts'
import type { Mount, StoredFile, WasmModule } from '../wasm-module.ts'

/** A file, without a path of the server: it is known by its digest. */
export interface LegacyFile { readonly originalFilename: string, readonly fileName: string, readonly path: string }

/** A module as `GET /file/module` gives it. */
export interface LegacyModule {
  readonly _id: string
  readonly name: string
  readonly exports: ReadonlyArray<{ readonly name: string, readonly parameterCount: number }>
  readonly requirements: ReadonlyArray<{ readonly module: string, readonly name: string, readonly kind: string }>
  readonly wasm: LegacyFile
  readonly dataFiles?: Readonly<Record<string, LegacyFile>>
  readonly description?: unknown
  readonly mounts?: Readonly<Record<string, Readonly<Record<string, Mount>>>>
  readonly isCoreModule?: true
}

/** Makes the shape of the version that counts. @param description - its OpenAPI document; undefined where it has not been described */
export function legacyModule (module: WasmModule, description: unknown): LegacyModule {
  const { id, name, isCore } = module
  const { analysis, dataFiles, functions, wasm } = currentVersion(module)
  return {
    _id: id,
    name,
    exports: analysis.exports.map(each => ({ name: each.name, parameterCount: each.parameters.length })),
    requirements: analysis.requirements.map(({ module, name, kind }) => ({ module, name, kind })),
    wasm: legacyFile(wasm),
    ...functions === undefined || description === undefined
      ? {}
      : {
          dataFiles: Object.fromEntries(Object.entries(dataFiles).map(([mount, file]) => [mount, legacyFile(file)])),
          description,
          mounts: Object.fromEntries(Object.entries(functions).map(([func, { mounts }]) => [func, mounts]))
        },
    ...isCore ? { isCoreModule: true } : {}
  }
}

function legacyFile ({ originalName, sha256 }: StoredFile): LegacyFile {
  return { originalFilename: originalName, fileName: sha256, path: sha256 }
}
