// Who is taken for an operator.
import t from 'tap'
import { createDoorkeeper, listensOnLoopbackOnly } from '../../lib/operator.ts'

const token = 'correct horse battery staple'
const nobody = { authorization: undefined, host: 'localhost:8080', forwarded: false, listening: ['127.0.0.1'] }

const authorizations: Array<[header: string | undefined, judgement: string]> = [
  [`Bearer ${token}`, 'welcome'],
  [`bearer   ${token}`, 'welcome'],
  [undefined, 'wrong-token'],
  ['', 'wrong-token'],
  ['Bearer', 'wrong-token'],
  ['Bearer ', 'wrong-token'],
  [token, 'wrong-token'],
  [`Basic ${token}`, 'wrong-token'],
  [`Bearer ${token}x`, 'wrong-token'],
  [`Bearer ${token.slice(0, -1)}`, 'wrong-token'],
  [`Bearer ${token.toUpperCase()}`, 'wrong-token'],
  [`Bearer${token}`, 'wrong-token'],
  [`Bearer ${'x'.repeat(16000)}`, 'wrong-token']
]
for (const [authorization, judgement] of authorizations) {
  t.test(`with a token, Authorization: ${authorization?.slice(0, 50)} is ${judgement}, wherever it comes from`, async t => {
    const judge = createDoorkeeper(token)
    t.equal(await judge({ ...nobody, authorization }), judgement)
    t.equal(await judge({ authorization, host: 'tutti.example.org', forwarded: true, listening: ['0.0.0.0'] }), judgement)
  })
}

const hosts: Array<[host: string | undefined, judgement: string]> = [
  ['localhost', 'welcome'], ['LOCALHOST:8080', 'welcome'], ['127.0.0.1', 'welcome'], ['127.1.2.3:80', 'welcome'], ['[::1]', 'welcome'], ['[::1]:8080', 'welcome'],
  [undefined, 'closed'], ['', 'closed'], ['evil.example', 'closed'], ['localhost.evil.example', 'closed'], ['127.0.0.1.evil.example', 'closed'], ['evil.example:localhost', 'closed'],
  ['localhost@evil.example', 'closed'], ['10.0.0.1', 'closed'], ['[::2]', 'closed'], ['::1', 'closed'], ['128.0.0.1', 'closed'], ['localhost\n', 'closed']
]
for (const [host, judgement] of hosts) {
  t.test(`without a token, Host: ${JSON.stringify(host)} is ${judgement}`, async t => {
    t.equal(await createDoorkeeper(undefined)({ ...nobody, host }), judgement)
  })
}

t.test('without a token nobody is welcome through a proxy, nor where others can connect', async t => {
  const judge = createDoorkeeper(undefined)
  t.equal(await judge({ ...nobody, forwarded: true }), 'closed')
  for (const listening of [['0.0.0.0'], ['::'], ['10.0.0.4'], ['127.0.0.1', '10.0.0.4'], []]) t.equal(await judge({ ...nobody, listening }), 'closed')
  t.equal(await judge({ ...nobody, listening: ['127.0.0.1', '::1'] }), 'welcome')
  t.equal(await judge({ ...nobody, authorization: 'Bearer anything', listening: ['0.0.0.0'] }), 'closed')
})

t.test('loopback addresses are told from all others', async t => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) t.ok(listensOnLoopbackOnly([address]))
  for (const address of ['0.0.0.0', '::', '192.168.0.1', '1127.0.0.1', '127.0.0.1.1', '::ffff:10.0.0.1', '/run/tutti.sock']) t.notOk(listensOnLoopbackOnly([address]))
})
