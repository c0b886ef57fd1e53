// The OpenAPI document: it is valid, has every route, and what it says of requests and answers holds.
import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import type { Test } from 'tap'
import type { Reply } from '../helper.ts'
import { openApiOf } from './openapi-document.ts'
import type { Place } from './openapi-document.ts'

t.test('the document', async t => {
  const { server, document, check, fault } = await openApiOf(t, { env: { MODULES: 'graphics,tracking', CONSOLE: 'off', DATA_DIR: t.testdir() } })
  server.app.tracking.timelines.record([1], { at: Date.now(), processor: '"hall"' })

  t.test('is OpenAPI 3.1 by the schema of the OpenAPI Initiative', async t => {
    t.equal(document.openapi, '3.1.0')
    t.strictSame(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>), { valid: true })
    t.notMatch(await new Validator().validate({ ...structuredClone(document), paths: [] }), { valid: true }, 'whose validator sees what is wrong')
  })

  t.test('has every route but those that refuse a method or become WebSockets, and every reference leads somewhere', async t => {
    const routes = [...server.app.printRoutes({ commonPrefix: false, includeHooks: false }).matchAll(/\((\w+(?:, \w+)*)\)/g)].flatMap(([, methods = '']) => methods.split(', '))
    const described = Object.values(document.paths).flatMap(methods => Object.keys(methods).map(method => method.toUpperCase()))
    const hidden = [...Array(4).fill(['DELETE', 'PATCH', 'POST', 'PUT']).flat(), ...Array(2).fill(['GET', 'OPTIONS']).flat()]
    t.strictSame([...described, ...hidden].toSorted(), routes.filter(method => method !== 'HEAD').toSorted())
    for (const [, path = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      t.ok(path.split('/').reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document), path)
    }
    t.notMatch(JSON.stringify(document), /"\$ref":"[^#]/)
  })

  const ids = new Set<string>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path}`
      t.test(`${name}: its example is answered as the document says`, async t => {
        t.ok(operation.summary)
        if (method !== 'options') {
          t.ok(operation.operationId !== undefined && !ids.has(operation.operationId))
          ids.add(operation.operationId ?? '')
        }
        const body = operation.requestBody?.content['application/json']?.example
        if (body !== undefined) t.equal(check(['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'], body), undefined, 'the example is valid')
        for (const [status, response] of Object.entries(operation.responses)) {
          for (const [type, { example }] of Object.entries(response.content ?? {})) {
            if (example !== undefined) t.equal(check(['paths', path, method, 'responses', status, 'content', type, 'schema'], example), undefined, `the example of an answer ${status} is valid`)
          }
        }
        const filled = (operation.parameters ?? []).reduce((text, parameter) => text.replace(`{${parameter.name}}`, parameter.example ?? ''), path)
        const query = new URLSearchParams((operation.parameters ?? []).flatMap(({ in: place, name, example }) => place === 'query' && example !== undefined ? [[name, example] as [string, string]] : []))
        const reply = body === undefined ? await server.send(query.size > 0 ? `${filled}?${query}` : filled, { method: method.toUpperCase() }) : await server.post(filled, body)
        // Storage is off in a server of which nothing is known.
        t.equal(reply.status, operation.operationId === 'authenticate' ? 503 : 200)
        isAsDescribed(t, reply, [path, method])
      })
    }
  }

  function isAsDescribed (t: Test, reply: Reply, place: Place): void {
    t.equal(fault(reply, place), undefined, 'the answer is as described')
  }

  const refusals: Array<[name: string, at: Place, status: number, ask: () => Promise<Reply>]> = [
    ['a schema error', ['/render', 'post'], 400, () => server.render({})],
    ['a broken body', ['/render', 'post'], 400, () => server.render('{')],
    ['a broken body to preprocess', ['/render/preprocess', 'post'], 400, () => server.post('/render/preprocess', '{')],
    ['a large body', ['/render', 'post'], 413, () => server.render(' '.repeat(200 * 1024))],
    ['a strange charset', ['/render', 'post'], 415, () => server.render('{}', { headers: { 'content-type': 'application/json; charset=koi8-r' } })],
    ['a wrong query', ['/topology', 'get'], 400, () => server.send('/topology?format=png')],
    ['a closed page', ['/metrics', 'get'], 403, () => server.send('/metrics', { headers: { via: '1.1 proxy' } })],
    ['no object', ['/timelines', 'get'], 400, () => server.send('/timelines')],
    ['an object that was never seen', ['/timelines', 'get'], 400, () => server.send('/timelines?objectId=2', { headers: { accept: 'application/json' } })],
    ['a wrong part of a timeline', ['/timelines', 'get'], 400, () => server.send('/timelines?objectId=1&from=then')],
    ['a timeline with exact times', ['/timelines', 'get'], 200, () => server.send('/timelines?objectId=1&times=iso&limit=1')],
    ['a timeline that is known', ['/timelines', 'get'], 304, async () => {
      const { headers } = await server.send('/timelines?objectId=1')
      return await server.send('/timelines?objectId=1', { headers: { 'if-none-match': headers.get('etag') ?? '' } })
    }],
    ['a drawing', ['/topology', 'get'], 200, () => server.send('/topology?format=mermaid')]
  ]
  for (const [name, at, status, ask] of refusals) {
    t.test(`${name} is answered as the document says`, async t => {
      const reply = await ask()
      t.equal(reply.status, status)
      isAsDescribed(t, reply, at)
    })
  }

  t.test('its request schema refuses what the server refuses', async t => {
    const example = document.paths['/render']?.post?.requestBody?.content['application/json']?.example as Record<string, unknown>
    const changes: Array<Record<string, unknown>> = [{}, { dimensions: [1] }, { dimensions: [1, 2, 3] }, { dimensions: [0, 1] }, { request_uuid: 'x' }, { language: 'eng' }, { renderers: [1] }, { placeID: 'x' }, { graphic: 'x' }, { more: 1 }]
    for (const change of changes) {
      const { status } = await server.render({ ...example, ...change })
      t.equal(check(['components', 'schemas', 'GraphicRequest'], { ...example, ...change }) === undefined, status === 200, JSON.stringify(change))
    }
  })
})

t.test('the page', async t => {
  const { server, document } = await openApiOf(t)
  const { status, headers, text } = await server.send('/docs')
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  t.match(headers.get('content-security-policy'), /^default-src 'none'/)

  t.test('names every operation but OPTIONS', async t => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) if (method !== 'options') t.match(text, `<h2><code>${method.toUpperCase()} ${path}</code></h2>`)
    }
  })

  t.test('is for everybody: language, title, one heading, tables with captions, no scripts, nothing from elsewhere', async t => {
    for (const part of ['<html lang="en">', '<title>', '<main>', '<caption>', 'scope="col"']) t.match(text, part)
    t.equal(text.match(/<h1>/g)?.length, 1)
    t.notMatch(text, /<script|<style|<link|<img|https?:|undefined|Default Response/)
  })

  t.test('leads to the document, also where its address ends with a slash', async t => {
    const [, link = ''] = text.match(/<a href="([^"]+)"/) ?? []
    for (const address of ['/docs', '/docs/']) {
      const { url } = await fetch(server.origin + address)
      t.equal((await server.send(new URL(link, url).pathname)).status, 200)
    }
  })
})
