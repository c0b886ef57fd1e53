// The AsyncAPI document and its page: valid by the schema of the AsyncAPI Initiative, and true.
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import type { AsyncApiDocument } from '../../lib/tracking/asyncapi.ts'
import { closeCodes } from '../../lib/tracking/connections/close-codes.ts'
import { createReaders } from '../../lib/tracking/messages/reading.ts'
import { build } from '../helper.ts'
import { buildTracking, detection } from '../tracking-peers.ts'
import type { TestPeer } from '../tracking-peers.ts'

const env = { MODULES: 'tracking' }

const published: object = JSON.parse(readFileSync(new URL(import.meta.resolve('@asyncapi/specs/schemas/3.0.0.json')), 'utf8'))

t.test('the document', async t => {
  const server = await build(t, { env: { ...env, DATA_DIR: t.testdir({}) } })
  const { status, headers, text, json } = await server.send('/docs/asyncapi.json')
  const document = json as AsyncApiDocument
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8')

  t.test('is AsyncAPI 3.0 by its published schema', async t => {
    // The schema brings those of JSON Schema along, under their own names.
    const isValid = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false, logger: false }).compile(published)
    t.ok(isValid(document), JSON.stringify(isValid.errors))
    t.notOk(isValid({ ...document, channels: { client: { address: 7 } } }), 'which sees what is wrong')
  })

  t.test('every reference leads somewhere, and every message is sent or received', async t => {
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
    for (const path of references) {
      t.ok(path.split('/').reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document), path)
    }
    for (const key of Object.keys(document.components.messages)) {
      t.ok(Object.values(document.operations).some(({ messages }) => messages.some(({ $ref }) => $ref.endsWith(`/${key}`))), key)
    }
    t.strictSame(Object.values(document.channels).map(({ address }) => address), ['/client', '/processor'])
  })

  t.test('every message and every member has a description, and an example that is valid', async t => {
    const ajv = new Ajv({ strict: false })
    for (const [key, { name, summary, payload, examples }] of Object.entries(document.components.messages)) {
      t.not(summary, '', key)
      for (const [member, schema] of Object.entries(payload.properties)) if (member !== 'type') t.ok(schema.description, `${key}: ${member}`)
      t.equal(examples.length, 1)
      for (const { payload: example } of examples) {
        t.ok(ajv.validate(payload, example), `${key}: ${ajv.errorsText()}`)
        t.match(example, { type: name })
        t.notOk(ajv.validate(payload, { ...example, type: 'other' }))
      }
    }
  })

  t.test('the server takes the examples of what it receives', async t => {
    const readers = createReaders(false)
    for (const side of ['client', 'processor'] as const) {
      const messages = document.operations[`${side}Sends`]?.messages ?? []
      t.ok(messages.length > 3)
      for (const { $ref } of messages) {
        const example = document.components.messages[$ref.split('/').at(-1) ?? '']?.examples[0]?.payload
        const reading = readers[side](Buffer.from(JSON.stringify(example)))
        t.ok('message' in reading, `${side}: ${JSON.stringify(example)}`)
      }
    }
  })

  t.test('names every close code, with its meaning and what to do', async t => {
    t.strictSame(document['x-close-codes'].map(({ code }) => code), Object.values(closeCodes).toSorted((one, other) => one - other))
    for (const { meaning, cure } of document['x-close-codes']) t.ok(meaning !== '' && cure !== '')
  })
})

