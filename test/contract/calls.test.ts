// What services are sent: path, headers, and a body that is the client's own, with results spliced in.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { answer, build, found, graphicRequest, handler, made, mockService, names, onePixel, preprocessor, uuid } from '../helper.ts'

t.test('calls', async t => {
  const first = await mockService(t, found(names.preprocessor('first'), { n: 1 }))
  const second = await mockService(t, found(names.preprocessor('second'), { n: 2 }))
  const text = await mockService(t, made())
  const server = await build(t, {
    services: {
      second: preprocessor(second, { preprocessor: 2, required_dependencies: 'first' }),
      first: preprocessor(first),
      text: handler(text, { required_dependencies: 'second' })
    },
    env: { PARALLEL_PREPROCESSORS: 'ON' }
  })
  const last = () => [first, second, text].map(service => {
    const received = service.received.at(-1)
    if (received === undefined) throw new Error('the service was not called')
    return received
  })

  t.test('each is a POST of JSON with the uuid as request id', async t => {
    await server.render(graphicRequest(), { headers: { 'content-type': 'application/json', 'x-request-id': 'mine', cookie: 'secret=1', authorization: 'Bearer x' } })
    t.strictSame(last().map(({ method, path }) => `${method} ${path}`), ['POST /preprocessor', 'POST /preprocessor', 'POST /handler'])
    for (const { headers, text } of last()) {
      t.equal(headers['content-type'], 'application/json')
      t.equal(headers['x-request-id'], uuid, 'not the one that the client sent')
      t.equal(headers['content-length'], String(Buffer.byteLength(text)))
      t.notOk('transfer-encoding' in headers || 'cookie' in headers || 'authorization' in headers || 'expect' in headers)
    }
  })

  t.test('the body is the client\'s, byte for byte, with preprocessors last where it had none', async t => {
    const { preprocessors: _, ...request } = graphicRequest()
    const written = JSON.stringify(request, null, 1).replace(onePixel, onePixel.replaceAll('/', '\\/')).replace('"en"', '"\\u0065n"').replace('1700000000', '17e8')
    await server.post('/render', written)
    // From the first key to the last value; white space around the members is nobody's.
    const members = written.slice(1, -1).trim()
    const results = [`"${names.preprocessor('first')}":{"n":1}`, `"${names.preprocessor('second')}":{"n":2}`]
    last().forEach(({ text }, number) => {
      t.equal(text, `{${members},"preprocessors":{${results.slice(0, number).join()}}}`)
    })
  })

  t.test('keys keep the order that the client gave them', async t => {
    const request = { zoom: 1, preprocessors: {}, ...graphicRequest(), route: 'default', URL: undefined, a: null }
    await server.render(request)
    for (const { json } of last()) t.strictSame(Object.keys(json), Object.keys(JSON.parse(JSON.stringify(request))))
  })

  t.test('results that the client brought are passed on, and replaced in place by new ones', async t => {
    const mine = { [names.preprocessor('second')]: 'stale', [names.preprocessor('mine')]: { kept: true } }
    await server.render(graphicRequest({ preprocessors: mine }))
    const [one, two, three] = last()
    t.strictSame(one?.json.preprocessors, mine)
    t.strictSame(two?.json.preprocessors, { ...mine, [names.preprocessor('first')]: { n: 1 } })
    t.strictSame(Object.entries(three?.json.preprocessors ?? {}), [
      [names.preprocessor('second'), { n: 2 }], [names.preprocessor('mine'), { kept: true }], [names.preprocessor('first'), { n: 1 }]
    ])
  })

  t.test('a result is filed under the name in the reply, not under that of the service', async t => {
    first.behaviour = found(names.preprocessor('other'), { n: 3 }, { name: names.preprocessor('other') })
    await server.render()
    t.strictSame(last()[1]?.seen, [names.preprocessor('other')])
    first.behaviour = found(names.preprocessor('first'), { n: 1 })
  })

  t.test('data travels as its service wrote it', async t => {
    first.behaviour = answer(200, `{"data":{ "n" : 1.50, "big": 12345678901234567890 },"name":"${names.preprocessor('first')}","request_uuid":"${uuid}","timestamp":0}`)
    await server.render()
    t.match(last()[1]?.text, '{ "n" : 1.50, "big": 12345678901234567890 }')
  })

  t.test('of a key that the client sent twice the last value counts', async t => {
    const twice = JSON.stringify(graphicRequest()).replace('"language":"en"', '"language":"fr","language":"en"')
    await server.post('/render', twice)
    t.equal(last()[0]?.text.match(/"language":"\w\w"/g)?.join(), '"language":"en"')
  })

  t.test('a body sent in UTF-16 and compressed reaches services as plain UTF-8', async t => {
    await server.post('/render', gzipSync(Buffer.from(JSON.stringify(graphicRequest({ context: 'é' })), 'utf16le')), {
      headers: { 'content-type': 'application/json; charset=utf-16le', 'content-encoding': 'gzip' }
    })
    t.equal(last()[0]?.json.context, 'é')
    t.notOk('content-encoding' in (last()[0]?.headers ?? {}))
  })
})
