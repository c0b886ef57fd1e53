// npm run build:simd: makes lib/diffraction/simd/simd.wasm of simd.wat. Run it after a change; a test says when it was forgotten.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import wabt from 'wabt'

const folder = path.join(import.meta.dirname, '../lib/diffraction/simd')

/** Translates simd.wat. */
export async function translate (): Promise<Uint8Array> {
  const { parseWat } = await wabt()
  const source = path.join(folder, 'simd.wat')
  const module = parseWat(source, readFileSync(source, 'ascii'), { simd: true })
  try {
    module.validate()
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

if (import.meta.main) writeFileSync(path.join(folder, 'simd.wasm'), await translate())
