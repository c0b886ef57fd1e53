// Keys that try to reach Object.prototype, through everything that the server reads: nothing is polluted, nothing crashes.
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { answer, build, graphicRequest, handler, mockService, names, outcomes, preprocessor, rendering, servicesFile, uuid } from '../helper.ts'

const payload = '{"polluted":"yes"}'

/** Members that pollute where they are merged or assigned carelessly. */
const attacks = [
  `"__proto__":${payload}`,
  `"\\u005f\\u005fproto\\u005f\\u005f":${payload}`,
  `"constructor":{"prototype":${payload}}`,
  `"constructor":{"\\u0070rototype":${payload}}`,
  `"prototype":${payload}`,
  '"__proto__":null',
  '"toString":1,"hasOwnProperty":2,"valueOf":3,"then":4'
]

/** A text with the attack at several depths in its place of a valid one. */
function atEachDepth (valid: Record<string, unknown>, places: string[]): string[] {
  const text = JSON.stringify(valid)
  return attacks.flatMap(attack => [
    text.replace('{', `{${attack},`),
    text.replace(/\}$/, `,${attack}}`),
    ...places.map(place => text.replace(`"${place}":{`, `"${place}":{${attack},`).replace(',}', '}')),
    ...places.map(place => text.replace(`"${place}":{`, `"${place}":{"deep":[{"er":{${attack}}}],`).replace(',}', '}'))
  ])
}

const isClean = () => (({}) as Record<string, unknown>).polluted === undefined && ([] as unknown as Record<string, unknown>).polluted === undefined &&
  Object.keys(Object.prototype).length === 0 && typeof ({}).toString === 'function' && typeof ({}).hasOwnProperty === 'function'

t.test('prototype pollution', async t => {
  const look = await mockService(t, answer(204))
  const shrink = await mockService(t, answer(204))
  const text = await mockService(t, answer(204))
  const services = { shrink: preprocessor(shrink, { modifyRequest: true }), look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) }
  const server = await build(t, { env: { PARALLEL_PREPROCESSORS: 'ON' }, services })

  t.test('through request bodies', async t => {
    const request = graphicRequest({ preprocessors: { [names.preprocessor('mine')]: { a: 1 } }, followup: { query: 'x' }, zoom: { b: 1 } })
    for (const body of atEachDepth(request, ['preprocessors', names.preprocessor('mine'), 'followup', 'zoom'])) {
      for (const path of ['/render', '/render/preprocess']) {
        const { status } = await server.post(path, body)
        const isHarmless = !/__proto__|u005f|"constructor"/.test(body)
        if (!isClean()) t.fail('polluted', { body })
        if (isHarmless ? ![200, 400].includes(status) : status !== 400) t.fail(`answered ${status}`, { body })
      }
    }
    for (const name of ['__proto__', 'constructor', 'prototype', 'ca.__proto__', 'ca.constructor']) {
      await server.render(graphicRequest({ route: name }))
      await server.render(`{"preprocessors":{"${name}":{"polluted":1}},${JSON.stringify(graphicRequest()).slice(1)}`)
      t.ok(isClean(), name)
    }
  })

  t.test('through the replies of services', async t => {
    const found = (name: string) => ({ request_uuid: uuid, timestamp: 1, name, data: { a: 1, b: { c: 1 } } })
    for (const [service, role, valid] of [
      [look, 'look', found(names.preprocessor('look'))],
      [shrink, 'shrink', found(names.modifier)],
      [text, 'text', { request_uuid: uuid, timestamp: 1, renderings: [rendering('x', { metadata: {} })] }]
    ] as const) {
      for (const body of atEachDepth(valid, ['data', 'b', 'metadata'])) {
        service.behaviour = answer(200, body)
        const reply = await server.render()
        if (!isClean()) t.fail('polluted', { body })
        t.equal(reply.status, 200)
        if (/"(__proto__|\\u005f\w*)":|"constructor"/.test(body)) t.match(outcomes(reply)[role], /^failed: /, body)
        const preprocess = await server.post('/render/preprocess', graphicRequest())
        if (!isClean() || preprocess.status !== 200) t.fail('polluted', { body, status: preprocess.status })
      }
      service.behaviour = answer(204)
    }
  })

  t.test('through the names of results', async t => {
    for (const name of ['ca.constructor', 'ca.prototype', 'constructor', '__proto__', 'toString']) {
      look.behaviour = answer(200, { request_uuid: uuid, timestamp: 1, name, data: { polluted: 'yes' } })
      t.equal((await server.render()).status, 200)
      t.ok(isClean(), name)
    }
    look.behaviour = answer(204)
  })

  t.test('through the services file', async t => {
    const url = `urls: ["${look.url}"]`
    const hostile = [
      `services: { __proto__: { labels: { preprocessor: 1 }, ${url} } }`,
      `services: { look: { __proto__: { polluted: yes }, labels: { preprocessor: 1 }, ${url} } }`,
      `services: { look: { labels: { __proto__: { polluted: yes } }, ${url} } }`,
      '__proto__: { polluted: yes }\nservices: {}',
      `services: { look: { labels: { preprocessor: 1, "<<": { polluted: yes } }, ${url} } }`,
      `services: { look: { labels: ["__proto__=polluted", "constructor.prototype.polluted=yes", "preprocessor=1"], ${url} } }`,
      `services: { constructor: { labels: { preprocessor: 1, required_dependencies: "__proto__,constructor,toString" }, ${url} } }`,
      `{"services":{"look":{"labels":{"__proto__":"x","preprocessor":"1"},${url.replace('urls', '"urls"')}}}}`
    ]
    for (const content of hostile) {
      const file = servicesFile(t, {})
      writeFileSync(file, content)
      const built = await build(t, { env: { SERVICES_FILE: file } }).then(({ render }) => render, (error: NodeJS.ErrnoException) => error.code)
      if (typeof built === 'function') t.equal((await built()).status, 200, content)
      else t.equal(built, 'TUTTI_SERVICES_FILE', content)
      t.ok(isClean(), content)
    }
  })
})
