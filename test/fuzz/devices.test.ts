// Every operation of devices, asked with ids that are there, with names and with nonsense, with bodies that are nearly right and with any JSON: each answer is one that the OpenAPI document
// describes, and nothing goes wrong inside.
import fc from 'fast-check'
import t from 'tap'
import { describeServer } from '../contract/openapi-document.ts'
import { buildDevices } from '../devices-server.ts'
import { figure, sized } from '../long.ts'

const requests = sized(4, 500)

t.setTimeout(sized(180_000, 3_600_000))

t.test('every operation of devices', async t => {
  const server = await buildDevices(t, { env: { OPERATOR_RATE_LIMIT: '0', NOT_FOUND_RATE_LIMIT: '0', DEVICES_TIMEOUT: '200' } })
  const { check, document } = await describeServer(server)
  const moduleId = await server.upload('prim')
  const { text } = await server.post('/file/manifest', { name: 'push', sequence: [{ module: 'core:Datalist', func: 'push' }] })
  const deploymentId = JSON.parse(text) as string
  const devices = (await server.send('/file/device')).json as Array<{ _id: string }>

  const ids = fc.constantFrom(moduleId, deploymentId, devices[0]?._id ?? '', '0123456789abcdef01234567', 'prim', 'push', 'core:Datalist', 'wasm')
  const word = fc.oneof(ids, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.constantFrom('%00', '..', '.', '__proto__', 'constructor', '\u{1f600}', '-1', '1e9', 'true'))
  const step = fc.record({ device: fc.option(word), module: word, func: fc.oneof(word, fc.constantFrom('add1', 'push')), failovers: fc.array(word, { maxLength: 2 }), labels: fc.dictionary(word, word, { maxKeys: 2 }) }, { requiredKeys: ['module', 'func'] })
  const nearly = fc.record({
    name: word,
    sequence: fc.array(step, { maxLength: 3 }),
    addresses: fc.array(fc.oneof(word, fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
    port: fc.integer(),
    reason: word,
    version: fc.integer({ min: -1, max: 3 }),
    logData: fc.oneof(word, fc.json({ maxDepth: 2 })),
    functions: fc.dictionary(fc.constantFrom('add1', 'x'), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 2 }),
    permission: fc.array(fc.record({ target: word, action: word, constraint: fc.array(fc.record({ leftOperand: fc.constantFrom('zone', 'risk-level', 'input-type', 'output-risk'), rightOperand: word }), { maxLength: 4 }) }), { maxLength: 2 }),
    asset: fc.array(fc.record({ title: word, uid: word, relation: fc.array(fc.record({ type: fc.constantFrom('memberOf', 'type', 'risk-level', 'nodeid'), value: word }), { maxLength: 3 }) }), { maxLength: 2 }),
    expiresAt: fc.maxSafeInteger()
  }, { requiredKeys: [] })
  const bodies = fc.oneof({ weight: 3, arbitrary: nearly.map(value => JSON.stringify(value)) }, fc.json({ maxDepth: 3 }), fc.string())
  const contentTypes = fc.oneof({ weight: 4, arbitrary: fc.constant('application/json') }, fc.constantFrom('application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', 'multipart/form-data', ';;'))
  const statuses = new Map<number, number>()

  for (const [path, methods] of Object.entries(document.paths)) {
    if (/^\/(?:docs|health|metrics)|\/live$/.test(path)) continue
    for (const [method, operation] of Object.entries(methods)) {
      // What would take away what the others ask for.
      if (method === 'options' || (method === 'delete' && /^\/file\/(?:device|module|manifest)/.test(path))) continue
      t.test(`${method.toUpperCase()} ${path}`, async t => {
        const queries = (operation.parameters ?? []).filter(({ in: place }) => place === 'query').map(({ name }) => name)
        await fc.assert(fc.asyncProperty(fc.infiniteStream(word), fc.dictionary(fc.constantFrom('after', 'limit', ...queries), word, { maxKeys: 3 }), bodies, contentTypes, async (words, query, body, type) => {
          const next = () => String(words.next().value)
          const segments = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(next().toWellFormed()) || 'x')
          if (/\/\.+(\/|$)/.test(segments)) return
          const entries = Object.entries(query).map(([name, value]): [string, string] => [name, value.toWellFormed()])
          const reply = await server.send(`${segments}?${new URLSearchParams(entries)}`, { method: method.toUpperCase(), ...method === 'get' ? {} : { body, headers: { 'content-type': type } } })
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
          const described = Object.keys(operation.responses).find(key => key === String(reply.status) || key.toLowerCase() === `${String(reply.status)[0]}xx`)
          if (reply.status === 500 || described === undefined) throw new Error(`answered ${reply.status}: ${reply.text.slice(0, 300)}`)
          const content = operation.responses[described]?.content
          const kind = reply.headers.get('content-type')?.split(';', 1)[0] ?? ''
          if (reply.json === undefined || content === undefined || !(kind in content)) return
          const errors = check(['paths', path, method, 'responses', described, 'content', kind, 'schema'], reply.json)
          if (errors !== undefined) throw new Error(`${reply.text.slice(0, 300)} is not as described: ${JSON.stringify(errors)}`)
        }), { numRuns: requests })
        t.pass()
      })
    }
  }

  t.test('and nothing went wrong inside', async t => {
    const sum = [...statuses.values()].reduce((all, count) => all + count, 0)
    figure(t, 'devices', `${sum} requests, every answer as described (${[...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join(', ')})`)
    t.ok((statuses.get(200) ?? 0) > sum / 20, 'and some of them were served')
    t.strictSame(server.logs.filter(({ level, msg }) => Number(level) >= 50 || msg === 'request failed'), [])
  })
})
