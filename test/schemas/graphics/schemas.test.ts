// What holds for every graphics schema: it compiles, it is the only one of its name, and each of its properties is explained.
import { globSync } from 'node:fs'
import t from 'tap'
import type { TSchema } from '@sinclair/typebox'
import { createCompiler } from '../../../lib/graphics/validator.ts'

const root = new URL('../../../', import.meta.url)

/** The schemas that have an identifier of their own, by identifier. */
async function published (): Promise<Map<string, TSchema>> {
  const schemas = new Map<string, TSchema>()
  for (const file of globSync('schemas/graphics/**/*.ts', { cwd: root })) {
    const exported: Record<string, unknown> = await import(new URL(file, root).href)
    for (const value of Object.values(exported)) {
      if (typeof value !== 'object' || value === null || !('$id' in value)) continue
      if (schemas.has(String(value.$id))) throw new Error(`${file} takes the identifier ${value.$id} once more`)
      schemas.set(String(value.$id), value as TSchema)
    }
  }
  return schemas
}

/** The paths of all properties, definitions and list members that say nothing about themselves. */
function unexplained (schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null) return []
    const named = keyword === 'properties' || keyword === 'definitions' || (keyword === 'items' && Array.isArray(value))
    if (!named) return unexplained(value, `${path}/${keyword}`)
    return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
      const explained = typeof part === 'object' && part !== null && 'description' in part && typeof part.description === 'string' && part.description.endsWith('.')
      return [...explained ? [] : [`${path}/${keyword}/${name}`], ...unexplained(part, `${path}/${keyword}/${name}`)]
    })
  })
}

t.test('the published formats are all there', async t => {
  const base = 'https://image.a11y.mcgill.ca/'
  t.strictSame([...(await published()).keys()].sort(), [
    'definitions.json', 'handler-response.schema.json', 'preprocessor-response.schema.json',
    'preprocessors/line-charts.schema.json', 'preprocessors/modify-request.schema.json', 'preprocessors/object-detection.schema.json', 'preprocessors/ocr.schema.json',
    'renderers/definitions.json', 'renderers/simpleaudio.schema.json', 'renderers/tactilesvg.schema.json', 'renderers/text.schema.json',
    'request.schema.json', 'response.schema.json'
  ].map(name => base + name))
})

t.test('every schema says in a sentence what each of its parts means', async t => {
  for (const [id, schema] of await published()) t.strictSame(unexplained({ properties: { schema } }, id), [])
})

t.test('every schema compiles, with all that it refers to', async t => {
  const compile = createCompiler()
  for (const [id, schema] of await published()) t.type(compile(schema), 'function', id)
})
