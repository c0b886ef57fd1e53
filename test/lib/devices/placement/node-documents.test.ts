// What devices are told is what the Wasm-IoT orchestrator told them, member by member in its order; recorded/ has what a running copy of it made.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { digestOf, nodeDocuments } from '../../../../lib/devices/placement/node-documents.ts'
import { described, device, id, step, wasm } from './examples.ts'

const recorded = (name: string) => JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as { _id: string, fullManifest: Record<string, unknown>, sequence: Array<{ device: string, module: string, func: string }> }
const devices = new Map([['6b0267f9372697a1221ec0da', 5001], ['6b0267f9372697a1221ec0db', 5002]].map(([id, port]) => [String(id), device(1, { id: String(id), addresses: ['127.0.0.1'], port: Number(port) })]))
const base = 'http://127.0.0.1:3000'

/** The JSON of documents without what is added to those of the reference. */
const asBefore = (documents: unknown) => JSON.stringify(documents).replaceAll(/,"sha256":"[0-9a-f]{64}"/g, '')

t.test('a chain over two devices', async t => {
  const { _id, fullManifest, sequence } = recorded('chain-manifest')
  const prim = { ...wasm(1, 'prim', { add1: described({ parameters: [{ name: 'param0', type: 'integer' }] }) }), id: '6b0267ff372697a1221ec0e3' }
  const fibo = { ...wasm(2, 'fibo', { fibo: described({ parameters: [{ name: 'iterations', type: 'integer' }] }) }), id: '6b0267ff372697a1221ec0e2' }
  const documents = nodeDocuments({ id: _id }, sequence.map(each => ({ ...each, version: 1 })), { devices, modules: new Map([prim, fibo].map(each => [each.id, each])), base })
  t.equal(asBefore(documents), JSON.stringify(fullManifest))
  t.match(JSON.stringify(documents), '"sha256"')
})

t.test('files that come with a deployment, with a call, and after it', async t => {
  const { _id, fullManifest, sequence } = recorded('file-manifest')
  const mediaType = 'application/octet-stream'
  const upper = described({ method: 'post', output: mediaType, mounts: { inFile: { mediaType, stage: 'execution' }, config: { mediaType, stage: 'deployment' }, outFile: { mediaType, stage: 'output' } } })
  const filer = { ...wasm(1, 'filer', { upper }, { dataFiles: ['config'] }), id: '6b0267ff372697a1221ec0e6' }
  const documents = nodeDocuments({ id: _id }, sequence.map(each => ({ ...each, version: 1 })), { devices, modules: new Map([[filer.id, filer]]), base })
  t.equal(asBefore(documents), JSON.stringify(fullManifest))
})

t.test('addresses, names and services are written so that they can be called', async t => {
  const plain = wasm(1, 'a b/c', {})
  const functions = JSON.parse(JSON.stringify({ proto: described() }).replace('proto', '__proto__')) as Record<string, ReturnType<typeof described>>
  const module = { ...plain, versions: [{ ...plain.versions[0]!, functions }] }
  const list = wasm(2, 'core:Datalist', { push: described({ method: 'put' }) }, { isCore: true })
  const known = new Map([device(1, { addresses: ['fd00::1', '10.0.0.1'], port: 443, tls: true }), device(2, { name: 'orchestrator', origin: 'self' })].map(each => [each.id, each]))
  const at = (number: number, step: { module: string, func: string }) => ({ ...step, device: id(number), version: 1 })
  const documents = nodeDocuments({ id: id(9) }, [at(1, step(1, '__proto__')), at(2, step(2, 'push'))], { devices: known, modules: new Map([module, list].map(each => [each.id, each])), base: 'http://host:8080' })
  t.match(JSON.stringify(documents[id(1)]), `"url":"https://[fd00::1]:443","path":"/${id(9)}/modules/a%20b%2Fc/__proto__"`)
  t.match(JSON.stringify(documents[id(1)]?.instructions), `"to":{"url":"http://host:8080","path":"/${id(9)}/modules/core:Datalist/push"`)
  t.notMatch(JSON.stringify(documents[id(2)]), 'sha256', 'a service has no bytes')
  t.equal(({} as Record<string, unknown>).url, undefined)
})

t.test('what is not there, or was not described, is told', async t => {
  const module = wasm(1, 'prim', { add1: described() })
  const options = { devices: new Map([[id(1), device(1)]]), modules: new Map([[module.id, module]]), base }
  for (const [each, message] of [[{ ...step(1, 'add1'), device: id(2) }, /device .* not there/], [{ ...step(2, 'add1'), device: id(1) }, /module .* not there/], [{ ...step(1, 'half'), device: id(1) }, /half .* has not been described/]] as const) {
    t.throws(() => nodeDocuments({ id: id(9) }, [{ device: each.device, module: each.module, func: each.func, version: 1 }], options), { code: 'NO_PLACE', message })
  }
})

t.test('a digest is that of the document', async t => {
  const module = wasm(1, 'prim', { add1: described() })
  const make = (port: number) => digestOf(nodeDocuments({ id: id(9) }, [{ device: id(1), module: id(1), func: 'add1', version: 1 }], { devices: new Map([[id(1), device(1, { port })]]), modules: new Map([[id(1), module]]), base })[id(1)]!)
  t.match(make(1), /^[0-9a-f]{64}$/)
  t.equal(make(1), make(1))
  t.not(make(1), make(2))
})
