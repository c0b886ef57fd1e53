// Roles in claims of any shape.
import t from 'tap'
import { rolesAt } from '../../lib/jwt-roles.ts'

t.test('roles are found where they are said to be', async t => {
  const claims = { roles: ['one'], resource_access: { 'a.b': { roles: ['two', 3] } } }
  t.strictSame(rolesAt(claims, 'roles'), ['one'])
  t.strictSame(rolesAt(claims, 'resource_access', 'a.b', 'roles'), ['two', 3])
})

t.test('where there is no list there are none', async t => {
  for (const claims of [undefined, null, 7, 'roles', [], {}, { roles: 'one' }, { roles: { one: true } }, { roles: null }]) t.strictSame(rolesAt(claims, 'roles'), [])
  t.strictSame(rolesAt({}, '__proto__', 'constructor'), [])
  t.strictSame(rolesAt(['one'], 'constructor'), [])
})
