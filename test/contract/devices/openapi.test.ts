// The OpenAPI document of a server with devices: valid, complete, and with a name for every operation.
import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { buildDevices } from '../../devices-server.ts'

interface Operation { operationId?: string, summary?: string, tags?: string[], responses: Record<string, { description: string }> }

t.test('the document', async t => {
  // The console is files, not operations.
  const server = await buildDevices(t, { env: { CONSOLE: 'off' } })
  const document = (await server.send('/docs/openapi.json')).json as { paths: Record<string, Record<string, Operation>> }

  t.test('is valid', async t => {
    t.strictSame(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>), { valid: true })
  })
  t.test('has every route', async t => {
    const routes = [...server.app.printRoutes({ commonPrefix: false, includeHooks: false }).matchAll(/\((\w+(?:, \w+)*)\)/g)].flatMap(([, methods = '']) => methods.split(', '))
    const described = Object.values(document.paths).flatMap(methods => Object.keys(methods).map(method => method.toUpperCase()))
    // POST //deploy is /deploy with a slash too many.
    t.strictSame([...described, 'POST'].toSorted(), routes.filter(method => method !== 'HEAD').toSorted())
  })
  t.test('names and explains every operation', async t => {
    const ids = new Set<string>()
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId, responses, summary }] of Object.entries(methods)) {
        t.ok(summary, `${method} ${path}`)
        if (method === 'options') continue
        t.ok(operationId !== undefined && !ids.has(operationId), String(operationId))
        ids.add(operationId ?? '')
        t.ok(Object.keys(responses).some(status => status.startsWith('2')), `${method} ${path} says what it answers`)
      }
    }
    t.ok(ids.size > 75, `${ids.size} operations`)
  })
})
