// Keys that try to reach Object.prototype, through what clients and services send and what the services file says: nothing is polluted, nothing crashes.
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { answer, build, graphicRequest, handler, mockService, names, outcomes, preprocessor, rendering, servicesFile, uuid } from '../helper.ts'
import { createStaticDiscovery } from '../../lib/discovery/static.ts'
import { cleanliness, nested, planted } from './pollution.ts'

t.test('prototype pollution', async t => {
  const look = await mockService(t, answer(204))
  const shrink = await mockService(t, answer(204))
  const text = await mockService(t, answer(204))
  const services = { shrink: preprocessor(shrink, { modifyRequest: true }), look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })
  const stayClean = cleanliness(t)

  t.test('through the bodies of requests', async t => {
    const request = graphicRequest({
      preprocessors: { [names.preprocessor('mine')]: nested({ a: 1 }, 3) }, followup: { query: 'x' }, capabilities: [], zoom: nested({ b: 1 }, 4), list: [{ c: [{}] }]
    })
    for (const path of ['/render', '/render/preprocess']) {
      let refused = 0
      for (const { text: body, isForbidden } of planted(request)) {
        const { status } = await server.post(path, body)
        stayClean(body)
        if (isForbidden ? status !== 400 : ![200, 400].includes(status)) t.fail(`answered ${status}`, { path, body })
        if (status === 400) refused += 1
      }
      t.ok(refused > 60, `${refused} bodies to ${path} are refused`)
    }
  })

  t.test('through what other routes are asked', async t => {
    const [{ text: body } = { text: '' }] = planted({})
    for (const path of ['/health', '/health/live', '/health/ready', '/metrics', '/topology', '/configuration', '/docs', '/docs/openapi.json', `/authenticate/${uuid}/__proto__`]) {
      t.equal((await server.post(path, body)).status, 404, `POST ${path}`)
      stayClean(path)
    }
    for (const query of ['__proto__[polluted]=yes', '__proto__.polluted=yes', 'constructor[prototype][polluted]=yes', '__proto__=polluted', 'format=__proto__', 'route=__proto__', 'route=constructor']) {
      for (const path of ['/topology', '/health/ready', '/docs']) t.match((await server.send(`${path}?${query}`)).status, /^(?:200|308|400)$/, `${path}?${query}`)
      stayClean(query)
    }
    for (const place of ['__proto__/x', 'constructor/prototype', `${uuid}/__proto__`]) {
      t.equal((await server.send(`/authenticate/${place}`)).status, 503)
      stayClean(place)
    }
  })

  t.test('through names in requests', async t => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'ca.__proto__', 'ca.constructor']) {
      await server.render(graphicRequest({ route: name }))
      await server.render(`{"preprocessors":{"${name}":{"polluted":1}},${JSON.stringify(graphicRequest()).slice(1)}`)
      t.match((await server.render(graphicRequest({ capabilities: [name], renderers: [name] }))).status, /^(?:200|400)$/, name)
      stayClean(name)
    }
  })

  t.test('through the replies of services', async t => {
    const found = (name: string) => ({ request_uuid: uuid, timestamp: 1, name, data: { a: nested({}, 3) } })
    for (const [service, role, valid] of [
      [look, 'look', found(names.preprocessor('look'))],
      [shrink, 'shrink', found(names.modifier)],
      [text, 'text', { request_uuid: uuid, timestamp: 1, renderings: [rendering('x', { metadata: nested({}, 3) })] }]
    ] as const) {
      let refused = 0
      for (const { text: body, isForbidden } of planted(valid)) {
        service.behaviour = answer(200, body)
        const reply = await server.render()
        stayClean(body)
        if (reply.status !== 200) t.fail(`answered ${reply.status}`, { body })
        if (!isForbidden) continue
        refused += 1
        if (outcomes(reply)[role]?.startsWith('failed: ') !== true) t.fail(`${role} ${outcomes(reply)[role]}`, { body })
      }
      service.behaviour = answer(204)
      t.ok(refused >= 24, `${refused} replies of ${role} are failures`)
    }
  })

  t.test('through the names of results', async t => {
    for (const name of ['ca.constructor', 'ca.prototype', 'constructor', '__proto__', 'toString']) {
      look.behaviour = answer(200, { request_uuid: uuid, timestamp: 1, name, data: { polluted: 'yes' } })
      for (const path of ['/render', '/render/preprocess']) t.equal((await server.post(path, graphicRequest())).status, 200)
      stayClean(name)
    }
    look.behaviour = answer(204)
  })

  t.test('through the services file', async t => {
    const url = `urls: ["${look.url}"]`
    const file = { services: { look: { labels: { preprocessor: '1' }, urls: [look.url] } } }
    for (const { text } of planted(file)) {
      const path = servicesFile(t, {})
      writeFileSync(path, text)
      const discovery = await createStaticDiscovery({ file: path, onError: () => {} }).catch((error: NodeJS.ErrnoException) => error.code)
      if (typeof discovery === 'object') await discovery.close()
      else t.equal(discovery, 'TUTTI_SERVICES_FILE', text)
      stayClean(text)
    }
    const hostile = [
      `services: { __proto__: { labels: { preprocessor: 1 }, ${url} } }`,
      `services: { look: { labels: { __proto__: { polluted: yes } }, ${url} } }`,
      '__proto__: { polluted: yes }\nservices: {}',
      `services: { look: { labels: { preprocessor: 1, "<<": { polluted: yes } }, ${url} } }`,
      `services: { look: { labels: ["__proto__=polluted", "constructor.prototype.polluted=yes", "preprocessor=1"], ${url} } }`,
      `services: { constructor: { labels: { preprocessor: 1, required_dependencies: "__proto__,constructor,toString" }, ${url} } }`
    ]
    for (const content of hostile) {
      const path = servicesFile(t, {})
      writeFileSync(path, content)
      const built = await build(t, { env: { SERVICES_FILE: path } }).then(({ render }) => render, (error: NodeJS.ErrnoException) => error.code)
      if (typeof built === 'function') t.equal((await built()).status, 200, content)
      else t.equal(built, 'TUTTI_SERVICES_FILE', content)
      stayClean(content)
    }
  })
})