t.test('the page', async t => {
  const server = await build(t, { env: { ...env, DATA_DIR: t.testdir({}) } })
  const { status, headers, text } = await server.send('/docs/tracking')
  const { json } = await server.send('/docs/asyncapi.json')
  const document = json as AsyncApiDocument
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  t.match(headers.get('content-security-policy'), /^default-src 'none'/)

  t.test('names every message and every close code', async t => {
    for (const { name, payload } of Object.values(document.components.messages)) {
      t.ok(text.includes(`<h4><code>${name}</code>`), name)
      for (const member of Object.keys(payload.properties)) t.ok(text.includes(`<th scope="row"><code>${member}</code></th>`), member)
    }
    for (const { code } of document['x-close-codes']) t.ok(text.includes(`<th scope="row"><code>${code}</code></th>`), String(code))
  })

  t.test('is for everybody: language, title, one heading, tables with captions, no scripts, nothing from elsewhere', async t => {
    for (const part of ['<html lang="en">', '<title>', '<main>', '<caption>', 'scope="col"']) t.match(text, part)
    t.equal(text.match(/<h1>/g)?.length, 1)
    t.notMatch(text, /<script|<style|<link|<img|https?:|undefined|\[object|`/)
    const levels = [...text.matchAll(/<h(\d)>/g)].map(([, level]) => Number(level))
    for (const [index, level] of levels.entries()) t.ok(level <= (levels[index - 1] ?? 0) + 1, 'no level is left out')
  })

  t.test('leads to the document, also where its address ends with a slash', async t => {
    const [, link = ''] = text.match(/<a href="([^"]+)"/) ?? []
    for (const address of ['/docs/tracking', '/docs/tracking/']) {
      const { url } = await fetch(server.origin + address)
      t.equal(new URL(link, url).pathname, '/docs/asyncapi.json')
    }
  })
})

t.test('everything that the server sends is in the document, and as it says', async t => {
  const server = await buildTracking(t)
  const document = (await server.send('/docs/asyncapi.json')).json as AsyncApiDocument
  const ajv = new Ajv({ strict: false })
  const protocols = ['tutti.v1']
  const peers: Array<[side: 'client' | 'processor', peer: TestPeer]> = []
  const add = (side: 'client' | 'processor', peer: TestPeer) => {
    peers.push([side, peer])
    return peer
  }
  const plain = add('client', await server.client())
  const client = add('client', await server.client({ protocols }))
  const { epoch } = await client.nextJson()
  for (const each of [plain, client]) each.send({ type: 'setUsesImages', usesImages: true })
  client.send({ type: 'subscribe', presence: true, requestId: 1 })
  await client.settled()
  const processor = add('processor', await server.processor('plain'))
  const other = add('processor', await server.processor('other', { protocols }))
  client.send({ type: 'start', cameraId: 'plain', frameId: 12, boxId: 3, image: 'x', requestId: 'a' })
  client.send({ type: 'start', cameraId: 'other', image: 'y', requestId: 'b' })
  client.send({ type: 'start', cameraId: 'nowhere', image: 'y', requestId: 'c' })
  client.send({ type: 'dance', requestId: 'd' })
  await client.settled()
  processor.send(detection(1))
  processor.send({ type: 'featureMap', objectId: 1, featureMap: [0.5] })
  other.send({ type: 'featureMap', objectId: 99, featureMap: [], requestId: 7 })
  other.send({ type: 'featureMap', objectId: 2, featureMap: {}, requestId: 8 })
  for (const each of [processor, other]) await each.settled()
  client.send({ type: 'stop', objectId: 1, requestId: 'e' })
  client.send({ type: 'stop', objectId: 2 })
  await client.settled()
  client.send({ type: 'resume', epoch, offset: 0, requestId: 'f' })
  const again = add('client', await server.client({ protocols }))
  add('processor', await server.processor(undefined, { protocols }))
  again.send({ type: 'resume', epoch: 'another', offset: 0 })

  const seen = { client: new Set<string>(), processor: new Set<string>() }
  for (const [side, peer] of peers) {
    const described = (document.operations[`${side}Receives`]?.messages ?? []).map(({ $ref }) => $ref.split('/').at(-1) ?? '')
    for (const text of await peer.rest()) {
      const key = described.find(each => ajv.validate(document.components.messages[each]?.payload ?? false, JSON.parse(text)))
      t.ok(key, `${side}: ${text}`)
      seen[side].add(key ?? '')
    }
    if (peer.socket.protocol === '') t.notOk([...seen[side]].some(key => document.components.messages[key]?.['x-subprotocol'] !== undefined), 'a plain peer is told nothing besides')
  }
  for (const side of ['client', 'processor'] as const) {
    const described = (document.operations[`${side}Receives`]?.messages ?? []).map(({ $ref }) => $ref.split('/').at(-1) ?? '')
    t.strictSame([...seen[side]].toSorted(), described.toSorted(), `a ${side} has been told everything once`)
  }
})

t.test('a server that tracks nothing has neither', async t => {
  const server = await build(t)
  for (const path of ['/docs/tracking', '/docs/asyncapi.json']) t.equal((await server.send(path)).status, 404)
})
