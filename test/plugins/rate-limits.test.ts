// How often one address may do what costs or guesses.
import t from 'tap'
import type { Test } from 'tap'
import { build } from '../helper.ts'
import type { Reply } from '../helper.ts'

const token = 'sixteen-or-more-characters'
const from = (address: string, authorization = 'Bearer wrong') => ({ headers: { 'x-forwarded-for': address, authorization } })

function isTooMany (t: Test, { status, headers, text }: Reply): void {
  t.equal(status, 429)
  const seconds = Number(headers.get('retry-after'))
  t.ok(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`)
  t.match(headers.get('content-type'), /^text\/plain/)
  t.match(text, /^Too Many Requests: .+ \(TUTTI_TOO_MANY_REQUESTS\)$/)
}

async function repeat (times: number, ask: () => Promise<Reply>): Promise<number[]> {
  const statuses: number[] = []
  for (let time = 0; time < times; time++) statuses.push((await ask()).status)
  return statuses
}

const right = { headers: { authorization: `Bearer ${token}` } }

t.test('ten wrong tokens a minute, then a stranger does not learn which one is right', async t => {
  const server = await build(t, { env: { OPERATOR_TOKEN: token } })
  t.strictSame(await repeat(5, () => server.send('/metrics')), Array(5).fill(401))
  t.strictSame(await repeat(5, () => server.send('/topology', from('203.0.113.7'))), Array(5).fill(401), 'nobody believes X-Forwarded-For')
  isTooMany(t, await server.send('/topology', from('203.0.113.8')))
  isTooMany(t, await server.send('/metrics', right))
  t.equal((await server.send('/health')).status, 200)
  t.equal((await server.render()).status, 200)
  t.equal((await server.send('/nowhere')).status, 404, 'what there is not has a count of its own')
})

t.test('an operator whose address others guess from is not locked out', async t => {
  const server = await build(t, { env: { OPERATOR_TOKEN: token, OPERATOR_RATE_LIMIT: '3', TRUST_PROXY: '127.0.0.1' } })
  const wrong = from('203.0.113.7')
  const operator = (address: string) => from(address, `Bearer ${token}`)
  t.strictSame(await repeat(9, () => server.send('/metrics', operator('203.0.113.7'))), Array(9).fill(200), 'right ones are not counted')
  t.strictSame(await repeat(3, () => server.send('/metrics', wrong)), Array(3).fill(401))
  isTooMany(t, await server.send('/metrics', wrong))
  t.strictSame(await repeat(9, () => server.send('/topology', operator('203.0.113.7'))), Array(9).fill(200), 'the right one opens')
  isTooMany(t, await server.send('/metrics', wrong))

  t.strictSame(await repeat(4, () => server.send('/metrics', from('203.0.113.8'))), [401, 401, 401, 429])
  isTooMany(t, await server.send('/metrics', operator('203.0.113.8')))
  t.equal((await server.send('/metrics', operator('203.0.113.9'))).status, 200)
  isTooMany(t, await server.send('/metrics', operator('203.0.113.8')))
  t.comment('who was no operator here before is a stranger, whatever it sends')
})

t.test('sixty paths a minute that there are not', async t => {
  const server = await build(t)
  let number = 0
  t.strictSame(await repeat(60, () => server.send(`/nowhere/${number++}`)), Array(60).fill(404))
  isTooMany(t, await server.send('/nowhere'))
  isTooMany(t, await server.post('/health', '{'))
  for (const path of ['/health', '/health/live', '/health/ready', '/metrics', '/topology']) t.equal((await server.send(path)).status, 200, path)
})

t.test('/render has no limit unless RATE_LIMIT sets one, which both its paths share', async t => {
  const open = await build(t)
  t.strictSame(await repeat(100, () => open.render({})), Array(100).fill(400))
  const server = await build(t, { env: { RATE_LIMIT: '3' } })
  t.equal((await server.render()).status, 200)
  t.equal((await server.post('/render/preprocess', '{')).status, 400)
  t.equal((await server.post('/RENDER/', '{')).status, 400)
  isTooMany(t, await server.render())
  t.equal((await server.send('/render', { method: 'OPTIONS' })).status, 200)
  t.strictSame(await repeat(50, () => server.send('/health/live')), Array(50).fill(200), 'health never has one')
})

t.test('behind a proxy that is trusted, each client has a count of its own', async t => {
  const server = await build(t, { env: { OPERATOR_TOKEN: token, OPERATOR_RATE_LIMIT: '1', TRUST_PROXY: '10.0.0.0/8, 127.0.0.1' } })
  t.equal((await server.send('/metrics', from('203.0.113.7'))).status, 401)
  t.equal((await server.send('/metrics', from('203.0.113.8'))).status, 401)
  t.equal((await server.send('/metrics', from('203.0.113.7'))).status, 429)
  isTooMany(t, await server.send('/metrics', from('1.2.3.4, 203.0.113.8, 10.1.1.1')))
  t.equal((await server.send('/metrics', from('2001:db8::1'))).status, 401)
  isTooMany(t, await server.send('/metrics', from('2001:db8::ffff')))
  for (const strange of ['', ',,,', 'x'.repeat(2000), '999.1.1.1', '__proto__', '2001:db8::1%eth0', '1'.repeat(39), ':::', '::/0']) {
    t.match((await server.send('/metrics', from(strange))).status, /^4(01|29)$/, JSON.stringify(strange.slice(0, 20)))
  }
})

t.test('proxies that are no addresses refuse the start', async t => {
  for (const TRUST_PROXY of ['localhost', 'everybody', '10.0.0.0/33', '10.0.0.0/0', '10.0.0', '1:2', ',']) {
    await t.rejects(build(t, { env: { TRUST_PROXY } }), { code: 'TUTTI_CONFIGURATION', message: /TRUST_PROXY/ }, TRUST_PROXY)
  }
})
