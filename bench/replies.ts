// What the services of the benchmark answer, always the same bytes, and how long an answer is that is made of them.
import type { GraphCall } from './graph.ts'

/** Bytes that a preprocessor finds, about as many as one of IMAGE does in a photo, and bytes of a rendering. */
const sizes = { found: 3000, rendering: 4000 }

/** The renderer that requests of the benchmark ask for. */
export const renderer = 'ca.mcgill.a11y.image.renderer.Text'

const requestUuid = '6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b'
const timestamp = 1700000000

/** The name under which a preprocessor files what it has found. */
export function filedAs (name: string): string {
  return `ca.mcgill.a11y.image.preprocessor.${name}`
}

/** What a preprocessor finds: a list of objects with their places, as JSON. */
export function foundBy (name: string): string {
  const objects: unknown[] = []
  const found = { finder: name, objects }
  for (let id = 0; JSON.stringify(found).length < sizes.found; id++) {
    objects.push({ ID: id, type: `thing ${id % 7}`, dimensions: [0.125, 0.25, 0.5, 0.75], confidence: 87.5, centroid: [0.3125, 0.5], area: 0.1875 })
  }
  return JSON.stringify(found)
}

function renderingOf (name: string): string {
  return JSON.stringify({ type_id: renderer, description: `made by ${name}`, data: { text: 'what there is to say '.repeat(sizes.rendering / 21) } })
}

/** The whole reply of a service; undefined for a modifier, which has nothing to change in a graphic that is small enough: 204. */
export function replyOf ({ name, role }: Pick<GraphCall, 'name' | 'role'>): Buffer | undefined {
  if (role === 'modifier') return undefined
  const start = `{"request_uuid":"${requestUuid}","timestamp":${timestamp},`
  return Buffer.from(role === 'handler' ? `${start}"renderings":[${renderingOf(name)}]}` : `${start}"name":"${filedAs(name)}","data":${foundBy(name)}}`)
}

/** Bytes of the answer that renderings of these calls make. */
export function answerLength (calls: readonly GraphCall[]): number {
  const renderings = calls.filter(({ role }) => role === 'handler').map(({ name }) => renderingOf(name))
  return Buffer.byteLength(`{"request_uuid":"${requestUuid}","timestamp":${timestamp},"renderings":[${renderings.join()}]}`)
}
