// As whom files are read, and where.
import t from 'tap'
import { createAccounts } from '../../../../lib/diffraction/identities/accounts.ts'
import { checkIdentity, credentialsOf, rootsOf } from '../../../../lib/diffraction/identities/credentials.ts'

const lines: Record<string, string> = {
  jane: 'jane:x:1001:1002:Jane:/home/jane:/bin/sh',
  e40001: 'e40001:x:2001:2002::/data/esaf40001:/usr/sbin/nologin',
  john: 'joan:x:1:1::/:/bin/sh',
  root: 'root:x:0:0:root:/root:/bin/bash',
  e40002: 'e40002:x:5:0::/:/bin/sh',
  odd: 'odd:x:-1:x:::',
  homeless: 'homeless:x:7:7:::'
}
const identity = (user: string, esaf: number) => ({ key: '', user, esaf })

t.test('the uid is that of the user, group and folder are those of the ESAF; up to ESAF 40000 those of the user', async t => {
  const accounts = createAccounts({ look: async name => lines[name] })
  t.strictSame(await credentialsOf(identity('jane', 40_001), accounts), { uid: 1001, gid: 2002, home: '/data/esaf40001' })
  t.strictSame(await credentialsOf(identity('jane', 40_000), accounts), { uid: 1001, gid: 1002, home: '/home/jane' })
  t.strictSame(await credentialsOf(identity('homeless', 1), accounts), { uid: 7, gid: 7, home: '/' })
})

t.test('without an account, with one that says something else, and as root nobody reads', async t => {
  const accounts = createAccounts({ look: async name => lines[name] })
  for (const [user, esaf] of [['nobody', 1], ['john', 1], ['odd', 1], ['root', 1], ['jane', 40_003], ['jane', 40_002]] as const) {
    await t.rejects(credentialsOf(identity(user, esaf), accounts), { code: 'NOT_AUTHORIZED' }, `${user} ${esaf}`)
  }
})

t.test('names and numbers that could be anything else are refused', async t => {
  for (const user of ['', '0', '1001', '-u', '--help', 'a b', 'a/b', '..', 'a\n', 'a:b', 'é', 'a'.repeat(65), '$(id)']) {
    t.throws(() => checkIdentity(identity(user, 1)), { code: 'NOT_AUTHORIZED' }, user)
  }
  for (const esaf of [0, -1, 0.5, NaN, Infinity, 2 ** 60]) t.throws(() => checkIdentity(identity('jane', esaf)), { code: 'NOT_AUTHORIZED' }, String(esaf))
  t.doesNotThrow(() => checkIdentity(identity('_Jane-1', 1)))
})

t.test('an account is looked up once, also one that is not there; a failure is not remembered', async t => {
  const asked: string[] = []
  let fails = false
  const accounts = createAccounts({
    async look (name) {
      asked.push(name)
      if (fails) throw new Error('ldap is down')
      return lines[name]
    }
  })
  await Promise.all([accounts.find('jane'), accounts.find('jane'), accounts.find('nobody')])
  t.equal(await accounts.find('nobody'), undefined)
  t.strictSame(asked, ['jane', 'nobody'])
  fails = true
  await t.rejects(accounts.find('e40001'), { code: 'UNAVAILABLE' })
  fails = false
  t.match(await accounts.find('e40001'), { uid: 2001 })
})

t.test('the accounts of this machine are found', async t => {
  const accounts = createAccounts()
  t.match(await accounts.find('root'), { uid: 0, gid: 0 })
  t.equal(await accounts.find('nobody-of-that-name'), undefined)
})

t.test('folders are those of the identity', async t => {
  t.strictSame(rootsOf(['/data/esaf{esaf}/{user}', '/archive', '/{user}/{user}'], identity('jane', 7)), ['/data/esaf7/jane', '/archive', '/jane/jane'])
})
