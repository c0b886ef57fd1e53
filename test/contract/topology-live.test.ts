// /topology as it changes, for operators who look on.
import { writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { build, handler, hang, mockService, servicesFile } from '../helper.ts'
import { readEvents } from './event-reader.ts'

async function follow (t: Test, origin: string, path = '/topology') {
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  const response = await fetch(origin + path, { headers: { accept: 'text/event-stream' }, signal: ending.signal })
  const events = readEvents(Readable.fromWeb(response.body as never))
  const next = async (wanted: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value } = await events.next()
      if (value === undefined) throw new Error(`no ${wanted}`)
      if (value.event === wanted) return JSON.parse(value.data)
    }
  }
  return { response, next }
}

t.test('the whole comes at once and with every change, and replicas when they do otherwise', async t => {
  const slow = await mockService(t, hang)
  const file = servicesFile(t, { slow: handler(slow), idle: handler('http://127.0.0.1:9', { route: 'chart' }) })
  const server = await build(t, { env: { SERVICES_FILE: file } })
  const { response, next } = await follow(t, server.origin)
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  t.equal(response.headers.get('cache-control'), 'no-store')
  const first = await next('topology')
  const { ageSeconds: _age, confirmedAt: _confirmed, takenAt: _taken, ...usual } = (await server.send('/topology')).json as Record<string, unknown>
  t.match(first, usual)
  const ending = new AbortController()
  const asked = server.render(undefined, { signal: ending.signal })
  t.match(await next('replicas'), { services: [{ name: 'slow', replicas: [{ origin: slow.url, inFlight: 1, failures: 0 }] }] })
  ending.abort()
  await t.rejects(asked)
  t.match(await next('replicas'), { services: [{ name: 'slow', replicas: [{ inFlight: 0 }] }] })
  await writeFile(file, 'services: { alone: { labels: { handler: enable } } }')
  t.match(await next('topology'), { revision: 2, services: [{ name: 'alone' }] })
  await writeFile(file, 'services: [')
  t.match(await next('topology'), { revision: 2, trouble: { cause: /services file/ } })
})

t.test('one route alone, and no stream where a drawing or nothing but headers is wanted', async t => {
  const server = await build(t, { services: { chart: handler('http://127.0.0.1:9', { route: 'chart' }) } })
  const { next } = await follow(t, server.origin, '/topology?route=chart')
  t.match(await next('topology'), { plans: [{ route: 'chart' }] })
  const headers = { accept: 'text/event-stream' }
  t.equal((await server.send('/topology?format=mermaid', { headers })).headers.get('content-type'), 'text/vnd.mermaid; charset=utf-8')
  t.equal((await server.send('/topology', { method: 'HEAD', headers })).status, 200)
  t.equal((await server.send('/topology?route=nowhere', { headers })).status, 400)
})

t.test('is for operators', async t => {
  const server = await build(t, { services: {}, env: { OPERATOR_TOKEN: 'the-token-of-an-operator' } })
  t.equal((await server.send('/topology', { headers: { accept: 'text/event-stream' } })).status, 401)
  const open = await build(t, { services: {} })
  t.equal((await open.send('/topology', { headers: { accept: 'text/event-stream', via: '1.1 proxy' } })).status, 403)
})
