// Pages for operators are for operators: /topology and /metrics, with a token and without.
import { once } from 'node:events'
import { get } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { build } from '../helper.ts'
import type { Built } from '../helper.ts'

const token = 'sixteen-or-more-characters'
const pages = ['/topology', '/TOPOLOGY/', '/configuration', '/metrics', '/Metrics', '/topology?format=mermaid', '/requests']

/** Asks with any headers, Host among them. */
async function ask (port: number, path: string, headers: Record<string, string> = {}) {
  const request = get({ host: '127.0.0.1', port, path, headers, agent: false })
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

/** A server that can be reached from everywhere. */
async function buildOpen (t: Test, env: Record<string, string> = {}): Promise<Built> {
  return await build(t, { env: { HOST: '0.0.0.0', ...env } })
}

t.test('with OPERATOR_TOKEN', async t => {
  for (const HOST of ['0.0.0.0', '127.0.0.1']) {
    const server = await build(t, { env: { OPERATOR_TOKEN: token, HOST, OPERATOR_RATE_LIMIT: '1000' } })
    for (const page of pages) {
      t.test(`${page} at ${HOST} opens to whoever sends it, also through a proxy`, async t => {
        t.equal((await ask(server.port, page, { authorization: `Bearer ${token}` })).status, 200)
        t.equal((await ask(server.port, page, { authorization: `bearer ${token}`, host: 'tutti.example.org', 'x-forwarded-for': '203.0.113.7' })).status, 200)
      })
      for (const authorization of [undefined, '', 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, token, `Basic ${btoa(`operator:${token}`)}`]) {
        t.test(`${page} at ${HOST} is refused with Authorization: ${authorization}`, async t => {
          const { status, headers, text } = await ask(server.port, page, authorization === undefined ? {} : { authorization })
          t.equal(status, 401)
          t.match(headers['www-authenticate'], /^Bearer realm="/)
          t.equal(headers['cache-control'], 'no-store')
          t.match(headers['content-type'], /^text\/plain/)
          t.match(text, /^Unauthorized: .+ \(TUTTI_OPERATOR_TOKEN_WRONG\)$/)
          t.notMatch(text, token)
        })
      }
    }
    t.test(`the log of the server at ${HOST} neither warns nor holds the token`, async t => {
      t.notOk(server.logs.some(line => line.msg?.includes('OPERATOR_TOKEN')))
      t.notMatch(JSON.stringify(server.logs), token)
    })
  }
})

t.test('without OPERATOR_TOKEN', async t => {
  const local = await build(t)
  const open = await buildOpen(t)
  for (const page of pages) {
    for (const host of ['localhost', 'localhost:1', '127.0.0.1', '127.9.9.9:80', '[::1]:8080']) {
      t.test(`${page} opens on loopback to whoever calls it ${host}`, async t => {
        t.equal((await ask(local.port, page, { host })).status, 200)
      })
    }
    const strangers: Array<Record<string, string>> = [
      { host: 'evil.example' }, { host: 'localhost.evil.example' }, { host: '10.0.0.1' }, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }, { 'x-real-ip': '::1' },
      { 'x-forwarded-host': 'localhost' }, { 'x-forwarded-proto': 'https' }, { via: '1.1 proxy' }, { host: 'evil.example', authorization: 'Bearer undefined' }
    ]
    for (const headers of strangers) {
      t.test(`${page} is closed on loopback to ${JSON.stringify(headers)}`, async t => {
        const { status, text } = await ask(local.port, page, headers)
        t.equal(status, 403)
        t.match(text, /^Forbidden: .*OPERATOR_TOKEN.* \(TUTTI_OPERATOR_CLOSED\)$/)
      })
    }
    t.test(`${page} is closed to everybody where others can connect`, async t => {
      const strangers: Array<Record<string, string>> = [{ host: 'localhost' }, { authorization: 'Bearer ' }, { authorization: 'Bearer undefined' }]
      for (const headers of strangers) t.equal((await ask(open.port, page, headers)).status, 403)
    })
  }

  t.test('the server starts, serves, and says once what to do', async t => {
    t.equal((await ask(open.port, '/health/ready')).status, 200)
    t.equal((await open.render()).status, 200)
    t.match(open.logs.filter(line => line.msg?.includes('OPERATOR_TOKEN')), [{ level: 40, msg: /\/topology and \/metrics are closed/ }])
    t.notOk(local.logs.some(line => line.msg?.includes('OPERATOR_TOKEN')), 'there is nothing to say on loopback')
  })
})

t.test('a token that is too short refuses the start', async t => {
  await t.rejects(build(t, { env: { OPERATOR_TOKEN: 'short' } }), { code: 'TUTTI_CONFIGURATION', message: /OPERATOR_TOKEN/ })
})

t.test('HEAD is protected as GET is; OPTIONS names the methods to everybody; nothing else is there', async t => {
  const server = await build(t, { env: { OPERATOR_TOKEN: token } })
  const headers = { authorization: `Bearer ${token}` }
  for (const path of ['/topology', '/metrics']) {
    t.equal((await server.send(path, { method: 'HEAD' })).status, 401)
    const head = await server.send(path, { method: 'HEAD', headers })
    t.equal(head.status, 200)
    t.equal(head.text, '')
    const options = await server.send(path, { method: 'OPTIONS' })
    t.equal(options.status, 200)
    t.equal(options.headers.get('allow'), 'GET,HEAD')
    for (const method of ['POST', 'PUT', 'DELETE']) t.equal((await server.send(path, { method, headers })).status, 404)
  }
})
