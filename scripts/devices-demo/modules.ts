// The WebAssembly modules of the demonstration of devices: translated from their text when they are needed, with how their functions are called.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import wabt from 'wabt'

/** Names of the modules. */
export type DemoModule = 'numbers' | 'picture'

/** How their functions are called, as the server is told. */
export const functionsOf: Readonly<Record<DemoModule, object>> = {
  numbers: {
    add1: { method: 'GET', parameters: [{ name: 'number', type: 'integer' }], output: 'integer' },
    half: { method: 'GET', parameters: [{ name: 'number', type: 'float' }], output: 'float' },
    square: { method: 'GET', parameters: [{ name: 'number', type: 'integer' }], output: 'integer' },
    percent: { method: 'GET', parameters: [{ name: 'brightness', type: 'integer' }], output: 'integer' },
    trap: { method: 'GET', parameters: [], output: 'integer' },
    spin: { method: 'GET', parameters: [], output: 'integer' },
    hoard: { method: 'GET', parameters: [], output: 'integer' }
  },
  picture: {
    invert: {
      method: 'POST',
      parameters: [],
      mounts: [{ name: 'picture', stage: 'execution' }, { name: 'negative', stage: 'output', mediaType: 'application/octet-stream' }]
    },
    brightness: { method: 'POST', parameters: [], output: 'integer', mounts: [{ name: 'negative', stage: 'execution' }] }
  }
}

/** Translates a module. @returns its bytes */
export async function translate (name: DemoModule): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt()
  const source = path.join(import.meta.dirname, `${name}.wat`)
  const module = parseWat(source, readFileSync(source, 'utf8'))
  try {
    module.validate()
    return Uint8Array.from(module.toBinary({}).buffer)
  } finally {
    module.destroy()
  }
}

/** A grey picture (binary PGM) that grows lighter from left to right. */
export function gradient (width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(`P5\n# made by the demonstration\n${width} ${height}\n255\n`)
  const bytes = new Uint8Array(header.length + width * height)
  bytes.set(header)
  for (let at = 0; at < width * height; at++) bytes[header.length + at] = Math.floor((at % width) * 256 / width)
  return bytes
}
