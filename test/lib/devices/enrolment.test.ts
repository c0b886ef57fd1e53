import t from 'tap'
import { createEnrolment } from '../../../lib/devices/enrolment.ts'
import { openTestRegistry } from './test-registry.ts'

t.test('a token is shown once, and found by what is kept of it', async t => {
  const registry = await openTestRegistry(t)
  const enrolment = createEnrolment(registry)
  const { token, kept } = await enrolment.create({ name: ' kitchen ' })
  t.match(token, /^tutti_[0-9a-f]{24}_[\w-]{43}$/)
  t.notMatch(JSON.stringify(await enrolment.list()), token.slice(-43))
  t.match(kept, { name: 'kitchen', expiresAt: undefined })
  t.equal((await enrolment.check(token))?.id, kept.id)
})

t.test('what is no token opens nothing', async t => {
  const registry = await openTestRegistry(t)
  const enrolment = createEnrolment(registry)
  const { token, kept } = await enrolment.create({ name: 'kitchen' })
  const { token: other } = await enrolment.create({ name: 'cellar' })
  const swapped = `${token.slice(0, 30)}${other.slice(30)}`
  for (const text of ['', 'tutti', kept.id, kept.sha256, `${token}x`, token.toUpperCase(), swapped, token.replace(kept.id, '0'.repeat(24))]) t.equal(await enrolment.check(text), undefined, text.slice(0, 30))
})

t.test('a token ends when it is taken back, and when its time is over', async t => {
  const registry = await openTestRegistry(t)
  let now = 1_000_000
  const enrolment = createEnrolment(registry, () => now)
  const { token, kept } = await enrolment.create({ name: 'a', expiresAt: now + 1000 })
  t.ok(await enrolment.check(token))
  now += 1000
  t.equal(await enrolment.check(token), undefined)
  await t.rejects(enrolment.create({ name: 'b', expiresAt: now }), { code: 'REQUEST' })
  await t.rejects(enrolment.create({ name: '\u0007' }), { code: 'REQUEST' })
  const { token: second, kept: { id } } = await enrolment.create({ name: 'c' })
  t.equal(await enrolment.revoke(id), true)
  t.equal(await enrolment.revoke(id), false)
  t.equal(await enrolment.check(second), undefined)
  t.strictSame((await enrolment.list()).map(each => each.id), [kept.id])
})
