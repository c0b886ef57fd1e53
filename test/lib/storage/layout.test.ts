// The names in the storage folder: only identities become paths, and only what Tutti put there is taken for its own.
import t from 'tap'
import { isRequestUuid, parsePassage, passageName } from '../../../lib/storage/layout.ts'

const requestUuid = '6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b'

t.test('a UUID of version 4 is one in either case', async t => {
  for (const text of [requestUuid, requestUuid.toUpperCase(), 'ffffffff-ffff-4fff-bfff-ffffffffffff']) t.ok(isRequestUuid(text), text)
})

t.test('nothing else is', async t => {
  const texts = [
    '', '.', '..', 'auth', `../${requestUuid}`, `${requestUuid}/`, `${requestUuid}\n`, `${requestUuid}\0`, ` ${requestUuid}`, requestUuid.slice(1), requestUuid.replaceAll('-', ''),
    '6f1d2a3b-4c5d-1e6f-8a7b-9c0d1e2f3a4b', '6f1d2a3b-4c5d-7e6f-8a7b-9c0d1e2f3a4b', '6f1d2a3b-4c5d-4e6f-7a7b-9c0d1e2f3a4b', '00000000-0000-0000-0000-000000000000', 'a'.repeat(100000)
  ]
  for (const text of texts) t.notOk(isRequestUuid(text), JSON.stringify(text.slice(0, 60)))
})

t.test('a passage is known by its name, and no two have the same', async t => {
  for (const direction of ['incoming', 'outgoing'] as const) {
    const names = Array.from({ length: 100 }, () => passageName({ direction, requestUuid }))
    t.equal(new Set(names).size, 100)
    for (const name of names) t.strictSame(parsePassage(name), { direction, requestUuid })
  }
})

t.test('no other name is one', async t => {
  const name = passageName({ direction: 'incoming', requestUuid })
  for (const other of [requestUuid, name.slice(1), `${name}0`, name.slice(0, -1), name.replace('incoming', 'going'), `x${name}`, `${name}/x`, '.git', '.'.repeat(5000)]) t.equal(parsePassage(other), undefined, other.slice(0, 80))
})
