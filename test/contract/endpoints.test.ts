// Which paths and methods there are, and what the others get.
import t from 'tap'
import { build, graphicRequest } from '../helper.ts'

t.test('paths', async t => {
  const server = await build(t)

  t.test('GET /health says that the process answers', async t => {
    const before = Date.now()
    const { status, headers, json, text } = await server.send('/health')
    t.equal(status, 200)
    t.match(headers.get('content-type'), /^application\/json/)
    const { timestamp } = json as { timestamp: string }
    t.equal(text, `{"status":"healthy","timestamp":"${timestamp}"}`, 'with these keys in this order')
    t.equal(new Date(timestamp).toISOString(), timestamp)
    t.ok(Date.parse(timestamp) >= before && Date.parse(timestamp) <= Date.now())
  })

  t.test('HEAD /health answers without a body', async t => {
    const { status, text } = await server.send('/health', { method: 'HEAD' })
    t.equal(status, 200)
    t.equal(text, '')
  })

  for (const path of ['/render', '/render/', '/RENDER', '/Render/', '/render?debug=1', '/render/?x']) {
    t.test(`POST ${path} renders`, async t => {
      const { status, json } = await server.post(path, graphicRequest())
      t.equal(status, 200)
      t.match(json, { renderings: [] })
    })
  }

  for (const path of ['/render/preprocess', '/render/preprocess/', '/Render/Preprocess', '/render/preprocess?x=1']) {
    t.test(`POST ${path} preprocesses`, async t => {
      const { status, json } = await server.post(path, graphicRequest())
      t.equal(status, 200)
      t.match(json, { preprocessors: {} })
    })
  }

  for (const path of ['/health/', '/HEALTH', '/health?verbose']) {
    t.test(`GET ${path} is /health`, async t => {
      t.equal((await server.send(path)).status, 200)
    })
  }

  for (const path of ['/render', '/render/', '/render/preprocess']) {
    t.test(`OPTIONS ${path} names the method`, async t => {
      const { status, headers, text } = await server.send(path, { method: 'OPTIONS' })
      t.equal(status, 200)
      t.equal(headers.get('allow'), 'POST')
      t.equal(text, 'POST')
    })
  }

  const unknown: Array<[method: string, path: string]> = [
    ['GET', '/'], ['GET', '/render'], ['PUT', '/render'], ['DELETE', '/render/preprocess'], ['PATCH', '/render'], ['POST', '/health'],
    ['GET', '/render/preprocess'], ['POST', '/render/x'], ['POST', '/nowhere'], ['POST', '//render'], ['POST', '/render//']
  ]
  for (const [method, path] of unknown) {
    t.test(`${method} ${path} is not found`, async t => {
      const { status, text, headers } = await server.send(path, { method })
      t.equal(status, 404)
      t.equal(text, `Cannot ${method} ${path}`)
      t.match(headers.get('content-type'), /^text\/plain/)
    })
  }

  for (const [type, body] of [['application/json', '{"broken'], ['application/x-unheard-of', 'x'], ['application/json', '']]) {
    t.test(`POST to an unknown path is not found, whatever its body (${type}, ${body?.length} bytes)`, async t => {
      const { status } = await server.post('/nowhere', body, { headers: { 'content-type': type ?? '' } })
      t.equal(status, 404)
    })
  }

  t.test('what a path says is not handed to browsers as HTML', async t => {
    const { text, headers } = await server.send('/%3Cscript%3Ealert(1)%3C/script%3E?<b>')
    t.match(headers.get('content-type'), /^text\/plain/)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.notMatch(text, /<script>/)
  })

  t.test('no answer has CORS headers or names the software', async t => {
    const withOrigin = { headers: { origin: 'https://example.org', 'content-type': 'application/json' } }
    for (const reply of [await server.render(graphicRequest(), withOrigin), await server.send('/health', withOrigin), await server.send('/render', { method: 'OPTIONS', ...withOrigin })]) {
      t.strictSame([...reply.headers.keys()].filter(name => name.startsWith('access-control-') || name === 'x-powered-by' || name === 'server'), [])
    }
  })
})
