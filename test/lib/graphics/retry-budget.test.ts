// The budget of further attempts: three at any time, a share of the calls beyond, and exact counts.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { createRetryBudget } from '../../../lib/graphics/retry-budget.ts'
import type { Account } from '../../../lib/graphics/retry-budget.ts'

t.test('three calls may be tried again however few there are, and beyond that their share', async t => {
  for (const [share, calls, allowed] of [[20, 3, 3], [20, 19, 3], [20, 20, 4], [20, 100, 20], [0, 100, 3], [100, 50, 50]] as const) {
    const budget = createRetryBudget(share)
    const accounts = Array.from({ length: calls }, () => budget.open('a'))
    t.equal(accounts.filter(account => account.allowsFurther()).length, allowed, `${share} % of ${calls}`)
  }
})

t.test('one call counts once, however often it is tried again, and until it ends', async t => {
  const budget = createRetryBudget(20)
  const [one, two, three, four] = ['a', 'a', 'a', 'a'].map(service => budget.open(service)) as [Account, Account, Account, Account]
  for (const each of [one, one, one, two, three]) t.ok(each.allowsFurther())
  t.notOk(four.allowsFurther())
  t.ok(budget.open('b').allowsFurther(), 'each service has its own')
  one.close()
  one.close()
  t.ok(four.allowsFurther())
  t.notOk(one.allowsFurther(), 'what has ended is not tried again')
})

t.test('in random schedules the budget is never exceeded, nobody is refused without need, and nothing is left', async () => {
  const schedule = fc.array(fc.record({ service: fc.constantFrom('a', 'b'), what: fc.constantFrom('open', 'open', 'further', 'further', 'close'), which: fc.nat(99) }), { maxLength: 200 })
  fc.assert(fc.property(schedule, fc.integer({ min: 0, max: 100 }), (actions, share) => {
    const budget = createRetryBudget(share)
    const open = { a: new Map<Account, boolean>(), b: new Map<Account, boolean>() }
    for (const { service, what, which } of actions) {
      const accounts = open[service]
      if (what === 'open') accounts.set(budget.open(service), false)
      const account = [...accounts.keys()][which % Math.max(1, accounts.size)]
      if (account === undefined) continue
      if (what === 'close') {
        account.close()
        accounts.delete(account)
      }
      if (what === 'further') {
        const further = [...accounts.values()].filter(Boolean).length
        const expected = accounts.get(account) === true || further < Math.max(3, Math.floor(accounts.size * share / 100))
        assert.equal(account.allowsFurther(), expected)
        if (expected) accounts.set(account, true)
      }
    }
    for (const accounts of [open.a, open.b]) for (const account of accounts.keys()) account.close()
    assert.equal(budget.size, 0)
  }), { numRuns: 1000 })
})
