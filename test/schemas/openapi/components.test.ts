// Wire schemas as schemas of OpenAPI 3.1.
import t from 'tap'
import { components, toOpenApi } from '../../../schemas/openapi/components.ts'

t.test('lists of fixed length, references and identifiers are written as OpenAPI 3.1 has them', async t => {
  t.strictSame(
    toOpenApi({ $id: 'x', $schema: 'y', type: 'array', items: [{ $ref: 'definitions.json#/definitions/a' }, { $ref: '#/definitions/b' }], additionalItems: false }),
    { type: 'array', prefixItems: [{ $ref: '#/components/schemas/a' }, { $ref: '#/components/schemas/b' }], items: false }
  )
  t.strictSame(toOpenApi({ items: { type: 'string' }, required: ['a'], minimum: 0, default: null }), { items: { type: 'string' }, required: ['a'], minimum: 0, default: null })
})

t.test('nothing of draft 7 is left in the components', async t => {
  t.notMatch(JSON.stringify(components()), /"(?:\$id|\$schema|definitions|additionalItems)":|"items":\[/)
})
